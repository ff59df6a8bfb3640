"""Today beside past windows: history as the null.

Rows are rarely independent, and windows differ by more than chance alone would make them differ. So the past says how
much: every past window is held against the windows before it, today against those before today, and today's figure is
ranked among the past ones. A drift that all windows share moves all figures alike, and raises no alarm.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError
from kullback.inference import joint_rank_p_values, rank_p_value
from kullback.tables._comparison import Comparison
from kullback.tables._messages import Message
from kullback.tables._results import ColumnResult, Side, Structure, Verdict, short_bits
from kullback.tables.counts._categories import Categories
from kullback.tables.counts._columns import ColumnCounts
from kullback.tables.counts._leaves import Leaves
from kullback.tables.past._history_results import HistoryColumn, HistoryResult, State
from kullback.tables.past._past import RANKED, Choice, Window, choose, season_of, unit_of, when, windows_needed
from kullback.tables.past._past_figures import past_figures
from kullback.tables.profiles._merging import merged, stacked
from kullback.tables.profiles._profile import Profile
from kullback.tables.verdicts._statistics import BIT, Rules, judge


@dataclass(frozen=True, eq=False)
class Today:
    """The current window, and how it is to be judged.

    Attributes:
        name: What it is called.
        profile: Its counts.
        structure: How its columns differ from those of the last past window.
        season: `weekday`, `hour` or `month`, or None.
        least: Past figures that it takes to rank today's.
        open_since: For columns with an open alert, the window in which it began.
        fixed: The same table beside a fixed reference.
    """

    name: str
    profile: Profile
    structure: Structure
    season: str | None
    least: int
    open_since: Mapping[str, str]
    fixed: Comparison | None


@dataclass(frozen=True, eq=False)
class _Ranked:
    """A column before the columns are looked at together."""

    pair: ColumnCounts
    bits: float | None = None
    past: NDArray[np.float64] | None = None
    names: tuple[str, ...] = ()
    left_out: int = 0
    trouble: str = ""


def compare_with_history(windows: Sequence[Window], today: Today, /, *, rules: Rules) -> Comparison:
    """Hold today's window against past ones.

    Args:
        windows: The past, oldest first.
        today: The current window.
        rules: The level, and the margins for information.
    """
    windows = _before(windows, today.name)
    if not windows:
        raise InputError(
            f"the history holds no window before {today.name!r}: keep at least "
            f"{windows_needed(today.season, today.least)} first (kullback history DIR TABLE...)."
        )
    past = _Past(windows, today, rules.alpha)
    ranked = [past.rank(column.name) for column in today.profile.columns]
    pool = past.pool()
    factors = pool.effective_rows / pool.weight, today.profile.effective_rows / today.profile.weight
    judged = judge([column.pair for column in ranked], replace(rules, factors=factors))
    together = _together(ranked, today.least)
    results, records = [], []
    for column, result in zip(ranked, judged, strict=True):
        record = None
        if result.verdict not in ("key", "constant", "undefined"):
            record = past.record(column, result, together.get(result.name))
        results.append(_with_rank(result, record))
        records.append(record)
    order = sorted(range(len(results)), key=lambda place: _most_unusual_first(results[place], records[place]))
    shown = tuple(record for place in order if (record := records[place]) is not None)
    return Comparison(
        Side(pool.name, pool.rows),
        Side(today.name, today.profile.rows),
        tuple(results[place] for place in order),
        today.structure,
        rules.margin,
        rules.alpha,
        rules.seed,
        history=past.result(shown),
    )


def _before(windows: Sequence[Window], today: str) -> list[Window]:
    """The windows that are past: not today itself, nor what came after it."""
    now = when(today)
    kept = []
    for window in windows:
        then = when(window.name)
        if window.name != today and (now is None or then is None or then < now):
            kept.append(window)
    return kept


class _Past:
    """The past windows: each is read once, and only if it is needed."""

    def __init__(self, windows: Sequence[Window], today: Today, alpha: float) -> None:
        self._windows = windows
        self._today = today
        self._alpha = alpha
        self._keys = [season_of(window.name, today.season) for window in windows]
        self._key = season_of(today.name, today.season)
        self._loaded: dict[int, Profile] = {}
        # No fewer figures could reach alpha; of more, the last ones are taken.
        self._least = max(today.least, math.ceil(1 / alpha - 1e-9) - 1)
        self._most = max(RANKED, 3 * self._least if self._least > today.least else 0)

    def rank(self, name: str) -> _Ranked:
        """Today's figure of a column and the past ones."""
        open_since = self._today.open_since.get(name)
        places = [place for place, window in enumerate(self._windows) if not _left_out(window.name, open_since)]
        columns = {column.name: column for column in self._today.profile.columns}
        mine = _alone(self._today.profile, columns[name])
        try:
            return self._rank(name, places, mine)
        except InputError as error:
            nothing = ColumnCounts(name, (columns[name].natives[0],) * 2, None, None, [str(error)])
            return _Ranked(nothing, trouble=str(error))

    def _rank(self, name: str, places: list[int], mine: Profile) -> _Ranked:
        choice = self._choose(places)
        held = [(place, self._column(places[place], name)) for place in choice.places]
        if any(profile is None for _, profile in held):
            # A column that is younger than the history has the windows since it came.
            places = [place for place in places if self._column(place, name) is not None]
            choice = self._choose(places)
            held = [(place, self._column(places[place], name)) for place in choice.places]
        profiles = [profile for _, profile in held if profile is not None]
        if not choice.today:
            raise InputError(f"no past window has a column {name!r}")
        pair = stacked([merged([profiles[place] for place in choice.today]), mine])[0]
        left_out = len(self._windows) - len(places)
        if not isinstance(pair.body, (Leaves, Categories)):
            return _Ranked(pair, left_out=left_out)
        figures = past_figures(stacked([*profiles, mine])[0], [*profiles, mine], choice) / BIT
        names = [self._windows[places[choice.places[place]]].name for place in choice.ranked]
        kept = np.flatnonzero(~np.isnan(figures[:-1]))
        bits = None if math.isnan(figures[-1]) else float(figures[-1])
        return _Ranked(pair, bits, figures[kept], tuple(names[place] for place in kept), left_out)

    def _choose(self, places: list[int]) -> Choice:
        choice = choose([self._keys[place] for place in places], self._key, most=self._most)
        if choice.today:
            return choice
        # The first window of its season has no past of its own, and is shown beside the last ones of any.
        return choose([None] * len(places), None, most=0)

    def _column(self, place: int, name: str) -> Profile | None:
        profile = self._loaded.get(place)
        if profile is None:
            profile = self._loaded[place] = self._windows[place].load()
        return next((_alone(profile, column) for column in profile.columns if column.name == name), None)

    def pool(self) -> Profile:
        """The past of today as one, for what is said of the table."""
        choice = self._choose(list(range(len(self._windows))))
        profiles = [
            self._loaded.get(choice.places[place]) or self._windows[choice.places[place]].load()
            for place in choice.today
        ]
        names = self._pool_names(choice)
        called = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]} ({len(names)} windows)"
        sizes = [sum(getattr(profile, field) for profile in profiles) for field in ("rows", "weight", "effective_rows")]
        return Profile(called, int(sizes[0]), float(sizes[1]), float(sizes[2]), ())

    def _pool_names(self, choice: Choice) -> list[str]:
        return [self._windows[choice.places[place]].name for place in choice.today]

    def record(self, column: _Ranked, result: ColumnResult, p_adjusted: float | None) -> HistoryColumn:
        """What is said of a column."""
        past = np.zeros(0) if column.past is None else column.past
        enough = len(past) >= self._least and column.bits is not None
        p_value = percentile = None
        state: State = "undecided"
        if enough and column.bits is not None:
            p_value = rank_p_value(past, column.bits)
            percentile = float(100 * (past < column.bits).mean())
            state = "unusual" if p_value <= self._alpha else "normal"
        return HistoryColumn(
            result.name,
            state,
            column.bits,
            percentile,
            p_value,
            p_adjusted if enough else None,
            tuple(past.tolist()),
            column.names,
            column.left_out,
            self._summary(column, state, percentile),
            self._beside(result.name),
        )

    def _summary(self, column: _Ranked, state: State, percentile: float | None) -> str:
        if column.bits is None:
            return Message("no figure: the window or its past holds no row")
        bits = short_bits(column.bits)
        unit = unit_of([window.name for window in self._windows])
        if percentile is None:
            return Message(
                "{bits} bits; needs at least {needed} past {unit}, has {count}",
                bits=bits,
                needed=windows_needed(self._today.season, self._least),
                unit=Message(unit),
                count=f"{len(self._windows) - column.left_out}",
            )
        return Message(
            "{bits} bits, {rank} percentile of {count} {unit}, {state}",
            bits=bits,
            rank=Message(_ORDINALS[_ending(round(percentile))], number=f"{round(percentile)}"),
            count=f"{len(column.names)}",
            unit=Message(unit),
            state=Message(state),
        )

    def _beside(self, name: str) -> ColumnResult | None:
        fixed = self._today.fixed
        return next((column for column in fixed.columns if column.name == name), None) if fixed else None

    def result(self, columns: tuple[HistoryColumn, ...]) -> HistoryResult:
        """What is said of the table."""
        decided = [column for column in columns if column.p_value is not None]
        adjusted = [column.p_adjusted for column in decided if column.p_adjusted is not None]
        fixed = self._today.fixed
        return HistoryResult(
            self._today.name,
            len(self._windows),
            unit_of([window.name for window in self._windows]),
            tuple(self._pool_names(self._choose(list(range(len(self._windows)))))),
            self._today.season,
            self._key,
            self._least,
            sum(_level(len(column.past), self._alpha) for column in decided),
            min(adjusted, default=None),
            None if fixed is None else fixed.reference.name,
            columns,
        )


