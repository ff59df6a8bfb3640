"""Do two samples come from the same law? A test whose level holds, and the divergence with its interval."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, Shown
from kullback.decisions.hypotheses._exact_g import exact_two_sample
from kullback.decisions.hypotheses._inputs import check_draws
from kullback.decisions.hypotheses._samples import Cells, Floats, read_cells
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.inference import (
    benjamini_hochberg,
    clustered_divergence,
    divergence_interval,
    nested_g_test,
    two_sample_g_test,
    unit_permutation_test,
    unit_shuffles,
)
from kullback.inference._independence import half_g

_DRAWS = 9999
# Numbers of more rows than this go by the nested test, whose chi-squared laws hold then.
_MOST_PERMUTED = 2000
_ROWS_A_CELL = 20
_INDEPENDENT = "assumes independent rows"


@dataclass(frozen=True, eq=False, repr=False)
class TwoSampleTest(Shown):
    """A test of the hypothesis that two samples have one law, and how far apart they are.

    Attributes:
        p_value: Chance of a statistic this large or larger if they have one law.
        statistic: G = 2 n D(x‖pooled) + 2 m D(y‖pooled) of the observed shares, in nats: twice the rows times their
            Jensen-Shannon divergence with the weights of the samples.
        divergence: Debiased D(x‖y) of the cells in nats, of several columns the sum of theirs; may be slightly
            negative where the truth is 0.
        interval: Lower and upper end in nats.
        confidence: How often such intervals are meant to hold the truth.
        method: How the p-value was computed.
        null: What the p-value takes for granted, in words.
        design_effect: How many times wider units spread the figure than independent rows; 1 without `unit`.
        n: Rows of x.
        m: Rows of y.
        cells: Cells that have rows.
        column_p_values: One for each column where several came, adjusted by Benjamini and Hochberg; else None.
    """

    p_value: float
    statistic: float
    divergence: float
    interval: tuple[float, float]
    confidence: float
    method: str
    null: str
    design_effect: float
    n: int
    m: int
    cells: int
    column_p_values: tuple[float, ...] | None = None

    @property
    def bits(self) -> float:
        """The divergence in bits."""
        return self.divergence / math.log(2)

    @property
    def bits_interval(self) -> tuple[float, float]:
        """The interval in bits."""
        return self.interval[0] / math.log(2), self.interval[1] / math.log(2)

    def __str__(self) -> str:
        low, high = self.bits_interval
        rows = f"n = {self.n:,}, m = {self.m:,}, {self.cells} cells"
        lines = [
            f"p = {self.p_value:.4g} that x and y have one law ({self.method}; {self.null})",
            f"  G = 2n D(x‖pooled) + 2m D(y‖pooled) = {self.statistic:.6g} nats, {rows}",
            f"  D(x‖y) = {self.bits:.4g} bits, {100 * self.confidence:g} % interval [{low:.4g}, {high:.4g}]",
        ]
        if self.column_p_values is not None:
            listed = ", ".join(f"{value:.3g}" for value in self.column_p_values)
            lines.append(f"  adjusted p of the columns: {listed}")
        return "\n".join(lines)


def two_sample_test(
    x: Any,
    y: Any,
    /,
    *,
    given: str = "auto",
    unit: tuple[Any, Any] | None = None,
    draws: int = _DRAWS,
    confidence: float = 0.95,
    rng: Rng = None,
) -> TwoSampleTest:
    r"""Test whether two samples come from one law, by their likelihood ratio.

    $$ G = 2 \sum_{\text{sides}} \sum_i \text{observed}_i \log \frac{\text{observed}_i}{\text{expected}_i} $$

    is twice the rows times a divergence of the samples from what they have in common. Its p-value is exact where tables
    can be listed, chi-squared where every expected count is 5 or more, and by permutation otherwise: 5 % means 5 %.

    Args:
        x: Counts (by label, or a row of them), labels, numbers, or rows and columns of numbers.
        y: The same kind of sample.
        given: "counts", "categories", "numbers" or "columns"; "auto" reads mappings as counts, texts as categories,
            floats as numbers, tables of floats as columns, and asks for whole numbers.
        unit: Day, user, store, … of every row of x and of y: whole units are then permuted and the interval is theirs.
            Without it rows are taken as independent.
        draws: Most permutations; the smallest p-value is 1 / (draws + 1), and up to 5 times as much for each column.
        confidence: Level of the interval.
        rng: Source of the permutations.

    Returns:
        The test. Numbers are put into up to 32 cells of about as many pooled rows, and G is taken over 2, 4, 8, … of
        them, the smallest p-value adjusted for their number; the divergence is that of the cells, which is a lower
        bound of that of the numbers. Of several columns the p-value is for any difference of any one column.

    Raises:
        InputError: The samples cannot be read or do not fit each other.

    References:
        Wilks (1938), Annals of Mathematical Statistics 9; Kullback (1959), Information Theory and Statistics, chapter
        6; Westfall and Young (1993), Resampling-Based Multiple Testing.

    Example:
        >>> from kullback.decisions.hypotheses import two_sample_test
        >>> found = two_sample_test({"red": 12, "blue": 3}, {"red": 4, "blue": 11})
        >>> round(found.p_value, 6), found.method
        (0.009221, 'G, exact over all tables')
    """
    cells = read_cells(x, y, given)
    most, level, chance = check_draws(draws), check_confidence(confidence), generator(rng)
    if unit is None:
        return _of_rows(cells, most, level, chance)
    return _of_units(cells, unit, most, level, chance)


def _of_rows(cells: Cells, draws: int, level: float, rng: np.random.Generator) -> TwoSampleTest:
    p, q = cells.counts
    if cells.kind in {"counts", "categories"}:
        exact = exact_two_sample(p, q)
        if exact is not None:
            value, method = exact, "G, exact over all tables"
        else:
            whole = p.astype(np.int64), q.astype(np.int64)
            value, method = two_sample_g_test(*whole, draws=draws, rng=rng)
        return _result(cells, value, method, level, (p, q))
    if cells.x is None or cells.y is None:
        raise TypeError
    n, m = len(cells.x), len(cells.y)
    if cells.kind == "numbers" and n + m > _MOST_PERMUTED:
        pooled = p + q
        ranks = (np.cumsum(pooled) - 0.5 * pooled) / pooled.sum()
        nested = nested_g_test(p, q, ranks, np.zeros(len(p), dtype=bool))
        return _result(cells, nested, "nested G, chi-squared", level, _coarse(cells))
    rows = np.arange(n + m)
    by_row = _by_unit(cells, rows[:n], rows[n:], n + m)
    return _permuted(cells, by_row, draws, level, rng, what="rows")


def _of_units(cells: Cells, unit: Any, draws: int, level: float, rng: np.random.Generator) -> TwoSampleTest:
    if cells.x is None or cells.y is None:
        raise InputError("unit needs rows, but counts came, whose rows are gone. Give labels or numbers row by row.")
    if not isinstance(unit, tuple | list) or len(unit) != 2:
        raise InputError("unit must be a pair: the unit of every row of x, and of every row of y.")
    sides = [np.asarray(one, dtype=object) for one in unit]
    for name, side, rows in zip(("x", "y"), sides, (cells.x, cells.y), strict=True):
        if side.shape != (len(rows),):
            raise InputError(f"unit of {name} has shape {side.shape} for {len(rows)} rows. One unit a row is needed.")
    place: dict[Any, int] = {}
    of_x, of_y = (np.array([place.setdefault(one, len(place)) for one in side.tolist()]) for side in sides)
    if len(place) < 2:
        raise InputError("All rows are of one unit, so nothing can be permuted. At least two units are needed.")
    by_unit = _by_unit(cells, of_x, of_y, len(place))
    return _permuted(cells, by_unit, draws, level, rng, what="units")


def _by_unit(cells: Cells, x: NDArray[Any], y: NDArray[Any], units: int) -> tuple[Floats, Floats]:
    """Counts of each side, shape ``(units, cells)``."""
    tables = []
    for codes, owner in ((cells.x, x), (cells.y, y)):
        table = np.zeros((units, cells.counts.shape[1]))
        if codes is not None:
            np.add.at(table, (owner[:, None], codes), 1.0)
        tables.append(table)
    return tables[0], tables[1]


def _permuted(
    cells: Cells,
    tables: tuple[Floats, Floats],
    draws: int,
    level: float,
    rng: np.random.Generator,
    *,
    what: str,
) -> TwoSampleTest:
    p, q = tables
    shuffles = unit_shuffles(p.sum(axis=1) > 0, q.sum(axis=1) > 0, draws=draws, rng=rng)
    value = unit_permutation_test(p, q, cells.partitions, shuffles)
    adjusted = None
    if cells.kind == "columns":
        columns = sorted({label[0] for label in cells.labels})
        own = [
            unit_permutation_test(
                p, q, [groups for groups in cells.partitions if _is_of(cells, groups, column)], shuffles
            )
            for column in columns
        ]
        adjusted = tuple(float(one) for one in benjamini_hochberg(np.array(own)))
    method = f"G, {draws:,} permutations of {what}"
    if what == "rows" and cells.kind != "columns":
        return _result(cells, value, method, level, _coarse(cells))
    found = clustered_divergence(*(_grouped(table, _effect_groups(cells)) for table in tables))
    # Shares of all columns together are means over the columns; the figure is their sum.
    width = cells.x.shape[1] if cells.x is not None else 1
    low, high = found.interval.bounds(level)
    design = found.design_effect if what == "units" else 1.0
    null = f"permutes whole {what}, {len(p):,} of them" if what == "units" else _INDEPENDENT
    effect = width * found.interval.debiased, (width * low, width * high), level, design
    return _record(cells, (value, method, null), effect, adjusted)


def _is_of(cells: Cells, groups: NDArray[np.int64], column: int) -> bool:
    """Whether a partition cuts this column; all others are its group 0."""
    if cells.kind == "numbers":
        return True
    return bool(groups.any()) and cells.labels[int(np.flatnonzero(groups)[0])][0] == column


def _effect_groups(cells: Cells) -> NDArray[np.int64]:
    """The partition that the divergence is measured on: of numbers as fine as twenty rows a cell allow."""
    if cells.kind not in {"numbers", "columns"} or cells.x is None:
        return np.arange(cells.counts.shape[1])
    most = max(2.0, float(cells.counts.sum(axis=1).min()) / cells.x.shape[1] / _ROWS_A_CELL)
    groups = np.zeros(cells.counts.shape[1], dtype=np.int64)
    for column in range(cells.x.shape[1]):
        own = [one for one in cells.partitions if _is_of(cells, one, column)]
        fine = [one for one in own if one.max() <= most] or own[:1]
        if fine:
            groups = np.where(fine[-1] > 0, fine[-1] + groups.max(), groups)
    return groups


def _grouped(table: Floats, groups: NDArray[np.int64]) -> Floats:
    _, codes = np.unique(groups, return_inverse=True)
    found = np.zeros((len(table), int(codes.max()) + 1))
    np.add.at(found.T, codes, table.T)
    return found


def _coarse(cells: Cells) -> tuple[Floats, Floats]:
    p, q = _grouped(cells.counts, _effect_groups(cells))
    return p, q


def _result(cells: Cells, value: float, method: str, level: float, sides: tuple[Floats, Floats]) -> TwoSampleTest:
    p, q = sides
    occupied = (p + q) > 0
    found = divergence_interval(p[occupied], q[occupied])
    effect = found.debiased, found.bounds(level), level, 1.0
    return _record(cells, (value, method, _INDEPENDENT), effect, None)


def _record(
    cells: Cells,
    verdict: tuple[float, str, str],
    effect: tuple[float, tuple[float, float], float, float],
    columns: tuple[float, ...] | None,
) -> TwoSampleTest:
    p, q = cells.counts
    seen = (p + q) > 0
    divergence, interval, level, design = effect
    width = 1 if cells.x is None else cells.x.shape[1]
    return TwoSampleTest(
        p_value=float(verdict[0]),
        statistic=2.0 * float(half_g(p[seen], (p + q)[seen])),
        divergence=divergence,
        interval=interval,
        confidence=level,
        method=verdict[1],
        null=verdict[2],
        design_effect=design,
        n=int(p.sum()) // width,
        m=int(q.sum()) // width,
        cells=int(seen.sum()),
        column_p_values=columns,
    )
