"""Divergences between the predictions that groups get."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from kullback.decisions._grouped import Floats, information, stratified
from kullback.decisions.fairness._pairs import (
    divergences,
    pair_interval,
    pair_test,
    shares_of_groups,
    summands,
    total_variation,
)
from kullback.decisions.fairness._read import Entries, read_entries
from kullback.decisions.fairness._record import GroupDivergence, GroupPair
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.inference import benjamini_hochberg

# Below so many rows or units, or so many expected rows of an outcome, a group says little.
_FEW, _FEW_EXPECTED = 30, 5.0


def group_divergence(
    predictions: Any,
    groups: Any = None,
    /,
    *,
    labels: Any = None,
    unit: Any = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> GroupDivergence:
    r"""Compare what a model predicts for groups: every pair in both directions, and all of them at once.

    $$ D(p_a \,\|\, p_b) = \sum_k p_a(k) \log\frac{p_a(k)}{p_b(k)}, \qquad
       I(\text{outcome}; \text{group}) = \sum_a \frac{n_a}{n}\, D\Big(p_a \,\Big\|\, \sum_b \frac{n_b}{n}\, p_b\Big) $$

    Zero divergence over all rows is demographic parity; zero among the rows of each label is equalized odds.

    Args:
        predictions: One class for each row, shape ``(rows,)``; or probabilities, shape ``(rows, outcomes)``; or,
            without `groups`, a table of counts of shape ``(groups, outcomes)``, also a data frame or a dict of dicts.
        groups: Group of each row.
        labels: True class of each row: groups are then compared among the rows of each label.
        unit: What is independent where rows are not: the person, the clinic, the store of each row. Whole units are
            permuted and counted.
        confidence: Level of the intervals.
        rng: Seed or generator of the permutations.

    Returns:
        The divergences in nats, with intervals, tests and contributions.

    Raises:
        InputError: Rows do not fit each other, a row is no prediction, or there are fewer than two groups.

    Note:
        Plug-in figures are exact for the rows, and too large on average: by (groups − 1)(outcomes − 1)/2n for the
        information of independent rows. Debiased figures and intervals follow a scaled noncentral chi-squared law;
        p-values are those of G (chi-squared, exact or permuted, as the counts allow), with soft predictions or units
        of permutations of whole units, beyond 2,000 of them of the chi-squared law. `kullback.nn.group_divergences` and
        `kullback.nn.FairnessPenalty` are the same figures in torch, to train with.

    References:
        Hardt, Price and Srebro (2016), Equality of Opportunity in Supervised Learning, NeurIPS; Lin (1991), IEEE
        Transactions on Information Theory 37, section V; Cover and Thomas (2006), Elements of Information Theory,
        lemma 11.6.1 (Pinsker's inequality); Benjamini and Hochberg (1995), Journal of the Royal Statistical Society
        B 57.

    Example:
        >>> found = group_divergence({"a": {"yes": 70, "no": 30}, "b": {"yes": 50, "no": 50}})
        >>> round(found.pair("a", "b").value, 6), round(found.pair("b", "a").value, 6)
        (0.082283, 0.087177)
        >>> round(found.pair("a", "b").parity_difference, 3)
        0.2
    """
    level, source = check_confidence(confidence), generator(rng)
    strata = read_entries(predictions, groups, labels, unit)
    given = labels is not None
    parts = [information(entries.grouped) for _, entries in strata]
    value, law = stratified(parts)
    low, high = (value, value) if law is None else law.bounds(level)
    if any(
        _is_lonely(entries) for _, entries in strata
    ):  # no spread to be seen: nothing but the largest value there is
        low, high = 0.0, math.log(min(strata[0][1].table.shape))
    tables = [entries.table for _, entries in strata]
    summed = [summands(table) for table in tables]
    total = sum(part.weight for part in parts)
    weighted = [part.contributions * part.weight / total for part in parts]
    names, outcomes = strata[0][1].groups, strata[0][1].outcomes
    small = _small(strata)
    return GroupDivergence(
        value=value,
        debiased=value if law is None else law.debiased,
        interval=(low, high),
        confidence=level,
        groups=names,
        outcomes=outcomes,
        labels=tuple(name for name, _ in strata) if given else (),
        sizes=_stacked([table.sum(axis=1) for table in tables], given=given),
        shares=_stacked([shares_of_groups(table) for table in tables], given=given),
        between=_stacked([divergences(table) for table in tables], given=given),
        between_contributions=_stacked(summed, given=given),
        contributions=_stacked(weighted, given=given),
        pairs=_pairs(strata, level, source),
        small=small,
        null="rows" if unit is None else "units",
        notes=_notes(strata, summed, small, unit),
    )


def _is_lonely(entries: Entries) -> bool:
    """Whether a group is one row of probabilities, or one unit."""
    return entries.group is not None and bool((np.bincount(entries.group) == 1).any())


def _stacked(arrays: list[Floats], *, given: bool) -> Floats:
    return np.stack(arrays) if given else arrays[0]


def _pairs(strata: list[tuple[str, Entries]], level: float, rng: np.random.Generator) -> tuple[GroupPair, ...]:
    found: list[GroupPair] = []
    for label, entries in strata:
        there = np.flatnonzero(entries.table.sum(axis=1) > 0).tolist()
        between, shares = divergences(entries.table), shares_of_groups(entries.table)
        tests = {(a, b): pair_test(entries, a, b, rng) for a in there for b in there if a < b}
        for a, b in (one for test in tests for one in (test, test[::-1])):
            law, p_value = pair_interval(entries, a, b), tests[min(a, b), max(a, b)]
            found.append(
                GroupPair(
                    first=entries.groups[a],
                    second=entries.groups[b],
                    label=label,
                    value=float(between[a, b]),
                    debiased=float(between[a, b]) if law is None else law.debiased,
                    interval=(0.0, math.inf) if law is None else law.bounds(level),
                    p_value=p_value,
                    p_adjusted=p_value,
                    parity_difference=float(np.abs(shares[a] - shares[b]).max()),
                    total_variation=total_variation(shares[a], shares[b]),
                )
            )
    # The two directions of a pair are one question.
    adjusted = benjamini_hochberg([one.p_value for one in found[::2]]).tolist()
    return tuple(replace(one, p_adjusted=adjusted[place // 2]) for place, one in enumerate(found))


def _small(strata: list[tuple[str, Entries]]) -> tuple[str, ...]:
    """Groups with few rows or units, or few expected rows of an outcome, in some label."""
    found = []
    for _, entries in strata:
        sizes = entries.table.sum(axis=1)
        if entries.group is not None:
            sizes = np.minimum(sizes, np.bincount(entries.group, minlength=len(sizes)))
        rarest = entries.table.sum(axis=0)
        rarest = rarest[rarest > 0].min() / entries.table.sum()
        few = (sizes < _FEW) | (entries.table.sum(axis=1) * rarest < _FEW_EXPECTED)
        found += [entries.groups[place] for place in np.flatnonzero(few).tolist()]
    return tuple(dict.fromkeys(found))


def _notes(
    strata: list[tuple[str, Entries]], between: list[Floats], small: tuple[str, ...], unit: Any
) -> tuple[str, ...]:
    notes = []
    if small:
        notes.append(f"few rows or units in {', '.join(small)}: wide intervals, and no proof of equal treatment")
    for (label, entries), parts in zip(strata, between, strict=True):
        lost = np.argwhere(np.isinf(parts))
        if len(lost):
            a, b, k = lost[0].tolist()
            where = f" among rows with the label {label}" if label else ""
            notes.append(
                f"D({entries.groups[a]}‖{entries.groups[b]}) is infinite{where}: {entries.groups[b]} never gets "
                f"{entries.outcomes[k]}; its interval is that of counts with ½ added"
            )
        empty = [entries.groups[place] for place in np.flatnonzero(entries.table.sum(axis=1) == 0).tolist()]
        if empty:
            notes.append(f"no rows of {', '.join(empty)} have the label {label}: those pairs are left out")
    if unit is not None:
        notes.append("whole units were permuted; a unit with rows in two groups swaps them")
    return tuple(notes)
