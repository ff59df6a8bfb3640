"""Which column of one table belongs to which of the other, and how both are to be read."""

import fnmatch
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables._results import Structure
from kullback.tables.counts._counting import ColumnPlan
from kullback.tables.counts._reading import CATEGORY, NUMERIC_TEXT, UNSUPPORTED, Reading, common_reading, native_reading
from kullback.tables.engines._table import Column

ROLES = ("category", "numeric", "key", "ignore")


@dataclass(frozen=True)
class Selection:
    """Which columns to look at, and as what.

    Attributes:
        columns: Names or shell patterns to keep; None for all.
        exclude: Names or shell patterns to leave out.
        roles: Column name to `category`, `numeric`, `key` or `ignore`.
        known: Names of the tables at hand.
    """

    columns: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    roles: Mapping[str, str] | None = None
    known: frozenset[str] = frozenset()

    def checked(self, names: Iterable[str]) -> "Selection":
        """The selection for tables of these names; refuses names that no table has, and roles that do not exist."""
        known = list(dict.fromkeys(names))
        roles = dict(self.roles or {})
        patterns = (*(self.columns or ()), *self.exclude)
        for wanted in (*patterns, *roles):
            pattern = wanted in patterns and any(fnmatch.fnmatchcase(name, wanted) for name in known)
            if wanted not in known and not pattern:
                raise InputError(f"there is no column {wanted!r}. The tables have: {_listing(known)}.")
        for name, role in roles.items():
            if role not in ROLES:
                raise InputError(f"column {name!r} cannot be taken as {role!r}; use one of {', '.join(ROLES)}.")
        return replace(self, known=frozenset(known))

    def keeps(self, name: str) -> bool:
        """Whether a column is to be looked at."""
        if self.role(name) == "ignore" or any(self._takes(name, pattern) for pattern in self.exclude):
            return False
        return self.columns is None or any(self._takes(name, pattern) for pattern in self.columns)

    def _takes(self, name: str, pattern: str) -> bool:
        # What is the name of a column stands for it alone, even if it reads like a pattern.
        return name == pattern or (pattern not in self.known and fnmatch.fnmatchcase(name, pattern))

    def role(self, name: str) -> str | None:
        """What the user wants the column to be taken as."""
        return (self.roles or {}).get(name)


def align(
    reference: Sequence[Column], current: Sequence[Column], selection: Selection, /
) -> tuple[list[ColumnPlan], Structure]:
    """Pair the columns of two tables by name, a repeated name by its order of appearance."""
    left, right = _by_name(reference), _by_name(current)
    selection = selection.checked(column.name for column in (*reference, *current))
    plans, retyped, unsupported = [], [], []
    for shown, one in left.items():
        other = right.get(shown)
        if other is None or not selection.keeps(one.name):
            continue
        plan = _plan(shown, (one, other), selection.role(one.name))
        plans.append(plan)
        if plan.reading is None:
            retyped.append((shown, one.native, other.native))
        elif plan.reading == UNSUPPORTED:
            unsupported.append(shown)
    structure = Structure(
        added=tuple(name for name, column in right.items() if name not in left and selection.keeps(column.name)),
        removed=tuple(name for name, column in left.items() if name not in right and selection.keeps(column.name)),
        retyped=tuple(retyped),
        duplicated=tuple(dict.fromkeys((*_repeated(reference), *_repeated(current)))),
        unsupported=tuple(unsupported),
    )
    return plans, structure


def plan_one(columns: Sequence[Column], selection: Selection, /) -> list[ColumnPlan]:
    """What is to be counted of a table by itself."""
    selection = selection.checked(column.name for column in columns)
    kept = ((shown, column) for shown, column in _by_name(columns).items() if selection.keeps(column.name))
    return [_plan(shown, (column,), selection.role(column.name)) for shown, column in kept]


def _plan(shown: str, sides: tuple[Column, ...], role: str | None) -> ColumnPlan:
    natives = tuple(side.native for side in sides)
    readings = [native_reading(native) for native in natives]
    notes: list[str] = [note for side in sides for note in side.notes]
    reading: Reading | None = readings[0] or (None if len(sides) > 1 else CATEGORY)
    if len(sides) > 1:
        reading = common_reading(*readings)
    if UNSUPPORTED in readings:
        reading = UNSUPPORTED
        notes.append(
            Message(
                "values of type {types} are not compared: unnest them into columns first",
                types=", ".join(dict.fromkeys(natives)),
            )
        )
    elif role is not None:
        reading = _forced(role, readings, reading)
    if reading is None:
        notes.append(
            Message(
                "the type changed from {before} to {after}, so the values cannot be compared as they are; take both as "
                "text with --as {name}=category or as numbers with --as {name}=numeric",
                before=natives[0],
                after=natives[1],
                name=shown,
            )
        )
    elif len(set(natives)) > 1 and reading != UNSUPPORTED and "ENUM" not in "".join(natives):
        notes.append(
            Message(
                "{before} in the reference, {after} in the current table: compared as {common}",
                before=natives[0],
                after=natives[1],
                common=Message(_as_words(reading)),
            )
        )
    return ColumnPlan(
        shown,
        tuple(side.position for side in sides),
        natives,
        reading,
        role if role in ("key", "category", "numeric") else None,
        notes,
    )


def _forced(role: str, readings: Sequence[Reading | None], natural: Reading | None) -> Reading | None:
    if role == "category":
        return CATEGORY
    if role == "numeric":
        known = [reading for reading in readings if reading is not None]
        if natural is not None and natural.kind == "numeric":
            return natural
        if any(reading.kind not in ("numeric", "category", "boolean") for reading in known):
            return natural
        return NUMERIC_TEXT
    if natural is None or (
        natural.ordered and not (natural.kind == "numeric" and natural.image != "float" and not natural.scale)
    ):
        return CATEGORY
    return replace(natural, kind="category") if natural.image == "text" else natural


def _by_name(columns: Sequence[Column]) -> dict[str, Column]:
    taken = {column.name for column in columns}
    seen: Counter[str] = Counter()
    named: dict[str, Column] = {}
    for column in columns:
        seen[column.name] += 1
        shown = column.name
        while shown in named or (shown != column.name and shown in taken):
            shown = f"{column.name} ({seen[column.name]})" if shown == column.name else f"{shown}'"
        named[shown] = column
    return named


def _repeated(columns: Sequence[Column]) -> list[str]:
    return [name for name, count in Counter(column.name for column in columns).items() if count > 1]


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _as_words(reading: Reading) -> str:
    return (
        {"float": "64-bit floats", "int": "whole numbers", "huge": "exact whole numbers", "text": "text"}.get(
            reading.image, reading.kind
        )
        if reading.kind == "numeric"
        else reading.kind
    )
