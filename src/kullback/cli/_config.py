"""`kullback.toml`: the options of a command kept in a file, each checked before anything is read."""

import difflib
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from kullback import InputError
from kullback._core import printable
from kullback.cli._fail_on import TRIGGERS
from kullback.cli._formats import FORMATS, LANGUAGES
from kullback.tables.engines._engine import ENGINES

FILE = "kullback.toml"
_PROJECT = "pyproject.toml"
_ROLES = ("category", "numeric", "key", "ignore")


@dataclass(frozen=True)
class _Kind:
    """What a key holds: how it is told from anything else, and in words with an example."""

    holds: Callable[[Any], bool]
    words: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_pairs(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_texts(pair) and len(pair) == 2 for pair in value)
    return _is_count(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, bool) or _is_whole(value, 1)


def _is_margin(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_triggers(value: Any) -> bool:
    return all(each in TRIGGERS for each in value) if _is_texts(value) else isinstance(value, str) and value in TRIGGERS


def _text(example: str) -> _Kind:
    return _Kind(lambda value: isinstance(value, str), f"a text, as in {example}")


def _texts(example: str) -> _Kind:
    return _Kind(
        lambda value: isinstance(value, str) or _is_texts(value), f"a text or a list of texts, as in {example}"
    )


def _flag(name: str) -> _Kind:
    return _Kind(lambda value: isinstance(value, bool), f"true or false, as in {name} = true")


def _whole(least: int, example: str) -> _Kind:
    return _Kind(lambda value: _is_whole(value, least), f"a whole number, {least} or more, as in {example}")


def _choice(known: tuple[str, ...]) -> _Kind:
    return _Kind(lambda value: isinstance(value, str) and value in known, f"one of {', '.join(known)}")


# Everything that `kullback compare` takes and that is no path.
_COMPARE: Mapping[str, _Kind] = {
    "columns": _texts('columns = ["price", "n_*"]'),
    "exclude": _texts('exclude = ["id"]'),
    "where": _text("where = \"country = 'DE'\""),
    "weights": _text('weights = "weight"'),
    "unit": _texts('unit = "day"'),
    "nulls": _texts('nulls = ["n/a"]'),
    "split_by": _text('split_by = "group"'),
    "reference_value": _text('reference_value = "control"'),
    "current_value": _text('current_value = "treated"'),
    "by": _text('by = "country"'),
    "every": _text('every = "1d"'),
    "rolling": _whole(1, "rolling = 7"),
    "against": _text('against = "previous"'),
    "target": _text('target = "label"'),
    "pairs": _Kind(_is_pairs, 'true, a number of pairs, or a list of them, as in pairs = [["a", "b"]]'),
    "joint": _flag("joint"),
    "season": _text('season = "weekday"'),
    "window": _text('window = "2013-07-01"'),
    "why": _Kind(_is_count, "true or a number of segments, as in why = 5"),
    "margin": _Kind(_is_margin, "a number of bits, 0 or more, as in margin = 0.02"),
    "engine": _choice(ENGINES),
    "master": _text('master = "spark://host:7077"'),
    "threads": _whole(1, "threads = 4"),
    "memory_limit": _text('memory_limit = "2GB"'),
    "alpha": _Kind(lambda value: _is_number(value) and 0 < value < 1, "a number between 0 and 1, as in alpha = 0.05"),
    "seed": _whole(0, "seed = 0"),
    "fail_on": _Kind(_is_triggers, f"one of {', '.join(TRIGGERS)}, or a list of them"),
    "format": _choice(FORMATS),
    "lang": _choice(LANGUAGES),
    "cells": _whole(0, "cells = 3"),
    "all": _flag("all"),
    "quiet": _flag("quiet"),
}
# Keys whose parameter has another name, as Python has one of theirs.
_PARAMETERS = {"format": "form", "all": "show_all"}
# Tables of names of columns.
_TABLES: Mapping[str, _Kind] = {
    "margins": _Kind(_is_margin, "a number of bits, 0 or more, as in price = 0.05"),
    "roles": _choice(_ROLES),
}


@dataclass(frozen=True)
class Settings:
    """What a file says.

    Attributes:
        path: The file; None if there is none.
        compare: Options of `kullback compare`, by key.
    """

    path: Path | None = None
    compare: Mapping[str, Any] = field(default_factory=dict)

    def margins(self, bits: float | None, own: Mapping[str, float], /) -> dict[str, float]:
        """The margins of a comparison: those of the command line, where it gives none those of the file.

        Args:
            bits: The margin of all columns.
            own: Those of some.
        """
        every = {} if "margin" not in self.compare else {"*": self.compare["margin"]}
        return {**(own or self.compare.get("margins", {})), **(every if bits is None else {"*": bits})}


def merged(context: typer.Context, settings: Settings, given: Mapping[str, Any], /) -> dict[str, Any]:
    """Options as they hold: what stands on the command line, else what the file says, else the default.

    Args:
        context: The command line.
        settings: What the file says.
        given: Values of the command's parameters, by name.
    """
    kept = {_PARAMETERS.get(key, key): value for key, value in settings.compare.items()}
    return {
        name: value if _was_typed(context, name) or name not in kept else _like(value, kept[name])
        for name, value in given.items()
    }


def _was_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _like(value: Any, kept: Any) -> Any:
    """A single text stands for a list of one."""
    return [kept] if isinstance(value, list) and isinstance(kept, str) else kept


def read_settings(path: Path | None, /, *, look: bool = True) -> Settings:
    """The options kept in a file, every one of them checked.

    Args:
        path: The file; None for the one in the current folder: `kullback.toml`, or the table `[tool.kullback]` of
            `pyproject.toml`.
        look: Whether to look into the current folder if no file is given.

    Returns:
        The options; none where there is no file.

    Raises:
        InputError: If the file cannot be read, or a key is unknown or holds what it cannot.
    """
    if path is not None:
        document = _load(path)
        # A project's file holds more than ours.
        inside = "tool" in document or path.name == _PROJECT
        return Settings(path, _checked(path, _own_table(path, document) if inside else document, inside=inside))
    if look and Path(FILE).is_file():
        return Settings(Path(FILE), _checked(Path(FILE), _load(Path(FILE))))
    project = Path(_PROJECT)
    if look and project.is_file() and b"tool.kullback" in project.read_bytes():
        table = _own_table(project, _load(project))
        return Settings(project, _checked(project, table, inside=True)) if table else Settings()
    return Settings()


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the options in {str(path)!r}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not TOML: byte {error.start + 1} is no UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {printable(str(error))}.") from None


def _own_table(path: Path, document: Mapping[str, Any]) -> Mapping[str, Any]:
    tools = document.get("tool", {})
    table = tools.get("kullback", {}) if isinstance(tools, Mapping) else {}
    if not isinstance(table, Mapping):
        raise InputError(
            f"{path}: tool.kullback is {_shown(table)}; it must be a table, as in [tool.kullback.compare]."
        )
    return table


def _checked(path: Path, document: Mapping[str, Any], *, inside: bool = False) -> dict[str, Any]:
    """The table of `compare`, after every key of the file was looked at."""
    prefix = "tool.kullback." if inside else ""
    for name in document:
        _check_known(path, prefix + name, name, ("compare",), "table")
    table = document.get("compare", {})
    if not isinstance(table, Mapping):
        raise InputError(f"{path}: {prefix}compare is {_shown(table)}; it must be a table: [{prefix}compare].")
    for key, value in table.items():
        where = f"{prefix}compare.{key}"
        _check_known(path, where, key, (*_COMPARE, *_TABLES), "key")
        if key in _COMPARE:
            _check_held(path, where, value, _COMPARE[key])
        elif not isinstance(value, Mapping):
            raise InputError(f"{path}: {where} is {_shown(value)}; it must be a table of columns: [{where}].")
        else:
            for column, held in value.items():
                _check_held(path, f"{where}.{column}", held, _TABLES[key])
    return dict(table)


def _check_known(path: Path, where: str, name: str, known: tuple[str, ...], called: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
    advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    raise InputError(f"{path}: there is no {called} {printable(where, 80)}; {advice}")


def _check_held(path: Path, where: str, value: Any, kind: _Kind) -> None:
    if not kind.holds(value):
        raise InputError(f"{path}: {printable(where, 80)} is {_shown(value)}; it must be {kind.words}.")


def _shown(value: Any) -> str:
    return printable(repr(value), 60)
