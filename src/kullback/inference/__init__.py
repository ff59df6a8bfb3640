"""Statements about two tables of counts: how far apart, how sure, and whether at all.

Where is what: `_counts` the divergence of counts and its summands, `_interval` the debiased figure with its interval
(the record and its law live in `kullback.estimators`, which needs them too),
`_clusters` the same where rows come in units, `_independence` the tests of D = 0, `_nested` the test along an order,
`_shuffles` the test that permutes units, `_many` and `_multiple` many columns at once, `_change_points` where a
sequence of windows changes, `_proportion` the interval of a share,
`_ranks` windows of time beside those before them,
`_planning` how many rows a shift needs, `_chain_rule` the divergence of two tables split by one of their sides,
`_remaining` what is left of it beyond given margins, with its law. Everything here speaks nats and plain arrays.
"""

from kullback.estimators._divergence_interval import DivergenceInterval
from kullback.inference._chain_rule import (
    ChainRule,
    cell_contributions,
    chain_rule,
    firm_cells,
    slice_contributions,
    slice_groups,
)
from kullback.inference._change_points import ChangePoint, change_point_p_value, change_points
from kullback.inference._clusters import ClusteredDivergence, clustered_divergence
from kullback.inference._counts import contributions, jensen_shannon, plugin
from kullback.inference._independence import fisher_exact, permutation_g_test, two_sample_g_test
from kullback.inference._interval import divergence_interval
from kullback.inference._many import divergence_intervals
from kullback.inference._multiple import benjamini_hochberg, sidak
from kullback.inference._nested import nested_g_test
from kullback.inference._planning import needed_size, shown_divergence
from kullback.inference._proportion import clustered_proportion_interval, proportion_interval
from kullback.inference._ranks import joint_rank_p_values, rank_p_value, window_divergence, window_divergences
from kullback.inference._remaining import (
    FittedTables,
    clustered_remaining,
    fitted_to_slices,
    half_added,
    remaining_divergence,
)
from kullback.inference._shuffles import UnitShuffles, unit_permutation_test, unit_shuffles

__all__ = [
    "ChainRule",
    "ChangePoint",
    "ClusteredDivergence",
    "DivergenceInterval",
    "FittedTables",
    "UnitShuffles",
    "benjamini_hochberg",
    "cell_contributions",
    "chain_rule",
    "change_point_p_value",
    "change_points",
    "clustered_divergence",
    "clustered_proportion_interval",
    "clustered_remaining",
    "contributions",
    "divergence_interval",
    "divergence_intervals",
    "firm_cells",
    "fisher_exact",
    "fitted_to_slices",
    "half_added",
    "jensen_shannon",
    "joint_rank_p_values",
    "needed_size",
    "nested_g_test",
    "permutation_g_test",
    "plugin",
    "proportion_interval",
    "rank_p_value",
    "remaining_divergence",
    "shown_divergence",
    "sidak",
    "slice_contributions",
    "slice_groups",
    "two_sample_g_test",
    "unit_permutation_test",
    "unit_shuffles",
    "window_divergence",
    "window_divergences",
]
