"""`compare`: what was asked, checked, and handed to whoever answers it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._deeper import Deeper
from kullback.tables._two_tables import Request, compare_two, loaded
from kullback.tables.counts._alignment import Selection
from kullback.tables.counts._counting import Progress
from kullback.tables.engines._engine import resources_from
from kullback.tables.groups._one_table import compare_within
from kullback.tables.past._beside_past import Watch, compare_beside_past
from kullback.tables.profiles._profiling import named
from kullback.tables.sources._sources import Options
from kullback.tables.verdicts._margins import MARGIN, check_margin
from kullback.tables.verdicts._statistics import Rules


def compare(
    reference: Any = None,
    current: Any = None,
    *,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    where: str | None = None,
    weights: str | None = None,
    unit: str | Sequence[str] | None = None,
    split_by: str | None = None,
    reference_value: str | None = None,
    current_value: str | None = None,
    nulls: Sequence[str] = (),
    by: str | None = None,
    every: str | None = None,
    rolling: int | None = None,
    against: str | None = None,
    target: str | None = None,
    pairs: bool | int | Sequence[tuple[str, str]] = False,
    joint: bool = False,
    why: bool | int = False,
    history: Any = None,
    season: str | None = None,
    window: str | None = None,
    least_windows: int = 20,
    margin: float | Mapping[str, float] = MARGIN,
    alpha: float = 0.05,
    seed: int = 0,
    engine: str = "duckdb",
    master: str | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    r"""Which columns of two tables changed, by how many bits, how sure, and what did it.

    For every common column, D(current‖reference) in bits: the plug-in over its cells, a debiased figure with an
    interval, and a verdict against `margin` that keeps the false discovery rate over all columns at `alpha`. Rows are
    taken as independent, or, with `unit`, whole units of rows.

    Args:
        reference: What was expected: a path (CSV, Parquet, JSON lines, Arrow, a folder or glob of them,
            ``file.duckdb::table``), a data frame of pandas, polars, pyarrow or PySpark, a DuckDB relation, or a
            `Profile` or the path of a saved one.
        current: What happened: likewise. Left out where one table is split by `split_by` or parted by `by`.
        columns: Names or shell patterns of the columns to compare; all by default.
        exclude: Names or shell patterns of columns to leave out.
        roles: Column name to `category`, `numeric`, `key` or `ignore`, where the type says otherwise.
        where: SQL condition on rows, as in ``"distance > 500"``, for both tables.
        weights: Column of row weights in both tables; sizes are then Kish's effective ones.
        unit: Column whose values name what is independent where rows are not: days, users, stores, samples; or several
            columns that do so together. At least six units a side are needed. What both tables hold is compared with
            itself.
        split_by: Column by which one table is split in two.
        reference_value: Its value in the rows of the reference.
        current_value: Its value in the current rows; by default all that are not the reference.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.
        by: Column whose values part the rows into groups, each compared with the others; ``month(when)`` and the like
            part them into windows of time.
        every: Width of the windows of `by`: ``1d``, ``6h``, ``2w``, or a number for a column of numbers.
        rolling: So many windows are taken together, moved on by one.
        against: What groups or windows are held against: ``rest``, ``reference``, ``same``, ``previous`` or the value
            of a group.
        target: Column of which D(x, target) is split, for each column x, into shifts of either and of what binds them.
        pairs: Look for pairs of columns whose dependence changed: among all, among so many at most, or the given ones.
        joint: Also estimate the divergence of whole rows, on a sample of them.
        why: Also look for few segments of rows that hold the shift, so many at most (`Comparison.segments`).
        history: Past windows as the null: a folder of profiles, or a sequence of profiles or tables, oldest first.
        season: Compare with past windows of the same ``weekday``, ``hour`` or ``month`` alone.
        window: What the current window is called; its date tells the season. By default as its file is called.
        least_windows: Past figures among which today's must be ranked at least; with fewer, columns are inconclusive.
        margin: Bits up to which a column counts as similar; or a mapping of column names or shell patterns to bits,
            where ``"*"`` stands for all others (0.02 if it is not there).
        alpha: False discovery rate of *shifted* and one minus the confidence of the intervals.
        seed: Seed of the permutations.
        engine: What counts tables in files: ``duckdb``, ``spark`` or ``polars``; data frames are counted where they
            are. `where` is in the engine's own SQL.
        master: Where Spark runs: ``spark://host:7077``, ``local[2]``, ``sc://host:15002`` for Spark Connect; by default
            the session of this program, or this machine.
        threads: Threads, or cores of Spark, at most.
        memory_limit: Memory of the engine, as in ``"2GB"``.
        progress: Called as ``progress(done, total, column)`` while columns are counted.

    Returns:
        The columns worst first, with the verdict of the whole.

    Raises:
        InputError: If a table cannot be read, has no rows, or the two have no column in common.

    Note:
        Counting is exact. Time grows linearly with rows and columns, memory does not grow with rows. Two edges of
        neighboring cells are at most 0.0005 of the rows away from the quantile they stand for.

    References:
        Kullback and Leibler (1951); Benjamini and Hochberg (1995). How the verdict is made is a page of the
        documentation.

    Example:
        >>> import kullback as kl
        >>> before = {"plan": ["free"] * 900 + ["paid"] * 100}
        >>> after = {"plan": ["free"] * 600 + ["paid"] * 400}
        >>> import polars
        >>> comparison = kl.compare(polars.DataFrame(before), polars.DataFrame(after))
        >>> comparison["plan"].verdict, comparison["plan"].headline
        ('shifted', 'free 90 % → 60 %')
    """
    everywhere, own = check_margin(margin)
    _check_rules(alpha, seed)
    if unit is not None and not named(unit):
        raise InputError("unit names no column: give one, as in unit='day', or leave unit out.")
    deeper = Deeper(by, every, rolling, against, target, pairs, joint, why)
    deeper.check()
    request = Request(
        _selection(columns, exclude, roles, target),
        Options(where, weights, () if unit is None else named(unit), named(nulls)),
        Rules(everywhere, alpha, seed, margins=own),
        resources_from(engine, master, threads, memory_limit),
        _split(split_by, reference_value, current_value),
        deeper,
        progress,
    )
    if history is not None:
        if deeper.asked or unit is not None or split_by is not None:
            raise InputError("history is a null of its own: leave unit, split_by, by, target, pairs, joint, why out.")
        fixed = None if reference is None else compare_two(reference, current, replace(request, progress=None))
        watch = Watch(season, window, least_windows, request.rules, request.resources, fixed)
        return compare_beside_past(
            history, current, watch, selection=request.selection, options=request.options, progress=progress
        )
    if season is not None or window is not None:
        raise InputError("season and window say how past windows are looked at: give history= (--history DIR) too.")
    if by is not None and current is None and split_by is None:
        return compare_within(
            loaded(reference),
            request.options,
            request.selection,
            deeper.within(),
            request.rules,
            progress,
            resources=request.resources,
        )
    return compare_two(reference, current, request)


def _split(by: str | None, before: str | None, after: str | None) -> tuple[str, str | None, str | None] | None:
    if by is not None:
        return by, None if before is None else str(before), None if after is None else str(after)
    if before is not None or after is not None:
        raise InputError("reference_value and current_value need split_by, the column that holds them.")
    return None


def _selection(
    columns: Sequence[str] | None, exclude: Sequence[str], roles: Mapping[str, str] | None, target: str | None
) -> Selection:
    chosen = None if columns is None else named(columns)
    if chosen is not None and target is not None and target not in chosen:
        chosen = (*chosen, target)
    return Selection(chosen, named(exclude or ()), roles)


def _check_rules(alpha: float, seed: int) -> None:
    given: dict[str, tuple[object, type]] = {"alpha": (alpha, Real), "seed": (seed, Integral)}
    for name, (value, kind) in given.items():
        if isinstance(value, bool) or not isinstance(value, kind):
            raise InputError(f"{name} is {value!r}; it must be a {'whole ' if kind is Integral else ''}number.")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; it must lie between 0 and 1, as in 0.05.")
    if seed < 0:
        raise InputError(f"seed is {seed}; it must be a whole number, 0 or more.")
