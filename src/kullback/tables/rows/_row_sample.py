"""Sampled whole rows of two tables, and the ratio of their laws at each of them."""

from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.estimators._classifier_logits import need_sklearn
from kullback.estimators._points import Points
from kullback.estimators._two_sided_ratio import TwoSidedRatio, two_sided_ratio
from kullback.tables._results import ColumnResult
from kullback.tables._work import Work
from kullback.tables.counts._counting import ColumnPlan
from kullback.tables.counts._reading import CATEGORY, UNSUPPORTED, Reading
from kullback.tables.engines._table import Fetched
from kullback.tables.sources._sources import explain_engine_error

# Rows of each side, and columns of them, the worst first.
ROWS = 10_000
MOST_COLUMNS = 100
LEAST_ROWS = 50
# Sides that share less than this of a column are told apart by it alone.
_OVERLAP = 0.05
# Values that fewer of the rows hold are learned as one: by them rows are known again, and nothing is learned.
_RARE = 0.005

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SampledColumn:
    """A column of the sampled rows.

    Attributes:
        result: What is known of it by itself.
        reading: How its values are taken.
        values: Images of the current rows, then of those of the reference.
        missing: Which of them are NULL.
    """

    result: ColumnResult
    reading: Reading
    values: NDArray[np.generic]
    missing: Mask

    @property
    def name(self) -> str:
        """Its name."""
        return self.result.name

    def numbers(self) -> tuple[Floats, NDArray[np.int64]]:
        """The values as floats, and what each is: 0 finite, 1 NULL, 2 NaN, 3 −∞, 4 ∞; those but the first are 0."""
        values = np.array(self.values, dtype=np.float64) / 10.0**self.reading.scale
        kinds = np.select([self.missing, np.isnan(values), values == -np.inf, values == np.inf], [1, 2, 3, 4], 0)
        return np.where(kinds == 0, values, 0.0), kinds

    def texts(self) -> list[str | None]:
        """The values as a person reads them; None for NULL."""
        show = str if self.reading.image == "text" else self.reading.show
        return [None if gone else show(value) for value, gone in zip(self.values.tolist(), self.missing, strict=True)]


@dataclass(frozen=True, eq=False)
class JudgedRows:
    """Sampled rows with the ratio of the two laws at each of them.

    Attributes:
        columns: The columns, worst first.
        used: Names of those from which the ratio was learned.
        apart: Names of those that tell the sides apart alone, and were left out.
        unused: How many more were left out because there are too many.
        sizes: Rows of the current table and of the reference in the sample.
        log_ratios: Held-out log p/q in nats; p is the law of the current rows, which come first.
        weights: Share of each row in its side.
        units: Number of the unit of each row; None where rows are independent.
        ratio: Everything else that the ratio says.
        alpha: One minus the confidence.
        seed: The seed.
        whole: Whether both tables are in the sample as a whole.
    """

    columns: tuple[SampledColumn, ...]
    used: tuple[str, ...]
    apart: tuple[str, ...]
    unused: int
    sizes: tuple[int, int]
    log_ratios: Floats
    weights: Floats
    units: NDArray[np.intp] | None
    ratio: TwoSidedRatio
    alpha: float
    seed: int
    whole: bool

    @property
    def current(self) -> Mask:
        """Which rows are current."""
        return np.arange(sum(self.sizes)) < self.sizes[0]


def judge_rows(work: Work, /, *, rows: int = ROWS) -> JudgedRows:
    """Sample whole rows of both tables and estimate the ratio of their laws.

    Args:
        work: The opened and counted tables.
        rows: Rows of each side at most.

    Raises:
        InputError: No column is left, or a side has too few rows.
        MissingExtraError: scikit-learn is not installed.
    """
    need_sklearn("joint=True (and the reasons of a shift)")
    plans, results, unused = _chosen(work)
    sides = [_fetch(work, plans, side, rows) for side in (1, 0)]
    sizes = len(sides[0].columns[0][0]), len(sides[1].columns[0][0])
    for size, table in zip(sizes, reversed(work.tables), strict=True):
        if size < LEAST_ROWS:
            raise InputError(
                f"{table.name!r} has {size} rows; whole rows need at least {LEAST_ROWS} a side to learn from. "
                "Leave joint out."
            )
    columns = tuple(
        SampledColumn(result, plan.reading or CATEGORY, *(np.concatenate(pair) for pair in zip(*both, strict=True)))
        for result, plan, *both in zip(results, plans, sides[0].columns, sides[1].columns, strict=False)
    )
    apart = tuple(column.name for column in columns if tells_apart(column.result))
    used = [column for column in columns if _usable(column) and column.name not in apart]
    if not used:
        # Where all columns tell the sides apart, so much is to be said.
        used, apart = [column for column in columns if _usable(column)], ()
    if not used:
        raise InputError("no column is left to learn whole rows from: all are keys or constant. Leave joint out.")
    units = _units(sides) if work.tables[0].unit is not None else None
    points, categories = encode(used, sizes, [side.weights for side in sides])
    chance = np.random.default_rng(work.rules.seed)
    ratio = two_sided_ratio(points, chance, categories=categories, units=units, confidence=1 - work.rules.alpha)
    shares = [_shares(side.weights, size) for side, size in zip(sides, sizes, strict=True)]
    return JudgedRows(
        columns,
        tuple(column.name for column in used),
        apart,
        unused,
        sizes,
        np.concatenate([ratio.x, ratio.y]),
        np.concatenate(shares),
        units,
        ratio,
        work.rules.alpha,
        work.rules.seed,
        whole=all(table.rows <= rows for table in work.tables),
    )


