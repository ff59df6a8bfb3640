"""`compare`: from what the user has to the answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import duckdb

from kullback._core import InputError
from kullback.tables._comparison import Comparison
from kullback.tables._results import ColumnResult, Side, Structure
from kullback.tables._work import Work
from kullback.tables.counts._alignment import Selection, align
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._counting import ColumnPlan, Progress, count_columns
from kullback.tables.counts._units import UnitGroups, group_units
from kullback.tables.engines._engine import resources_from
from kullback.tables.engines._engines import open_session
from kullback.tables.engines._session import Session
from kullback.tables.engines._table import Table
from kullback.tables.groups._breakdown import break_down
from kullback.tables.groups._one_table import Parting, compare_within
from kullback.tables.pairs._conditional import split_by_target
from kullback.tables.pairs._dependence import changed_pairs
from kullback.tables.past._beside_past import Watch, compare_beside_past
from kullback.tables.profiles._held_pairs import Beside, changed_held, split_held
from kullback.tables.profiles._pairing import count_against, count_before, pair_profiles
from kullback.tables.profiles._profile import Profile, is_profile_file
from kullback.tables.profiles._profiling import columns_of, kept_column, named
from kullback.tables.rows._row_sample import judge_rows
from kullback.tables.rows._segments import MOST, check_most, explain_rows
from kullback.tables.rows._whole_rows import joint_shift
from kullback.tables.sources._sources import Options, Split, explain_count_error, is_path, open_tables
from kullback.tables.verdicts._margins import MARGIN, check_margin, resolve_margins
from kullback.tables.verdicts._statistics import Rules, judge

# The same comparison beside a fixed reference alone.
_WITHOUT_PAST: Mapping[str, Any] = {"history": None, "season": None, "window": None, "progress": None}


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
    given = dict(locals())
    again = partial(_segments_again, given)
    margin, own = check_margin(margin)
    _check_rules(alpha, seed)
    resources = resources_from(engine, master, threads, memory_limit)
    selection = _selection(columns, exclude, roles, target)
    split = tuple(None if text is None else str(text) for text in (split_by, reference_value, current_value))
    units = () if unit is None else named(unit)
    if unit is not None and not units:
        raise InputError("unit names no column: give one, as in unit='day', or leave unit out.")
    reading = Options(where, weights, units, named(nulls))
    deeper = _Deeper(by, every, rolling, against, target, pairs, joint, why)
    deeper.check()
    if history is not None:
        if deeper.asked or unit is not None or split_by is not None:
            raise InputError("history is a null of its own: leave unit, split_by, by, target, pairs, joint, why out.")
        fixed = None if reference is None else compare(**{**given, **_WITHOUT_PAST})
        watch = Watch(season, window, least_windows, Rules(margin, alpha, seed), resources, fixed)
        return compare_beside_past(history, current, watch, selection=selection, options=reading, progress=progress)
    if season is not None or window is not None:
        raise InputError("season and window say how past windows are looked at: give history= (--history DIR) too.")
    if by is not None and current is None and split_by is None:
        rules = Rules(margin, alpha, seed, margins=own)
        return compare_within(
            _maybe_profile(reference), reading, selection, deeper.within(), rules, progress, resources=resources
        )
    reference, current, options = _sides(reference, current, reading, split)
    if split_by is not None and split_by not in (selection.columns or ()):
        selection = replace(selection, exclude=(*selection.exclude, split_by))
    with open_session(resources) as session:
        left, right = _open_sides(session, (reference, current), options)
        groups = _group(left, right, units) if units else None
        if split_by is not None:
            left.name, right.name = _split_names(split_by, reference_value, current_value)  # type: ignore[misc]
        plans, structure = align(columns_of(left), columns_of(right), selection)
        if not plans:
            raise InputError(_nothing_in_common(left, right, structure))
        factors = left.effective_rows / left.weight, right.effective_rows / right.weight
        names = [column.name for column in (*columns_of(left), *columns_of(right))] + [plan.name for plan in plans]
        rules = Rules(margin, alpha, seed, factors, resolve_margins(own, names))
        counted = _count_sides(left, right, plans, groups, progress)
        columns_kept: list[ColumnCounts] = []
        results = judge(_kept(counted, columns_kept) if deeper.asked else counted, rules)
        found: dict[str, Any] = {}
        if deeper.asked:
            in_hand = tuple(plans), tuple(columns_kept), tuple(results), rules
            found = _look_deeper(deeper, session, (left, right), in_hand, groups, progress)
    ranked = tuple(sorted(results, key=_worst_first))
    units_said = None if groups is None else groups.units
    sides = _side(left, weights), _side(right, weights)
    return replace(Comparison(*sides, ranked, structure, margin, alpha, seed, units_said), **found, again=again)


def _selection(
    columns: Sequence[str] | None, exclude: Sequence[str], roles: Mapping[str, str] | None, target: str | None
) -> Selection:
    chosen = None if columns is None else named(columns)
    if chosen is not None and target is not None and target not in chosen:
        chosen = (*chosen, target)
    return Selection(chosen, named(exclude or ()), roles)


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
    why: bool | int

    def check(self) -> None:
        """Refuse what has nothing to stand on."""
        alone = {"every": self.every, "rolling": self.rolling, "against": self.against}
        if self.by is None:
            for name, value in ((name, value) for name, value in alone.items() if value is not None):
                raise InputError(f"{name}={value!r} says how rows are parted, but not by what: give by, a column, too.")
        if self.pairs == 0 and not isinstance(self.pairs, bool):
            raise InputError("pairs is 0; give True, a number of pairs from 1 on, or a list of pairs of names.")

    @property
    def asked(self) -> bool:
        return self.by is not None or self.target is not None or bool(self.pairs or self.joint or self.why)

    def within(self) -> Parting:
        """What is asked of one table."""
        given = {"target": self.target is not None, "pairs": self.pairs, "joint": self.joint, "why": self.why}
        for name in (name for name, asked in given.items() if asked):
            raise InputError(f"{name} compares two tables, but one came: give the other too, or leave {name} out.")
        return Parting(str(self.by), self.every, self.rolling, self.against)

    def look(self, work: Work) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.by is not None:
            found["by"] = break_down(work, self.by, every=self.every, rolling=self.rolling, against=self.against)
        if self.target is not None:
            found["target"] = split_by_target(work, self.target)
        if self.pairs:
            found["pairs"] = changed_pairs(work, self.pairs)
        if self.joint or self.why:
            most = MOST if self.why is True else check_most(self.why or MOST)
            rows = judge_rows(work)
            found["joint"] = joint_shift(rows)
            if self.why:
                found["why"] = explain_rows(rows, most)
        return found

    def look_beside(self, held: Beside) -> dict[str, Any]:
        """What profiles can tell: of the pairs of columns that they hold."""
        if self.by is not None or self.joint or self.why:
            raise InputError(
                "a profile holds counts of columns and of pairs of them, no rows: by, joint and why need both tables "
                "themselves."
            )
        found: dict[str, Any] = {}
        if self.target is not None:
            found["target"] = split_held(held, self.target)
        if self.pairs:
            found["pairs"] = changed_held(held, self.pairs)
        return found


def _segments_again(given: dict[str, Any], most: int) -> Any:
    """The segments of a comparison, from the tables that were given."""
    left_out = {"by": None, "target": None, "pairs": False, "joint": False, "progress": None}
    return compare(**(given | left_out | {"why": most})).why


def _look_deeper(
    deeper: _Deeper,
    session: Session,
    sides: tuple[Table | Profile, Table | Profile],
    in_hand: tuple[tuple[ColumnPlan, ...], tuple[ColumnCounts, ...], tuple[ColumnResult, ...], Rules],
    groups: UnitGroups | None,
    progress: Progress | None,
) -> dict[str, Any]:
    left, right = sides
    if isinstance(left, Profile) or isinstance(right, Profile):
        return deeper.look_beside(Beside(sides, *in_hand))
    return deeper.look(Work(session, (left, right), *in_hand, groups, progress))


def _kept(counted: Iterable[ColumnCounts], kept: list[ColumnCounts]) -> Iterator[ColumnCounts]:
    for column in counted:
        kept.append(kept_column(column))
        yield column


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
    try:
        if isinstance(left, Profile):
            if isinstance(right, Profile):
                yield from pair_profiles(left.columns, right.columns, plans)
            else:
                yield from count_against(left.columns, right, plans, progress=progress)
        elif isinstance(right, Profile):
            yield from count_before(right.columns, left, plans, progress=progress)
        else:
            yield from count_columns((left, right), plans, groups=groups, progress=progress)
    except duckdb.Error as error:
        raise explain_count_error([side for side in (left, right) if not isinstance(side, Profile)], error) from None


def _check_rules(alpha: float, seed: int) -> None:
    given: dict[str, tuple[object, type]] = {"alpha": (alpha, Real), "seed": (seed, Integral)}
    for name, (value, kind) in given.items():
        if isinstance(value, bool) or not isinstance(value, kind):
            raise InputError(f"{name} is {value!r}; it must be a {'whole ' if kind is Integral else ''}number.")
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
    sides = Split(by, before, equal=True), Split(by, before if after is None else after, equal=after is not None)
    split_options = [replace(options, split=side) for side in sides]
    return reference, reference, (split_options[0], split_options[1])


def _split_names(by: str, before: str | None, after: str | None) -> tuple[str, str]:
    return f"{by} = {before}", f"{by} = {after}" if after is not None else f"{by} ≠ {before}"


def _maybe_profile(source: Any) -> Any:
    if is_path(source) and is_profile_file(Path(source).expanduser()):
        return Profile.load(source)
    return source


def _side(side: Table | Profile, weights: str | None) -> Side:
    return Side(side.name, side.rows, side.effective_rows if weights else None)


def _nothing_in_common(left: Table | Profile, right: Table | Profile, structure: Structure) -> str:
    names = [", ".join(repr(column.name) for column in columns_of(side)[:10]) or "no columns" for side in (left, right)]
    if structure.added or structure.removed:
        return f"the tables have no column in common: {left.name!r} has {names[0]}, {right.name!r} has {names[1]}."
    return f"no column is left to compare: {left.name!r} has {names[0]}; columns and exclude leave none of them."


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2, "key": 3, "undefined": 4, "constant": 5}


def _worst_first(result: Any) -> tuple[int, float, float, str]:
    bits = result.bits if result.bits is not None else -1.0
    # Among infinite ones the lower bound says which is worse.
    low = result.interval[0] if result.interval else -1.0
    return (_ORDER[result.verdict], -(low if bits == float("inf") else bits), -bits, result.name)
