"""What `compare` returns: records, and their forms for machines."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from kullback._core import InputError, MissingExtraError, ShiftError, printable
from kullback.tables.page import render_frame, render_page

Verdict = Literal["shifted", "similar", "inconclusive", "key", "constant", "undefined"]
VERDICTS: tuple[Verdict, ...] = ("shifted", "inconclusive", "similar", "key", "constant", "undefined")
# Version of the JSON form.
SCHEMA = 1


@dataclass(frozen=True, eq=False, slots=True)
class Cell:
    """A cell: the rows (or weight) of each side that it holds, and what it adds to D(current‖reference) in bits.

    Attributes:
        label: What is in it.
        reference: Rows or weight of the reference.
        current: Rows or weight of the current table.
        contribution: Its summand of D(current‖reference).
        low: Smallest value in it: a number; a date as days since 1970-01-01; a datetime, time or duration as
            microseconds (since 1970-01-01 or midnight). None for what has no order.
        high: Largest value in it, likewise.
    """

    label: str
    reference: float
    current: float
    contribution: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False, slots=True)
class ValueShare:
    """A value that occurs on one side only: its rows (or weight) there and its share of that side.

    Attributes:
        value: The value; None for the remainder beyond the fifty heaviest.
        count: Rows or weight.
        share: Share of its side.
        interval: Bounds of the share at the confidence of the comparison.
    """

    value: str | None
    count: float
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class ColumnResult:
    """What is said of one column. Divergences are in bits, D is D(current‖reference).

    Attributes:
        name: Column name.
        kind: What the values are: numeric, category, boolean, date, datetime, time, duration or unsupported.
        verdict: shifted, similar, inconclusive, key, constant or undefined.
        plugin: D of the observed shares over `cells`; `inf` where the reference lacks a cell of the current side.
        plugin_reverse: D(reference‖current) likewise.
        debiased: D over `interval_cells` with ½ added to each, less its bias; None where `plugin` is infinite.
        smoothed: The same figure whether or not `plugin` is infinite: finite by the ½ added to each cell.
        interval: Bounds of D over `interval_cells`.
        jensen_shannon: Jensen-Shannon divergence of the observed shares (not its root).
        p_value: Test of D = 0, for information.
        p_margin: Test of D ≤ margin, on which the verdict stands.
        p_adjusted: `p_margin` after Benjamini-Hochberg over all columns: shifted where it is at most alpha.
        headline: What changed most, in words.
        could_have_seen: For inconclusive columns the divergence that would have been called shifted with chance 0.8.
        design_effect: With units, how many times wider chance spreads than for as many independent rows.
        new: Values that only the current side holds, heaviest first, with a remainder.
        gone: Values that only the reference holds, likewise.
        new_mass: All rows of the current side with values that the reference lacks, as one share.
        gone_mass: All rows of the reference with values that the current side lacks, as one share.
        cells: The cells of the plug-in figures; the last may stand for many light ones.
        interval_cells: The cells of `debiased` and `interval`.
        method: How the figures were made.
        notes: Remarks.
    """

    name: str
    kind: str
    verdict: Verdict
    plugin: float | None = None
    plugin_reverse: float | None = None
    debiased: float | None = None
    smoothed: float | None = None
    interval: tuple[float, float] | None = None
    jensen_shannon: float | None = None
    p_value: float | None = None
    p_margin: float | None = None
    p_adjusted: float | None = None
    headline: str = ""
    could_have_seen: float | None = None
    design_effect: float | None = None
    new: tuple[ValueShare, ...] = ()
    gone: tuple[ValueShare, ...] = ()
    new_mass: ValueShare | None = None
    gone_mass: ValueShare | None = None
    cells: tuple[Cell, ...] = ()
    interval_cells: tuple[Cell, ...] = ()
    method: str = ""
    notes: tuple[str, ...] = ()

    @property
    def bits(self) -> float | None:
        """D(current‖reference) in bits: the debiased figure, or infinity, or None where there is none."""
        return self.plugin if self.debiased is None else self.debiased

    @property
    def nats(self) -> float | None:
        """The same in nats."""
        return None if self.bits is None else self.bits * math.log(2)

    def __repr__(self) -> str:
        """One line that spells the direction and the unit out."""
        figure = f"D(current‖reference) = {_short(self.bits)} bits {_bounds(self.interval)}"
        return f"<{printable(self.name)}: {self.verdict}, {figure}>"


@dataclass(frozen=True, eq=False)
class Structure:
    """How the two tables differ as tables.

    Attributes:
        added: Columns of the current table alone.
        removed: Columns of the reference alone.
        retyped: Columns whose kind changed, as (name, type in the reference, type in the current table).
        duplicated: Names that a table holds more than once.
        unsupported: Columns of nested or binary types.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()
    duplicated: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether columns came, went, or changed their kind."""
        return bool(self.added or self.removed or self.retyped)


@dataclass(frozen=True)
class Side:
    """A table in the comparison: what it was called, its rows, and its effective rows if they are weighted."""

    name: str
    rows: int
    effective_rows: float | None = None


@dataclass(frozen=True)
class Units:
    """What was taken as independent in place of rows.

    Attributes:
        columns: The columns that together name a unit.
        reference: Number of units in the reference.
        current: Number of units in the current table.
        shared: Units that both tables hold.
    """

    columns: tuple[str, ...]
    reference: int
    current: int
    shared: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer of `compare`: which columns changed, by how many bits, how sure, and what did it.

    Attributes:
        reference: The table that says what was expected.
        current: The table that says what happened.
        columns: One result for each common column, worst first.
        structure: How the two tables differ as tables.
        margin: Divergence in bits up to which a column counts as similar.
        alpha: False discovery rate of *shifted*, and one minus the confidence of the intervals.
        seed: Seed of the permutations.
        units: What was taken as independent in place of rows; None if rows were.
    """

    reference: Side
    current: Side
    columns: tuple[ColumnResult, ...]
    structure: Structure
    margin: float
    alpha: float
    seed: int
    units: Units | None = None

    @property
    def null(self) -> str:
        """What the p-values and intervals take as independent: `rows` or `units`."""
        return "rows" if self.units is None else "units"

    @property
    def verdict(self) -> Verdict:
        """Shifted if any column is, similar if every column that could be decided is, else inconclusive."""
        seen = {column.verdict for column in self.columns}
        if "shifted" in seen:
            return "shifted"
        if "inconclusive" in seen or not seen & {"similar", "constant"}:
            return "inconclusive"
        return "similar"

    @property
    def counts(self) -> dict[str, int]:
        """Number of columns by verdict."""
        return {verdict: sum(column.verdict == verdict for column in self.columns) for verdict in VERDICTS}

    def __iter__(self) -> Iterator[ColumnResult]:
        """The columns, worst first."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Number of compared columns."""
        return len(self.columns)

    def __getitem__(self, name: str) -> ColumnResult:
        """The result of the column of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(
            f"no compared column is called {name!r}; there are {', '.join(c.name for c in self.columns[:20])}"
        )

    def __repr__(self) -> str:
        """The verdict and the worst columns, a line each."""
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)
        lines = [
            f"Comparison of {self.current.name!r} with the reference {self.reference.name!r}: {self.verdict} ({counts})"
        ]
        lines += [f"  {column!r}" for column in self.columns[:10]]
        if len(self.columns) > 10:
            lines.append(f"  and {len(self.columns) - 10} more")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data: valid JSON, with "inf" for infinity and None for what is missing."""
        return {
            "schema": SCHEMA,
            "unit": "bits",
            "reference": _side(self.reference),
            "current": _side(self.current),
            "margin": self.margin,
            "verdict": self.verdict,
            "counts": self.counts,
            "columns": [_column(column) for column in self.columns],
            "structure": {
                "added": list(self.structure.added),
                "removed": list(self.structure.removed),
                "retyped": [
                    {"name": name, "reference": before, "current": after}
                    for name, before, after in self.structure.retyped
                ],
                "duplicated": list(self.structure.duplicated),
                "unsupported": list(self.structure.unsupported),
            },
            "null": self.null,
            "units": None if self.units is None else asdict(self.units),
            "alpha": self.alpha,
            "seed": self.seed,
        }

    def to_json(self, path: str | Path | None = None, /) -> str:
        """The comparison as JSON text; also written to `path` if one is given."""
        text = json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1)
        if path is not None:
            # Characters that UTF-8 cannot hold (half a pair, from a damaged file) are written escaped.
            Path(path).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
        return text

    def to_html(self, path: str | Path | None = None, /, *, lang: str = "en") -> str:
        """The comparison as a page: one file of HTML that needs nothing else and can be read without its script.

        Args:
            path: File to write it to as well.
            lang: Language of the page: `en` or `zh`.

        Returns:
            The page. The worst 200 columns open to pictures and counts, the others have a line each.

        Raises:
            InputError: If the page does not speak the language.
        """
        text = render_page(self.to_dict(), lang=lang)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")
        return text

    def _repr_html_(self) -> str:
        """What a notebook shows: the page without its script, in a frame that is cut off from the notebook."""
        return render_frame(self.to_dict())

    def to_frame(self, backend: str | None = None, /) -> Any:
        """One row per column, as a data frame.

        Args:
            backend: `pandas`, `polars` or `pyarrow`; by default the first of these that is installed.

        Returns:
            A frame with the scalar fields of the columns; the interval is split into `low` and `high`.

        Raises:
            MissingExtraError: If no such library is installed.
        """
        rows = [_flat(column) for column in self.columns]
        data = {field: [row[field] for row in rows] for field in _FLAT_FIELDS}
        known = ("pandas", "polars", "pyarrow")
        if backend is not None and backend not in known:
            raise InputError(f"cannot make a frame of {backend!r}; it must be one of {', '.join(known)}.")
        chosen = backend or next((name for name in known if find_spec(name) is not None), None)
        if chosen is None or find_spec(chosen) is None:
            raise MissingExtraError(
                f"to_frame needs {backend or 'pandas, polars or pyarrow'}: pip install 'kullback[pandas]'."
            )
        if chosen == "pyarrow":
            return import_module("pyarrow").table(data)
        return import_module(chosen).DataFrame(data)

    def assert_similar(self, *, strict: bool = False) -> None:
        """Raise if a column is shifted; the message says which and by how much.

        Args:
            strict: Also raise for columns that are inconclusive and for a changed structure.

        Raises:
            ShiftError: An AssertionError, so test runners show it as a failure.
        """
        bad = {"shifted", "inconclusive"} if strict else {"shifted"}
        failing = [column for column in self.columns if column.verdict in bad]
        lines = [
            f"  {printable(column.name)}: {column.verdict}, D(current‖reference) = {_short(column.bits)} bits "
            f"{_bounds(column.interval)}{'; ' + printable(column.headline) if column.headline else ''}"
            for column in failing
        ]
        if strict and self.structure.changed:
            lines += [f"  column {name!r} was added" for name in self.structure.added]
            lines += [f"  column {name!r} was removed" for name in self.structure.removed]
            lines += [f"  column {name!r} changed from {old} to {new}" for name, old, new in self.structure.retyped]
        if lines:
            raise ShiftError(
                f"{self.current.name!r} is not similar to {self.reference.name!r}: "
                f"{len(failing)} of {len(self.columns)} columns {'shifted or undecided' if strict else 'shifted'} "
                f"at a margin of {self.margin:g} bits\n" + "\n".join(lines)
            )