def tells_apart(result: ColumnResult, /) -> bool:
    """Whether hardly any value of a column occurs on both sides, as months of two seasons."""
    before = sum(cell.reference for cell in result.cells)
    after = sum(cell.current for cell in result.cells)
    if not before or not after:
        return False
    return sum(min(cell.reference / before, cell.current / after) for cell in result.cells) < _OVERLAP


def encode(
    columns: list[SampledColumn], sizes: tuple[int, int], weights: list[Floats | None], /
) -> tuple[Points, tuple[int, ...]]:
    """Columns as points: numbers with a label for what is none, categories as codes of labels, rare ones as one.

    Args:
        columns: What to encode.
        sizes: Rows of either side.
        weights: Weights of the rows of either side.

    Returns:
        The points, and which columns of them are labels.
    """
    coded: list[Floats] = []
    labels = []
    for column in columns:
        if column.reading.image == "text":
            labels.append(len(coded))
            coded.append(_frequent(text_codes(column)[0]))
            continue
        values, kinds = column.numbers()
        finite = values[kinds == 0]
        coded.append(np.where(kinds == 0, values, np.median(finite) if len(finite) else 0.0))
        if kinds.any():
            labels.append(len(coded))
            coded.append(kinds.astype(np.float64))
    rows = np.stack(coded, axis=1)
    weighted = [None if own is None else own / own.sum() for own in weights]
    return Points(rows[: sizes[0]], rows[sizes[0] :], *weighted), tuple(labels)


def _frequent(codes: NDArray[np.intp]) -> Floats:
    """Codes with one for all rare values."""
    counts = np.bincount(codes)
    return np.where(counts[codes] < _RARE * len(codes), len(counts), codes).astype(np.float64)


def text_codes(column: SampledColumn, /) -> tuple[NDArray[np.intp], list[str | None]]:
    """Number of the text of each row, and the texts; NULL is one of them."""
    texts = np.array(["" if gone else f"+{text}" for text, gone in zip(column.values, column.missing, strict=True)])
    known, codes = np.unique(texts, return_inverse=True)
    return codes.astype(np.intp), [str(text)[1:] if text else None for text in known]


def _chosen(work: Work) -> tuple[list[ColumnPlan], list[ColumnResult], int]:
    pairs = [
        (plan, result)
        for plan, result in zip(work.plans, work.results, strict=True)
        if plan.reading is not None and plan.reading != UNSUPPORTED
    ]
    if not pairs:
        raise InputError("no column of both tables can be read: there are no whole rows to compare.")
    pairs.sort(key=lambda pair: -(pair[1].bits or 0.0))
    kept = pairs[:MOST_COLUMNS]
    return [plan for plan, _ in kept], [result for _, result in kept], len(pairs) - len(kept)


def _fetch(work: Work, plans: list[ColumnPlan], side: int, rows: int) -> Fetched:
    table = work.tables[side]
    wanted = [(plan.positions[side], plan.reading) for plan in plans if plan.reading is not None]
    if table.unit is not None:
        wanted.append((table.unit, CATEGORY))
    try:
        # Each side has hashes of its own, so that what both tables hold is not chosen in both or in neither.
        return table.sample(wanted, rows, f"{work.rules.seed}:{side}")
    except duckdb.Error as error:
        raise explain_engine_error(table.name, "a table", error) from None


def _usable(column: SampledColumn) -> bool:
    """Whether it says anything about the law of whole rows: no key, no constant."""
    if column.result.verdict in ("key", "constant"):
        return False
    if column.reading.image == "text":
        return len(text_codes(column)[1]) > 1
    values, kinds = column.numbers()
    return bool((values != values[0]).any() or (kinds != kinds[0]).any())


def _units(sides: list[Fetched]) -> NDArray[np.intp]:
    names = np.concatenate([side.columns[-1][0] for side in sides]).astype(str)
    return np.unique(names, return_inverse=True)[1].astype(np.intp)


def _shares(weights: Floats | None, size: int) -> Floats:
    return np.full(size, 1.0 / size) if weights is None else weights / weights.sum()
