"""What `compare` returns, and its forms for machines."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kullback._core import InputError, MissingExtraError, ShiftError, printable, write_whole
from kullback.tables._results import (
    VERDICTS,
    ColumnResult,
    Side,
    Structure,
    Units,
    Verdict,
    short_bits,
    short_bounds,
)
from kullback.tables.formats._junit import junit_text
from kullback.tables.formats._markdown import markdown_text
from kullback.tables.formats._plain import plain_column, plain_side
from kullback.tables.formats._slack import slack_message
from kullback.tables.groups._groups import Breakdown
from kullback.tables.page import render_frame, render_page
from kullback.tables.pairs._pair_shifts import PairShifts
from kullback.tables.pairs._splits import TargetShift
from kullback.tables.past._history_results import HistoryResult
from kullback.tables.rows._segments import MOST, Segments, check_most
from kullback.tables.rows._whole_rows import JointShift

# Version of the JSON form.
SCHEMA = 1
# What a comparison may hold beside its columns.
PARTS = ("by", "target", "pairs", "joint", "history")


@dataclass(frozen=True, eq=False)
class Comparison:
    """The answer of `compare`: which columns changed, by how many bits, how sure, and what did it.

    Attributes:
        reference: The table that says what was expected.
        current: The table that says what happened.
        columns: One result for each common column, worst first.
        structure: How the two tables differ as tables.
        margin: Divergence in bits up to which a column counts as similar, if it has no margin of its own.
        alpha: False discovery rate of *shifted*, and one minus the confidence of the intervals.
        seed: Seed of the permutations.
        units: What was taken as independent in place of rows; None if rows were.
        by: Groups or windows of rows, each compared with the others; None if none were asked for.
        target: How the divergence of each column and the target splits into shifts of either; likewise.
        pairs: Pairs of columns whose dependence changed; likewise.
        joint: The divergence of whole rows; likewise.
        why: The segments of rows that hold the shift; likewise.
        history: Today beside past windows; likewise.
        again: Reads the tables again for `segments`, which keeps objects in memory alive; None without tables.
    """

    reference: Side
    current: Side
    columns: tuple[ColumnResult, ...]
    structure: Structure
    margin: float
    alpha: float
    seed: int
    units: Units | None = None
    by: Breakdown | None = None
    target: TargetShift | None = None
    pairs: PairShifts | None = None
    joint: JointShift | None = None
    why: Segments | None = None
    history: HistoryResult | None = None
    again: Callable[[int], Segments] | None = field(default=None, repr=False)

    @property
    def null(self) -> str:
        """What verdicts stand on: independent `rows`, independent `units`, or the `history` of past windows."""
        if self.history is not None:
            return "history"
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

    def segments(self, *, max: int = MOST) -> Segments:  # noqa: A002 - the word for it
        """Few segments of rows that hold the shift, if there are such, judged on rows that did not find them.

        The tables are read again, which takes about as long as the comparison, unless it was asked for them already
        (`why`). Until then the comparison keeps tables that were given as objects in memory alive.

        Args:
            max: Segments at most.

        Returns:
            The segments with the share of the bits that they explain, or that there is no small explanation, or
            nothing to explain.

        Raises:
            InputError: If one side is a profile, which holds no rows, or a table is not there any more.
            MissingExtraError: scikit-learn is not installed.
        """
        most = check_most(max)
        if self.why is not None and len(self.why.segments) < most:
            return self.why
        if self.again is None:
            raise InputError("this comparison was not made from two tables: compare them to see which rows shift.")
        return self.again(most)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain data: valid JSON, with "inf" for infinity and None for what is missing."""
        return self._plain([plain_column(column) for column in self.columns])

    def _plain(self, columns: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "unit": "bits",
            "reference": plain_side(self.reference),
            "current": plain_side(self.current),
            "margin": self.margin,
            "verdict": self.verdict,
            "counts": self.counts,
            "columns": columns,
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
            **{name: part.to_dict() for name in PARTS if (part := getattr(self, name)) is not None},
            **({} if self.why is None else {"segments": self.why.to_dict()}),
        }

    def to_json(self, path: str | Path | None = None, /) -> str:
        """The comparison as JSON text; also written to `path` if one is given."""
        # Of thousands of columns the plain data take several times the memory of their text: one column at a time.
        text = _as_json(self._plain([]), (plain_column(column) for column in self.columns))
        if path is not None:
            write_whole(path, text + "\n")
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
            write_whole(path, text)
        return text

    def to_markdown(self, path: str | Path | None = None, /) -> str:
        """The comparison as Markdown for a comment on a pull request; also written to `path` if one is given.

        Returns:
            The verdict, the shifted and undecided columns, everything else folded: at most 65,536 bytes.
        """
        return _written(markdown_text(self.to_dict()), path)

    def to_slack(self) -> dict[str, Any]:
        """The comparison as the body of a message in Slack: `text` and `blocks`, within its limits; it is not sent."""
        return slack_message(self.to_dict())

    def to_junit(self, path: str | Path | None = None, /, *, fail_on: Collection[str] = ()) -> str:
        """The comparison as JUnit XML, a test for each column; also written to `path` if one is given.

        Args:
            path: File to write it to as well.
            fail_on: What fails beside shifted columns: `structure`, `inconclusive`, `groups`; else these are skipped.

        Returns:
            The XML.

        Raises:
            InputError: If `fail_on` names something else.
        """
        return _written(junit_text(self.to_dict(), fail_on), path)

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
            f"  {printable(column.name)}: {column.verdict}, D(current‖reference) = {short_bits(column.bits)} bits "
            f"{short_bounds(column.interval)}{'; ' + printable(column.headline) if column.headline else ''}"
            f"{f'; margin {column.margin:g}' if column.margin not in (None, self.margin) else ''}"
            for column in failing
        ]
        own = any(column.margin not in (None, self.margin) for column in self.columns)
        if strict and self.structure.changed:
            lines += [f"  column {name!r} was added" for name in self.structure.added]
            lines += [f"  column {name!r} was removed" for name in self.structure.removed]
            lines += [f"  column {name!r} changed from {old} to {new}" for name, old, new in self.structure.retyped]
        if lines:
            raise ShiftError(
                f"{self.current.name!r} is not similar to {self.reference.name!r}: "
                f"{len(failing)} of {len(self.columns)} columns {'shifted or undecided' if strict else 'shifted'} "
                f"at a margin of {self.margin:g} bits{', or their own' if own else ''}\n" + "\n".join(lines)
            )


def _as_json(document: dict[str, Any], columns: Iterable[dict[str, Any]]) -> str:
    """Plain data as JSON: a line for each field, and one for each column; with an indent Python encodes slowly."""

    def encoded(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    listed = ",\n  ".join(encoded(column) for column in columns)
    lines = [
        f" {encoded(name)}: " + (f"[\n  {listed}\n ]" if name == "columns" and listed else encoded(value))
        for name, value in document.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}"


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        write_whole(path, text)
    return text


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
    "margin",
    "headline",
    "could_have_seen",
    "design_effect",
    "method",
)


def _flat(column: ColumnResult) -> dict[str, Any]:
    low, high = column.interval or (None, None)
    return {field: getattr(column, field, None) for field in _FLAT_FIELDS} | {"low": low, "high": high}
