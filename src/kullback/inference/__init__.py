"""Statements about two tables of counts: how far apart, how sure, and whether at all.

Where is what: `_counts` the divergence of counts and its summands, `_interval` the debiased figure with its interval
(the record and its law live in `kullback.estimators`, which needs them too),
`_clusters` the same where rows come in units, `_independence` the tests of D = 0, `_nested` the test along an order,
`_shuffles` the test that permutes units, `_multiple` many columns at once, `_proportion` the interval of a share,
`_planning` how many rows a shift needs. Everything here speaks nats and plain arrays.
"""

from kullback.estimators._divergence_interval import DivergenceInterval
from kullback.inference._clusters import ClusteredDivergence, clustered_divergence
from kullback.inference._counts import contributions, jensen_shannon, plugin
from kullback.inference._independence import fisher_exact, permutation_g_test, two_sample_g_test
from kullback.inference._interval import divergence_interval
from kullback.inference._multiple import benjamini_hochberg, sidak
from kullback.inference._nested import nested_g_test
from kullback.inference._planning import needed_size, shown_divergence
from kullback.inference._proportion import clustered_proportion_interval, proportion_interval
from kullback.inference._shuffles import UnitShuffles, unit_permutation_test, unit_shuffles

__all__ = [
    "ClusteredDivergence",
    "DivergenceInterval",
    "UnitShuffles",
    "benjamini_hochberg",
    "clustered_divergence",
    "clustered_proportion_interval",
    "contributions",
    "divergence_interval",
    "fisher_exact",
    "jensen_shannon",
    "needed_size",
    "nested_g_test",
    "permutation_g_test",
    "plugin",
    "proportion_interval",
    "shown_divergence",
    "sidak",
    "two_sample_g_test",
    "unit_permutation_test",
    "unit_shuffles",
]