_ORDINALS = {"th": "{number}th", "st": "{number}st", "nd": "{number}nd", "rd": "{number}rd"}


def _ending(number: int) -> str:
    return "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _level(figures: int, alpha: float) -> float:
    """The chance that a window like all others is unusual: ranks are whole."""
    return math.floor(alpha * (figures + 1) + 1e-9) / (figures + 1)


def _left_out(name: str, open_since: str | None) -> bool:
    if open_since is None:
        return False
    then, since = when(name), when(open_since)
    return name >= open_since if then is None or since is None else then >= since


def _alone(profile: Profile, column: ColumnCounts) -> Profile:
    return Profile(profile.name, profile.rows, profile.weight, profile.effective_rows, (column,))


def _together(columns: Sequence[_Ranked], least: int) -> dict[str, float]:
    """p-values with regard to all columns at once, on the windows that all of them have."""
    usable = [column for column in columns if column.past is not None and column.bits is not None]
    usable = [column for column in usable if len(column.names) >= least]
    if not usable:
        return {}
    common = set.intersection(*(set(column.names) for column in usable))
    if len(common) < least:
        return {}
    past = np.array(
        [
            [figure for figure, name in zip(_past_of(column), column.names, strict=True) if name in common]
            for column in usable
        ]
    )
    p_values = joint_rank_p_values(past, np.array([column.bits for column in usable], dtype=np.float64))
    return {column.pair.name: float(p) for column, p in zip(usable, p_values, strict=True)}