_FLAT_FIELDS = (
    "name",
    "kind",
    "verdict",
    "plugin",
    "plugin_reverse",
    "debiased",
    "low",
    "high",
    "jensen_shannon",
    "p_value",
    "p_adjusted",
    "headline",
    "could_have_seen",
    "design_effect",
    "method",
)


def _flat(column: ColumnResult) -> dict[str, Any]:
    low, high = column.interval or (None, None)
    return {field: getattr(column, field, None) for field in _FLAT_FIELDS} | {"low": low, "high": high}


def _number(value: float | None) -> float | str | None:
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def _count(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _side(side: Side) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": side.name, "rows": side.rows}
    return plain if side.effective_rows is None else plain | {"effective_rows": side.effective_rows}


def _cells(cells: tuple[Cell, ...]) -> list[dict[str, Any]]:
    return [
        {
            "label": cell.label,
            "reference": _count(cell.reference),
            "current": _count(cell.current),
            "contribution": _number(cell.contribution),
            **({} if cell.low is None else {"low": cell.low, "high": cell.high}),
        }
        for cell in cells
    ]


def _shares(shares: tuple[ValueShare, ...]) -> list[dict[str, Any]]:
    return [
        {"value": share.value, "count": _count(share.count), "share": share.share, "interval": list(share.interval)}
        for share in shares
    ]


def _mass(share: ValueShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {"count": _count(share.count), "share": share.share, "interval": list(share.interval)}


def _column(column: ColumnResult) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "verdict": column.verdict,
        "plugin": _number(column.plugin),
        "plugin_reverse": _number(column.plugin_reverse),
        "debiased": _number(column.debiased),
        "smoothed": _number(column.smoothed),
        "interval": None if column.interval is None else [_number(bound) for bound in column.interval],
        "jensen_shannon": _number(column.jensen_shannon),
        "p_value": _number(column.p_value),
        "p_margin": _number(column.p_margin),
        "p_adjusted": _number(column.p_adjusted),
        "headline": column.headline,
        "could_have_seen": _number(column.could_have_seen),
        "design_effect": _number(column.design_effect),
        "new": _shares(column.new),
        "gone": _shares(column.gone),
        "new_mass": _mass(column.new_mass),
        "gone_mass": _mass(column.gone_mass),
        "cells": _cells(column.cells),
        "interval_cells": _cells(column.interval_cells),
        "method": column.method,
        "notes": list(column.notes),
    }


def _short(bits: float | None) -> str:
    if bits is None:
        return "undefined"
    return "inf" if math.isinf(bits) else f"{bits:.3g}"


def _bounds(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"[{_short(interval[0])}, {_short(interval[1])}]"
