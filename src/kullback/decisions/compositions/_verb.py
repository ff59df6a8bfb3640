"""Compositions of groups of samples, compared with how much samples of one group differ."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.decisions._grouped import Floats, Grouped, Information, information, law_of, stratified
from kullback.decisions.compositions._permute import between, fewest, permuted
from kullback.decisions.compositions._read import Samples, read_samples
from kullback.decisions.compositions._record import CompositionComparison, ZeroPolicy
from kullback.decisions.compositions._shares import (
    Weighed,
    divergences,
    grouped_by_read,
    grouped_by_unit,
    jackknifed,
    weighed,
    within,
)
from kullback.estimators._options import Rng, check_confidence, generator

_POLICIES = ("none", "additive", "jeffreys", "perks", "witten-bell", "good-turing")
_LEAST_P = 0.05


def compare_compositions(
    counts: Any,
    /,
    *,
    group: Any,
    sample: Any = None,
    unit: Any = None,
    category: Any = None,
    taxa: Any = None,
    weights: str = "samples",
    zeros: str = "none",
    confidence: float = 0.95,
    draws: int = 999,
    rng: Rng = None,
) -> CompositionComparison:
    r"""Compare compositions (taxa, cell types, phases) of groups of samples with the spread of samples within groups.

    With the composition $p_s$ of a sample, the mean $p_g$ of its group and the mean $\bar p$ of all,

    $$ \underbrace{\sum_s w_s D(p_s \,\|\, \bar p)}_{\text{total}}
       = \underbrace{\sum_g w_g D(p_g \,\|\, \bar p)}_{\text{between}}
       + \underbrace{\sum_s w_s D(p_s \,\|\, p_{g(s)})}_{\text{within}} $$

    holds exactly, as in an analysis of variance. Between is the Jensen-Shannon divergence of the groups.

    Args:
        counts: Array of shape ``(samples, taxa)``; or a table (a data frame, or a dict of columns) with one row for
            each sample; or, with `category`, one row for each cell; or an array of one category for each cell.
        group: Name of a column, or the group of each row.
        sample: The same for the sample of each row: rows of one sample are added up. Cells without it are one sample a
            group.
        unit: The same for what is independent where samples are not: the patient, the infant, the dish. Whole units are
            permuted and counted.
        category: Column with the category of each cell, or one value for each row.
        taxa: Columns that hold counts, a list or a pattern such as "asv_*"; None for all that are not named above.
        weights: What weighs the same: "samples", "units" or "reads".
        zeros: "none", or the method of `kl.smooth` that is applied to every sample.
        confidence: Level of the intervals.
        draws: Permutations; the smallest p-value is 1 / (draws + 1).
        rng: Seed or generator of the permutations.

    Returns:
        The three figures in nats, the test, what each taxon adds, and both divergences of every pair of groups under
        each treatment of zeros; it prints in bits.

    Raises:
        InputError: The table holds no counts, a sample has none, there are fewer than two groups, or an option is not
            known.

    Note:
        Finite samples make `value` too large; `by_chance` and `debiased` say by how much. Intervals follow a scaled
        noncentral chi-squared law whose bias, spread and degrees of freedom are taken from whole units; with fewer than
        about ten units a group they are rough. With one unit a group nothing says how much units differ: no p-value,
        and the intervals hold the error of counting reads alone. Between and within are finite however many zeros there
        are; D(a‖b) is infinite where b lacks a taxon of a, and then owes much of its finite figures to the policy.

    References:
        Lin (1991), IEEE Transactions on Information Theory 37, section V; Rao and Scott (1984), Annals of Statistics
        12, for the law; Anderson (2001), Austral Ecology 26, for permutation tests between and within groups.

    Example:
        >>> import numpy as np
        >>> before, after = [55, 25, 12, 8], [35, 20, 30, 15]  # cells in G1, S, G2 and M
        >>> found = compare_compositions(np.array([before, after]), group=["before", "after"])
        >>> round(float(found.divergences[1, 0]), 6), found.p_value is None  # D(before‖after), groups in their order
        (0.144134, True)
    """
    level, source, draws = check_confidence(confidence), generator(rng), _draws(draws)
    samples = read_samples(counts, group, sample, unit, category, taxa)
    found = weighed(samples, weights, zeros)
    by_unit = grouped_by_unit(samples, found)
    units = _units(samples)
    lonely = max(units) == 1
    known = information(grouped_by_read(samples, found) if lonely else by_unit)
    value, law = stratified([known])
    inside, by_group = within(found, samples.group)
    drawn = None if lonely else permuted(by_unit, draws, source)
    return CompositionComparison(
        value=value,
        debiased=value if law is None else law.debiased,
        interval=(value, value) if law is None else law.bounds(level),
        within=inside,
        total=value + inside,
        within_groups=by_group,
        by_chance=None if drawn is None else float(drawn.mean()),
        p_value=None if drawn is None else _p_value(drawn, float(between(found.table))),
        confidence=level,
        groups=samples.groups,
        taxa=samples.taxa,
        samples=tuple(np.bincount(samples.group).tolist()),
        units=units,
        reads=tuple(np.bincount(samples.group, samples.counts.sum(axis=1)).tolist()),
        shares=found.table / found.table.sum(axis=1, keepdims=True),
        divergences=divergences(found.table),
        stderr=jackknifed(Grouped(found.table, found.table) if lonely else by_unit),
        contributions=known.contributions.sum(axis=0),
        contribution_intervals=_intervals(known, level),
        zeros=tuple(_under(samples, weights, policy) for policy in dict.fromkeys((*_POLICIES, zeros))),
        policy=zeros,
        weights=weights,
        notes=_notes(samples, by_unit, units, found),
    )


def _draws(draws: Any) -> int:
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise InputError(f"draws = {draws!r} came. A whole number of at least 1 is needed, such as 999.")
    return int(draws)


def _units(samples: Samples) -> tuple[int, ...]:
    groups = range(len(samples.groups))
    return tuple(len(np.unique(samples.unit[samples.group == place])) for place in groups)


def _p_value(drawn: Floats, value: float) -> float:
    # The slack keeps draws that tie up to rounding.
    return float(1 + (drawn >= value - 1e-12).sum()) / (len(drawn) + 1)


def _intervals(known: Information, level: float) -> Floats:
    """Interval of each taxon's contribution."""
    groups = len(known.contributions)
    rows = zip(
        known.contributions.sum(axis=0).tolist(),
        known.category_bias.tolist(),
        known.category_variance.tolist(),
        strict=True,
    )
    laws = [law_of(value, bias, spread, groups - 1, known.units) for value, bias, spread in rows]
    ends = [(0.0, math.inf) if law is None else law.bounds(level) for law in laws]
    return np.array(ends)


