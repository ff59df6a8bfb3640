"""Mutual information of group and category with the law that rows or whole units give it, and of each category."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kullback._core import relative_gap, weights_gap
from kullback.estimators._divergence_interval import DivergenceInterval, matched_scale

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Grouped:
    """Mass by group and category, and where it came from.

    Attributes:
        table: Mass of shape ``(groups, categories)``.
        counts: Independent rows behind each cell of the table; not looked at where there are units.
        mass: One row for each unit and group with its mass by category; None where rows are independent.
        group: Group of each of these rows.
        unit: Unit of each of these rows.
    """

    table: Floats
    counts: Floats
    mass: Floats | None = None
    group: Codes | None = None
    unit: Codes | None = None


@dataclass(frozen=True, eq=False)
class Information:
    """Mutual information of group and category from a table.

    Attributes:
        value: Of the shares as observed, in nats.
        weight: Mass of the table.
        degrees: Of freedom at equality.
        bias: By how much the value is too large on average.
        variance: Of its linear part.
        units: How many; infinite where rows are independent.
        contributions: Summands by group and category; none is negative.
        category_bias: What each category adds to the bias.
        category_variance: Variance of the linear part of each category's sum over the groups.
    """

    value: float
    weight: float
    degrees: float
    bias: float
    variance: float
    units: float
    contributions: Floats
    category_bias: Floats
    category_variance: Floats


def information(grouped: Grouped, /) -> Information:
    r"""I(group; category) with bias and variance to second order, for groups of the sizes that they have.

    With the table T of total n, shares $p_{ak} = T_{ak} / T_a$ and the residual $r_{ak} = c_{ak} - |c_a| p_{ak}$ of a
    unit that brings $c$, a unit moves the figure by $\sum_{ak} r_{ak} \log\frac{T_{ak} n}{T_a T_k} / n$, and

    $$ \text{bias} = \frac{1}{2n} \sum_u \Big[\sum_{ak} \frac{r_{uak}^2}{T_{ak}} - \sum_k \frac{r_{uk}^2}{T_k}\Big], $$

    never negative, and (groups − 1)(categories − 1)/2n for independent rows of one category each where groups are
    alike. The sum over k is that of the categories' own biases.
    """
    table = grouped.table
    groups, categories = table.sum(axis=1), table.sum(axis=0)
    total = float(table.sum())
    there, seen = groups[:, None] > 0, table > 0
    shares = np.where(there, table / np.where(there, groups[:, None], 1.0), 0.0)
    mean = categories / total
    parts = np.where(there, (groups / total)[:, None] * relative_gap(shares, mean + 0.0 * shares), 0.0)
    # Each group against all, from the mass itself: nearly equal groups keep their digits.
    value = math.fsum(groups / total * weights_gap(np.where(there, table, categories), categories + 0.0 * table))
    ratios = np.log(np.where(seen, shares, 1.0) / np.where(seen, mean, 1.0))
    most = float((np.count_nonzero(groups) - 1) * (np.count_nonzero(categories) - 1))
    if grouped.mass is None:
        found = _of_rows(grouped, shares, ratios, most)
    else:
        found = _of_units(grouped, shares, ratios, most)
    bias, spread, whole = (
        found.category_bias / (2.0 * total),
        found.category_variance / total**2,
        found.variance / total**2,
    )
    return Information(value, total, found.degrees, float(bias.sum()), whole, found.units, parts, bias, spread)


@dataclass(frozen=True, eq=False)
class _Noise:
    """Sums over rows or units, not yet divided by the total of the table."""

    category_bias: Floats
    category_variance: Floats
    variance: float
    degrees: float
    units: float


def _inverse(mass: Floats) -> Floats:
    return np.asarray(np.where(mass > 0, 1.0 / np.where(mass > 0, mass, 1.0), 0.0))


def _of_rows(grouped: Grouped, shares: Floats, ratios: Floats, most: float) -> _Noise:
    """Every row is of one category and weighs as much as the others of its group."""
    table = grouped.table
    squares = (table.sum(axis=1) ** 2 * _inverse(grouped.counts.sum(axis=1)))[:, None]
    spread = squares * shares * (1.0 - shares)
    bias = (spread * (_inverse(table) - _inverse(table.sum(axis=0)))).sum(axis=0)
    means = (shares * ratios).sum(axis=1, keepdims=True)
    whole = float((squares * shares * (ratios - means) ** 2).sum())
    return _Noise(bias, (spread * ratios**2).sum(axis=0), whole, most, math.inf)


def _of_units(grouped: Grouped, shares: Floats, ratios: Floats, most: float) -> _Noise:
    mass, group, unit = grouped.mass, grouped.group, grouped.unit
    assert mass is not None and group is not None and unit is not None  # noqa: S101, PT018 - they come together
    units = int(unit.max()) + 1
    residual = mass - mass.sum(axis=1, keepdims=True) * shares[group]
    # Few units look more alike than they are.
    residual = residual * math.sqrt(len(mass) / max(len(mass) - len(shares), 1))
    own, whole = _inverse(grouped.table)[group], _inverse(grouped.table.sum(axis=0))
    bias = (residual**2 * own).sum(axis=0) - (_summed(residual, unit, units) ** 2 * whole).sum(axis=0)
    linear = _summed(residual * ratios[group], unit, units)
    return _Noise(
        category_bias=np.maximum(bias, 0.0),
        category_variance=(linear**2).sum(axis=0),
        variance=float((linear.sum(axis=1) ** 2).sum()),
        degrees=min(most, _degrees(grouped, residual, units)),
        units=units,
    )


def _degrees(grouped: Grouped, residual: Floats, units: int) -> float:
    """Degrees of freedom whose chi-squared law has the spread of what units add to the bias."""
    assert grouped.group is not None and grouped.unit is not None  # noqa: S101, PT018 - they come together
    groups, categories = grouped.table.shape
    plus = np.zeros((units, groups, categories))
    plus[grouped.unit, grouped.group] = residual * np.sqrt(_inverse(grouped.table))[grouped.group]
    minus = _summed(residual, grouped.unit, units) * np.sqrt(_inverse(grouped.table.sum(axis=0)))
    features = np.concatenate([plus.reshape(units, -1), minus], axis=1)
    signs = np.concatenate([np.ones(groups * categories), -np.ones(categories)])
    # Both products have the same trace and the same squares; the smaller one is quicker.
    gram = (features.T @ features) * signs if features.shape[1] < units else (features * signs) @ features.T
    squares = float((gram * gram.T).sum())
    return max(1.0, float(np.trace(gram)) ** 2 / squares) if squares > 0 else 1.0


def _summed(rows: Floats, code: Codes, count: int) -> Floats:
    found = np.zeros((count, rows.shape[1]))
    np.add.at(found, code, rows)
    return found


def law_of(value: float, bias: float, variance: float, degrees: float, units: float, /) -> DivergenceInterval | None:
    """The law of a figure that is chi-squared at equality; None where nothing is left to chance.

    Args:
        value: In nats, not debiased.
        bias: Its mean at equality.
        variance: Of its linear part.
        degrees: Of freedom at equality.
        units: How many the bias and the variance were found from.
    """
    if bias <= 0 or degrees <= 0:
        return None
    effective = degrees / (2.0 * bias)
    scale = matched_scale(value, effective, degrees, 1.0, variance)
    known = math.inf if math.isinf(units) else max(1.0, units - 2.0)
    return DivergenceInterval(value - bias, degrees, effective, scale, known)


def stratified(parts: list[Information], /) -> tuple[float, DivergenceInterval | None]:
    """The mean over strata by their mass, and its law.

    Args:
        parts: One for each stratum.
    """
    shares = [part.weight / math.fsum(part.weight for part in parts) for part in parts]
    value = math.fsum(share * part.value for share, part in zip(shares, parts, strict=True))
    bias = math.fsum(share * part.bias for share, part in zip(shares, parts, strict=True))
    variance = math.fsum(share**2 * part.variance for share, part in zip(shares, parts, strict=True))
    degrees = math.fsum(part.degrees for part in parts)
    return value, law_of(value, bias, variance, degrees, min(part.units for part in parts))