def _past_of(column: _Ranked) -> list[float]:
    return [] if column.past is None else column.past.tolist()


def _with_rank(result: ColumnResult, record: HistoryColumn | None) -> ColumnResult:
    """The figures of a column beside its past, with the verdict of the ranks in place of that of the rows."""
    if record is None:
        return result
    verdicts: dict[State, Verdict] = {"normal": "similar", "unusual": "shifted", "undecided": "inconclusive"}
    headline = record.summary
    if record.state == "unusual" and result.headline:
        headline = Message("{summary}: {change}", summary=record.summary, change=result.headline)
    return replace(
        result,
        verdict=verdicts[record.state],
        interval=None,
        margin=None,
        p_value=record.p_value,
        p_margin=None,
        p_adjusted=None,
        could_have_seen=None,
        design_effect=None,
        headline=headline,
    )


_ORDER = {"shifted": 0, "inconclusive": 1, "similar": 2, "key": 3, "undefined": 4, "constant": 5}


def _most_unusual_first(result: ColumnResult, record: HistoryColumn | None) -> tuple[int, float, float, str]:
    if record is None:
        return _ORDER[result.verdict], 0.0, 0.0, result.name
    p_value = 1.0 if record.p_value is None else record.p_value
    joint = 1.0 if record.p_adjusted is None else record.p_adjusted
    return _ORDER[result.verdict], p_value, joint, result.name
