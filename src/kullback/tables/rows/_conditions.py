"""Conditions on a column that a person would write: `carrier = UA`, `dep_delay > 60`, `origin is NULL`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback.tables.rows._row_sample import Floats, Mask, SampledColumn, text_codes

# Values that are tried one by one, and thresholds of numbers.
_VALUES, _THRESHOLDS = 30, 15
_TOGETHER = 4


@dataclass(frozen=True)
class Condition:
    """What rows of a segment have in common in one column.

    Attributes:
        column: Its name.
        relation: `=`, `in`, `>`, `≤` or `is NULL`.
        values: What it is held against, as text.
    """

    column: str
    relation: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As a person writes it."""
        if self.relation == "in":
            return f"{self.column} in {{{', '.join(self.values)}}}"
        return " ".join((self.column, self.relation, *self.values))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"column": self.column, "relation": self.relation, "values": list(self.values)}


def conditions(column: SampledColumn, gains: Floats, /) -> Iterator[tuple[Condition, Mask]]:
    """Conditions on a column, and the rows that meet each.

    Args:
        column: The sampled column.
        gains: What each row adds to the bits less its share of the rows; values that add most are tried together.
    """
    if column.reading.image == "text":
        yield from _on_values(column, *text_codes(column), gains)
        return
    values, kinds = column.numbers()
    finite = kinds == 0
    if (kinds == 1).any():
        yield Condition(column.name, "is NULL"), kinds == 1
    known, codes = np.unique(values[finite], return_inverse=True)
    show = column.reading.show
    scale = 10.0**column.reading.scale
    if len(known) <= _VALUES:
        every = np.full(len(values), -1, dtype=np.intp)
        every[finite] = codes
        yield from _on_values(column, every, [show(value * scale, 6) for value in known.tolist()], gains)
    edges = np.unique(np.quantile(values[finite], np.linspace(0, 1, _THRESHOLDS + 2)[1:-1], method="lower"))
    for edge in edges.tolist() if len(known) > 2 else ():
        text = show(edge * scale, 6)
        yield Condition(column.name, ">", (text,)), finite & (values > edge)
        yield Condition(column.name, "≤", (text,)), finite & (values <= edge)


def _on_values(
    column: SampledColumn, codes: Any, texts: list[str | None], gains: Floats
) -> Iterator[tuple[Condition, Mask]]:
    inside = codes >= 0
    counts = np.bincount(codes[inside], minlength=len(texts))
    gained = np.bincount(codes[inside], gains[inside], minlength=len(texts))
    kept = np.argsort(-counts, kind="stable")[:_VALUES]
    for code in kept.tolist():
        text = texts[code]
        relation = Condition(column.name, "is NULL") if text is None else Condition(column.name, "=", (text,))
        yield relation, codes == code
    listed = [code for code in kept[np.argsort(-gained[kept], kind="stable")].tolist() if texts[code] is not None]
    for size in range(2, min(_TOGETHER, len(listed) - 1) + 1):
        chosen = listed[:size]
        yield Condition(column.name, "in", tuple(str(texts[code]) for code in chosen)), np.isin(codes, chosen)
