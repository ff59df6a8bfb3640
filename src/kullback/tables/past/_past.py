"""Past windows: what they are called, when they were, and which of them today is held against."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from kullback._core import InputError
from kullback.tables.profiles._profile import Profile, is_profile_file

SEASONS = ("weekday", "hour", "month")
ALERTS_FILE = "alerts.json"
# The past of a window: so many windows before it at most and at least; with a season, of its own season.
POOL, _LEAST_POOL = 28, 7
SEASON_POOL, _LEAST_SEASON_POOL = 8, 2
# Among so many past figures today's is ranked, or more where alpha asks for it.
RANKED = 56
_WHEN = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T_ -]?(\d{2})(?:[:.h-]?(\d{2}))?(?!\d))?")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENDINGS = (".json", ".profile", ".gz", ".zst", ".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".arrow", ".feather")


@dataclass(frozen=True, eq=False)
class Window:
    """A past window.

    Attributes:
        name: What it is called.
        load: Gives its profile.
    """

    name: str
    load: Callable[[], Profile]


def windows_of(history: Any, make: Callable[[Any, Profile | None], Profile], /) -> list[Window]:
    """The windows of what the user calls history, oldest first.

    Args:
        history: A folder of profiles in the order of their names, or a sequence, or a mapping of names, of profiles,
            paths of them, or tables.
        make: Makes the profile of a table, on the cells of another profile if one is given.

    Raises:
        InputError: If it is none of these, or empty.
    """
    if isinstance(history, (str, Path)):
        return folder_windows(Path(history).expanduser())
    if isinstance(history, Mapping):
        named = [(_called(name), table) for name, table in history.items()]
    elif isinstance(history, Sequence):
        named = [("", table) for table in history]
    else:
        raise InputError(
            f"history is a {type(history).__name__}; it must be a folder of profiles, or a sequence or mapping of "
            "profiles or tables, oldest first."
        )
    windows: list[Window] = []
    grid: Profile | None = None
    for place, (name, table) in enumerate(named):
        profile = make(table, grid)
        grid = profile
        windows.append(Window(name or _own_name(profile, place), lambda profile=profile: profile))  # type: ignore[misc]
    return windows


def folder_windows(folder: Path, /) -> list[Window]:
    """The profiles of a folder, in the order of their names."""
    if not folder.is_dir():
        raise InputError(
            f"there is no folder {str(folder)!r} with a history: make one with kullback history {folder} TABLE."
        )
    files = sorted((path for path in folder.iterdir() if is_profile_file(path)), key=lambda path: path.name)
    return [Window(_stem(path.name), lambda path=path: Profile.load(path)) for path in files]  # type: ignore[misc]


def window_name(name: str | None, table: Any, profile: Profile | None = None, /) -> str:
    """What a window is called: as the user says, or as its file or its profile is."""
    if name is not None:
        return str(name)
    if isinstance(table, (str, Path)):
        return _stem(Path(table).name)
    return "current" if profile is None else _stem(Path(profile.name).name)


def _called(name: Any) -> str:
    return name.isoformat() if isinstance(name, date) else str(name)


def _own_name(profile: Profile, place: int) -> str:
    own = _stem(Path(profile.name).name)
    return own if when(own) is not None else f"{place + 1}"


def _stem(name: str) -> str:
    for ending in (*_ENDINGS, *_ENDINGS):
        name = name.removesuffix(ending)
    return name


def when(name: str, /) -> datetime | None:
    """The date, and the hour if there is one, in the name of a window."""
    found = _WHEN.search(name)
    if found is None:
        return None
    try:
        year, month, day, hour, minute = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute)  # noqa: DTZ001 - a name knows no zone
    except ValueError:
        return None


def season_of(name: str, season: str | None, /) -> str | None:
    """What windows of the same season share: the day of the week, the hour, or the month.

    Raises:
        InputError: If the season is unknown, or the name holds no date.
    """
    if season is None:
        return None
    if season not in SEASONS:
        raise InputError(f"season is {season!r}; it must be one of {', '.join(SEASONS)}.")
    time = when(name)
    if time is None:
        raise InputError(
            f"season={season!r} needs the date of every window, but the name {name!r} holds none: call windows by "
            "their date, as in 2013-05-01 or 2013-05-01T06 (window= or --window for the current one)."
        )
    if season == "weekday":
        return _WEEKDAYS[time.weekday()]
    return f"{time:%H}:00" if season == "hour" else f"{time:%B}"


def unit_of(names: Sequence[str], /) -> str:
    """What windows are: `days`, `hours`, `weeks`, `months`, or just `windows`, by the dates in their names."""
    times = [when(name) for name in names]
    known = [time for time in times if time is not None]
    if len(known) < max(len(names), 2):
        return "windows"
    step = median((after - before).total_seconds() for before, after in pairwise(known)) / 3600
    for unit, low, high in (("hours", 1, 1), ("days", 24, 24), ("weeks", 168, 168), ("months", 672, 744)):
        if low <= step <= high:
            return unit
    return "windows"


@dataclass(frozen=True)
class Choice:
    """Which windows are read, and who is held against whom.

    Attributes:
        places: Places of the windows that are read, ascending; today comes after them.
        pools: For each of `ranked` and then today, the places in `places` that are its past.
        ranked: Places, in `places`, of the past windows among which today is ranked.
        needed: Past windows that it takes until today can be ranked, and which are there.
    """

    places: list[int]
    pools: list[list[int]]
    ranked: list[int]

    @property
    def today(self) -> list[int]:
        """The past of today."""
        return self.pools[-1]


def choose(keys: Sequence[str | None], today: str | None, /, *, most: int) -> Choice:
    """Hold every window, and today, against the windows of its season before it.

    Args:
        keys: Season of each past window, oldest first; None throughout where there is none.
        today: Season of today.
        most: Past windows among which today is ranked at most.
    """
    size, least = (POOL, _LEAST_POOL) if today is None else (SEASON_POOL, _LEAST_SEASON_POOL)
    seen: dict[str | None, list[int]] = {}
    pools: list[tuple[int, list[int]]] = []
    for place, key in enumerate(keys):
        before = seen.setdefault(key, [])
        if len(before) >= least:
            pools.append((place, before[-size:]))
        before.append(place)
    own = seen.get(today, [])[-size:]
    chosen = pools[-most:] if len(own) >= least else []
    places = sorted({*own, *(place for place, _ in chosen), *(place for _, pool in chosen for place in pool)})
    index = {place: position for position, place in enumerate(places)}
    return Choice(
        places,
        [[index[place] for place in pool] for pool in (*(pool for _, pool in chosen), own)],
        [index[place] for place, _ in chosen],
    )


def windows_needed(season: str | None, least: int, /) -> str:
    """How many past windows it takes, in words."""
    if season is None:
        return f"{least + _LEAST_POOL}"
    return f"{least} windows that have {_LEAST_SEASON_POOL} of their own {season} before them"
