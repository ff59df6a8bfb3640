"""`compare` and `profile`: from what the user has to the answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables._alignment import Selection, align, plan_one
from kullback.tables._breakdown import break_down
from kullback.tables._columns import ColumnCounts
from kullback.tables._comparison import Comparison
from kullback.tables._conditional import split_by_target
from kullback.tables._counting import ColumnPlan, Progress, count_columns
from kullback.tables._dependence import changed_pairs
from kullback.tables._history import compare_with_history
from kullback.tables._leaves import Leaves, compressed
from kullback.tables._pairing import count_against, pair_profiles
from kullback.tables._profile import Profile, is_profile_file
from kullback.tables._results import Side, Structure
from kullback.tables._session import Session, quote_name, quote_text
from kullback.tables._sources import Options, explain_engine_error, is_path, open_tables
from kullback.tables._statistics import Rules, judge
from kullback.tables._table import Column, Table
from kullback.tables._units import UnitGroups, group_units
from kullback.tables._whole_rows import compare_rows
from kullback.tables._work import Work

# Cells of an ordered column that a profile keeps.
_PROFILE_CELLS = 256


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
    history: Any = None,
    season: str | None = None,
    margin: float = 0.02,
    alpha: float = 0.05,
    seed: int = 0,
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
        current: What happened: likewise. Left out where one table is split by `split_by`.
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
        joint: Also estimate the divergence of whole rows.
        history: Past windows as the null: a folder of profiles, or a sequence of profiles or tables, oldest first.
        season: Compare with past windows of the same ``weekday``, ``hour`` or ``month`` alone.
        margin: Bits up to which a column counts as similar.
        alpha: False discovery rate of *shifted* and one minus the confidence of the intervals.
        seed: Seed of the permutations.
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
    _check_rules(margin, alpha, seed)
    if history is not None:
        return compare_with_history(history, current, reference=reference, season=season)
    selection = Selection(None if columns is None else _texts(columns), _texts(exclude), roles)
    split = tuple(None if text is None else str(text) for text in (split_by, reference_value, current_value))
    units = () if unit is None else _texts(unit)
    if unit is not None and not units:
        raise InputError("unit names no column: give one, as in unit='day', or leave unit out.")
    reading = Options(where, weights, units, _texts(nulls))
    reference, current, options = _sides(reference, current, reading, split)
    if split_by is not None and split_by not in (selection.columns or ()):
        selection = replace(selection, exclude=(*selection.exclude, split_by))
    with Session() as session:
        left, right = _open_sides(session, (reference, current), options)
        groups = _group(left, right, units) if units else None
        if split_by is not None:
            left.name, right.name = _split_names(split_by, reference_value, current_value)  # type: ignore[misc]
        plans, structure = align(_columns(left), _columns(right), selection)
        if not plans:
            raise InputError(_nothing_in_common(left, right, structure))
        rules = Rules(margin, alpha, seed, (left.effective_rows / left.weight, right.effective_rows / right.weight))
        counted = _count_sides(left, right, plans, groups, progress)
        deeper = _Deeper(by, every, rolling, against, target, pairs, joint)
        columns_kept: list[ColumnCounts] = []
        results = judge(_kept(counted, columns_kept) if deeper.asked else counted, rules)
        found: dict[str, Any] = {}
        if deeper.asked:
            tables = _both_tables(left, right)
            found = deeper.look(
                Work(session, tables, tuple(plans), tuple(columns_kept), tuple(results), rules, groups, progress)
            )
    ranked = tuple(sorted(results, key=_worst_first))
    units_said = None if groups is None else groups.units
    sides = _side(left, weights), _side(right, weights)
    return replace(Comparison(*sides, ranked, structure, margin, alpha, seed, units_said), **found)


@dataclass(frozen=True)
class _Deeper:
    """What is asked beside the columns one by one."""

    by: str | None
    every: str | None
    rolling: int | None
    against: str | None
    target: str | None
    pairs: bool | int | Sequence[tuple[str, str]]
    joint: bool

    @property
    def asked(self) -> bool:
        return self.by is not None or self.target is not None or bool(self.pairs) or self.joint

    def look(self, work: Work) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.by is not None:
            found["by"] = break_down(work, self.by, every=self.every, rolling=self.rolling, against=self.against)
        if self.target is not None:
            found["target"] = split_by_target(work, self.target)
        if self.pairs:
            found["pairs"] = changed_pairs(work, self.pairs)
        if self.joint:
            found["joint"] = compare_rows(work)
        return found


def _kept(counted: Iterable[ColumnCounts], kept: list[ColumnCounts]) -> Iterator[ColumnCounts]:
    for column in counted:
        kept.append(_compress(column))
        yield column


def _both_tables(left: Table | Profile, right: Table | Profile) -> tuple[Table, Table]:
    if isinstance(left, Profile) or isinstance(right, Profile):
        raise InputError(
            "a profile holds counts of single columns, no rows: by, target, pairs and joint need both tables "
            "themselves."
        )
    return left, right


def profile(
    table: Any,
    /,
    *,
    like: Profile | str | Path | None = None,
    columns: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    roles: Mapping[str, str] | None = None,
    where: str | None = None,
    weights: str | None = None,
    nulls: Sequence[str] = (),
    progress: Progress | None = None,
) -> Profile:
    """What is kept of a table: counts by cells for every column, without its rows.

    Args:
        table: As in `compare`.
        like: A profile on whose cells the table is counted, so that the two can be compared without any rows.
        columns: Names or shell patterns of the columns to keep; all by default.
        exclude: Names or shell patterns of columns to leave out.
        roles: Column name to `category`, `numeric`, `key` or `ignore`.
        where: SQL condition on rows.
        weights: Column of row weights.
        nulls: Texts that stand for NULL in CSV files, besides the empty field.
        progress: Called as ``progress(done, total, column)`` while columns are counted.

    Returns:
        The profile; save it with `Profile.save` and compare any later table with it.

    Raises:
        InputError: If the table cannot be read or has no rows.

    Example:
        >>> import kullback as kl, polars
        >>> kept = kl.profile(polars.DataFrame({"x": range(1000)}), roles={"x": "numeric"})
        >>> kl.compare(kept, polars.DataFrame({"x": range(500, 1000)}))["x"].verdict
        'shifted'
    """
    selection = Selection(None if columns is None else _texts(columns), _texts(exclude), roles)
    stored = like if isinstance(like, Profile) or like is None else Profile.load(like)
    with Session() as session:
        (opened,) = open_tables(session, [(table, Options(where, weights, nulls=_texts(nulls)), "table")])
        if opened.rows == 0:
            raise InputError(f"{opened.name!r} has no rows: nothing to profile.")
        if stored is None:
            plans = plan_one(opened.columns, selection)
        else:
            plans, _ = align(_columns(stored), opened.columns, selection)
        if not plans:
            wanted = "" if stored is None else f" that the profile {stored.name!r} has too"
            raise InputError(f"no column of {opened.name!r}{wanted} is left to profile.")
        try:
            if stored is None:
                counted = [_compress(column) for column in count_columns((opened,), plans, progress=progress)]
            else:
                paired = count_against(stored.columns, opened, plans, progress=progress)
                counted = [_second_side(column) for column in paired]
        except duckdb.Error as error:
            raise explain_engine_error(opened.name, "a table", error) from None
        return Profile(opened.name, opened.rows, opened.weight, opened.effective_rows, tuple(counted))


def _texts(given: Sequence[str] | str) -> tuple[str, ...]:
    """One text is meant as one, not as its letters."""
    return (given,) if isinstance(given, str) else tuple(str(name) for name in given)


def _open_sides(session: Session, given: tuple[Any, Any], options: tuple[Options, Options]) -> list[Table | Profile]:
    """Profiles as they are, everything else opened; no side may be empty."""
    sources = zip(given, options, ("reference", "current"), strict=True)
    opened = iter(open_tables(session, [source for source in sources if not isinstance(source[0], Profile)]))
    sides = [side if isinstance(side, Profile) else next(opened) for side in given]
    for side, option in zip(sides, options, strict=True):
        if side.rows == 0:
            which = " that meet the condition" if option.condition else ""
            raise InputError(f"{side.name!r} has no rows{which}: nothing to compare.")
    return sides


def _group(left: Table | Profile, right: Table | Profile, unit: tuple[str, ...]) -> UnitGroups:
    if isinstance(left, Profile) or isinstance(right, Profile):
        raise InputError(
            "a profile holds no units, only counts of rows: with unit, give both tables themselves, or leave unit out."
        )
    return group_units(left, right, unit)


def _count_sides(
    left: Table | Profile,
    right: Table | Profile,
    plans: Sequence[ColumnPlan],
    groups: UnitGroups | None,
    progress: Progress | None,
) -> Iterator[ColumnCounts]:
    if isinstance(right, Profile):
        if isinstance(left, Profile):
            yield from pair_profiles(left.columns, right.columns, plans)
            return
        raise InputError(
            "the current side is a profile but the reference is a table. Profile the reference too, or swap the two: a "
            "profile stands for the reference, and the current table is counted on its cells."
        )
    try:
        if isinstance(left, Profile):
            yield from count_against(left.columns, right, plans, progress=progress)
        else:
            yield from count_columns((left, right), plans, groups=groups, progress=progress)
    except duckdb.Error as error:
        names = " or ".join(repr(side.name) for side in (left, right) if not isinstance(side, Profile))
        raise explain_engine_error(names, "a table", error) from None


def _check_rules(margin: float, alpha: float, seed: int) -> None:
    given: dict[str, tuple[object, type]] = {"margin": (margin, Real), "alpha": (alpha, Real), "seed": (seed, Integral)}
    for name, (value, kind) in given.items():
        if isinstance(value, bool) or not isinstance(value, kind):
            raise InputError(f"{name} is {value!r}; it must be a {'whole ' if kind is Integral else ''}number.")
    if not 0 <= margin < float("inf"):
        raise InputError(f"margin is {margin}; it must be a finite number of bits, 0 or more.")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; it must lie between 0 and 1, as in 0.05.")
    if seed < 0:
        raise InputError(f"seed is {seed}; it must be a whole number, 0 or more.")


def _sides(
    reference: Any, current: Any, options: Options, split: tuple[str | None, ...]
) -> tuple[Any, Any, tuple[Options, Options]]:
    by, before, after = split
    if by is None:
        if before is not None or after is not None:
            raise InputError("reference_value and current_value need split_by, the column that holds them.")
        if current is None:
            raise InputError("one table came where two are needed: give the current table, or split one with split_by.")
        return _maybe_profile(reference), _maybe_profile(current), (options, options)
    if current is not None:
        raise InputError("split_by splits one table in two, but two came. Leave one of them out.")
    if isinstance(_maybe_profile(reference), Profile):
        raise InputError("a profile has no rows to split: give the table itself.")
    if before is None:
        raise InputError(f"split_by={by!r} needs reference_value, the value of the rows that are the reference.")
    column = f"CAST({quote_name(by)} AS VARCHAR)"
    conditions = (
        f"{column} = {quote_text(before)}",
        f"{column} = {quote_text(after)}" if after is not None else f"{column} IS DISTINCT FROM {quote_text(before)}",
    )
    split_options = [replace(options, split=(by, condition)) for condition in conditions]
    return reference, reference, (split_options[0], split_options[1])


def _split_names(by: str, before: str | None, after: str | None) -> tuple[str, str]:
    return f"{by} = {before}", f"{by} = {after}" if after is not None else f"{by} ≠ {before}"


def _maybe_profile(source: Any) -> Any:
    if is_path(source) and is_profile_file(Path(source).expanduser()):
        return Profile.load(source)
    return source


def _columns(side: Table | Profile) -> tuple[Column, ...]:
    if isinstance(side, Profile):
        return tuple(Column(place, column.name, column.natives[0]) for place, column in enumerate(side.columns))
    return side.columns


def _side(side: Table | Profile, weights: str | None) -> Side:
    return Side(side.name, side.rows, side.effective_rows if weights else None)


def _nothing_in_common(left: Table | Profile, right: Table | Profile, structure: Structure) -> str:
    names = [", ".join(repr(column.name) for column in _columns(side)[:10]) or "no columns" for side in (left, right)]
    if structure.added or structure.removed:
        return f"the tables have no column in common: {left.name!r} has {names[0]}, {right.name!r} has {names[1]}."
    return f"no column is left to compare: {left.name!r} has {names[0]}; columns and exclude leave none of them."


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2, "key": 3, "undefined": 4, "constant": 5}


def _worst_first(result: Any) -> tuple[int, float, float, str]:
    bits = result.bits if result.bits is not None else -1.0
    # Among infinite ones the lower bound says which is worse.
    low = result.interval[0] if result.interval else -1.0
    return (_ORDER[result.verdict], -(low if bits == float("inf") else bits), -bits, result.name)


def _compress(column: ColumnCounts) -> ColumnCounts:
    if isinstance(column.body, Leaves):
        return replace(column, body=compressed(column.body, _PROFILE_CELLS))
    return column


def _second_side(column: ColumnCounts) -> ColumnCounts:
    body: Any = column.body
    if body is not None:
        body = body.side(1)
    return replace(column, natives=column.natives[1:], body=body)