def _under(samples: Samples, weights: str, policy: str) -> ZeroPolicy:
    try:
        found = weighed(samples, weights, policy)
    except InputError as error:
        return ZeroPolicy(policy, None, None, str(error))
    return ZeroPolicy(policy, information(grouped_by_read(samples, found)).value, divergences(found.table), "")


def _notes(samples: Samples, by_unit: Grouped, units: tuple[int, ...], found: Weighed) -> tuple[str, ...]:
    notes = []
    if max(units) == 1:
        notes.append(
            "one unit a group: descriptive only; intervals hold the error of counting, not how much units differ"
        )
    elif by_unit.group is not None and by_unit.unit is not None:
        least = fewest(by_unit.group, by_unit.unit)
        if least > _LEAST_P / 2:
            notes.append(f"with so few units no p-value below {least:.2g} is possible")
    if min(units) == 1 < max(units):
        notes.append("a group of one unit shows no spread of its own: the intervals are too narrow")
    lost = np.argwhere((found.table[:, None] > 0) & (found.table[None] == 0))
    if len(lost):
        a, b, k = lost[0].tolist()
        names = samples.groups[a], samples.groups[b]
        notes.append(
            f"D({names[0]}‖{names[1]}) is infinite: {names[1]} never shows {samples.taxa[k]}; between and within are "
            "finite"
        )
    totals = samples.counts.sum(axis=1)
    if totals.max() > 10 * totals.min():
        notes.append(
            f"samples have {totals.min():,.6g} to {totals.max():,.6g} counts: rare taxa are missed in the small ones"
        )
    return tuple(notes)
