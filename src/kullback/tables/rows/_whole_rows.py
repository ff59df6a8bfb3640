"""The divergence of whole rows, estimated on a sample, and the rows that look most like the other side."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback.estimators import Estimate
from kullback.tables._messages import Message
from kullback.tables._results import ColumnResult, short_bits, short_bounds
from kullback.tables.formats._plain import plain_number
from kullback.tables.rows._row_sample import JudgedRows

# Rows that are shown of each kind, and columns of them.
LOOKALIKES = 20
_COLUMNS = 30
_LONGEST = 200


@dataclass(frozen=True, eq=False)
class LookalikeRow:
    """A sampled row and how it looks.

    Attributes:
        log_ratio: Held-out log2 of the density of current rows over that of the reference: below 0 it looks more like a
            row of the reference, above 0 like a current one.
        values: Its values as text, in the order of the columns; None for NULL.
    """

    log_ratio: float
    values: tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class Lookalikes:
    """Sampled rows of a side at both ends.

    Attributes:
        like_other: Rows that look most like the other side, the most alike first.
        unlike_other: Rows that look least like it.
    """

    like_other: tuple[LookalikeRow, ...]
    unlike_other: tuple[LookalikeRow, ...]


@dataclass(frozen=True, eq=False)
class JointShift:
    """How far the laws of whole rows are apart, estimated on sampled rows.

    Attributes:
        bits: D(current‖reference) of whole rows in bits.
        interval: Its interval; the upper end is infinite where the sample bounds it from below only.
        reverse: D(reference‖current) in bits.
        reverse_interval: Its interval.
        p_value: For both laws being one, from held-out scores of the rows.
        reliable: False where bias may exceed the interval.
        current_rows: Sampled rows of the current table.
        reference_rows: Sampled rows of the reference.
        columns: Names of the columns that make a row.
        apart: Columns that tell the sides apart alone; with them whole rows are infinitely far apart.
        best_column: The column that is farthest apart by itself.
        best_bits: Its divergence in bits.
        shown: Names of the columns of the rows below.
        current: Current rows that look most and least like the reference.
        reference: Rows of the reference that look most and least like the current table.
        method: How the figure was made.
        notes: Remarks.
    """

    bits: float
    interval: tuple[float, float]
    reverse: float
    reverse_interval: tuple[float, float]
    p_value: float
    reliable: bool
    current_rows: int
    reference_rows: int
    columns: tuple[str, ...]
    apart: tuple[str, ...]
    best_column: str | None
    best_bits: float | None
    shown: tuple[str, ...]
    current: Lookalikes
    reference: Lookalikes
    method: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One line that spells the direction and the unit out."""
        return f"<whole rows: D(current‖reference) = {short_bits(self.bits)} bits {short_bounds(self.interval)}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "bits": plain_number(self.bits),
            "interval": [plain_number(bound) for bound in self.interval],
            "reverse": plain_number(self.reverse),
            "reverse_interval": [plain_number(bound) for bound in self.reverse_interval],
            "p_value": self.p_value,
            "reliable": self.reliable,
            "rows": {"reference": self.reference_rows, "current": self.current_rows},
            "columns": list(self.columns),
            "apart": list(self.apart),
            "best_column": None if self.best_column is None else {"name": self.best_column, "bits": self.best_bits},
            "shown": list(self.shown),
            "current": _plain_rows(self.current),
            "reference": _plain_rows(self.reference),
            "method": self.method,
            "notes": list(self.notes),
        }


def joint_shift(rows: JudgedRows, /) -> JointShift:
    """What sampled rows say of the divergence of whole rows."""
    forward, reverse = rows.ratio.forward, rows.ratio.reverse
    alone = [(_alone(column.result), column.name) for column in rows.columns if column.name in rows.used]
    best = max(alone, default=(None, None), key=lambda pair: pair[0])
    # Keys come first: they name a row.
    ranked = sorted(rows.columns, key=lambda column: column.result.verdict != "key")[:_COLUMNS]
    texts = [column.texts() for column in ranked]

    def row(place: int) -> LookalikeRow:
        values = tuple(None if text[place] is None else str(text[place])[:_LONGEST] for text in texts)
        return LookalikeRow(float(rows.log_ratios[place]) / math.log(2), values)

    order = np.argsort(rows.log_ratios, kind="stable")
    current, others = order[rows.current[order]].tolist(), order[~rows.current[order]].tolist()
    return JointShift(
        forward.bits,
        _bits(forward),
        reverse.bits,
        _bits(reverse),
        rows.ratio.p_value,
        forward.reliable,
        *rows.sizes,
        rows.used,
        rows.apart,
        best[1],
        best[0],
        tuple(column.name for column in ranked),
        Lookalikes(tuple(map(row, current[:LOOKALIKES])), tuple(map(row, current[::-1][:LOOKALIKES]))),
        Lookalikes(tuple(map(row, others[::-1][:LOOKALIKES])), tuple(map(row, others[:LOOKALIKES]))),
        Message("cross-fitted odds of boosted trees and a quadratic logistic regression on a sample of rows"),
        tuple(_notes(rows)),
    )


def _alone(result: ColumnResult) -> float:
    """The divergence of a column by itself; where it is infinite, with ½ added to every cell."""
    figures = (result.debiased, result.smoothed, 0.0)
    return next(figure for figure in figures if figure is not None)


def _notes(rows: JudgedRows) -> list[str]:
    notes: list[str] = []
    if rows.apart:
        notes.append(
            Message(
                "{columns}: hardly a value is on both sides, with them whole rows are infinitely far apart; left out",
                columns=", ".join(rows.apart),
            )
        )
    if rows.unused:
        notes.append(Message("{count} columns with the least divergence are left out", count=f"{rows.unused:,}"))
    limit = math.log2(min(rows.sizes))
    if not rows.ratio.forward.reliable:
        notes.append(
            Message(
                "a lower bound: {rows} sampled rows a side do not bound it from above, and never certify more than "
                "about {limit} bits",
                rows=f"{min(rows.sizes):,}",
                limit=f"{limit:.3g}",
            )
        )
    if rows.units is not None:
        notes.append(Message("whole units are dealt into folds, and the interval is that of units"))
    return notes


def _bits(estimate: Estimate) -> tuple[float, float]:
    low, high = (bound / math.log(2) for bound in estimate.interval)
    # No divergence is negative.
    return max(low, 0.0), high


def _plain_rows(rows: Lookalikes) -> dict[str, Any]:
    return {
        kind: [{"log_ratio": each.log_ratio, "values": list(each.values)} for each in getattr(rows, kind)]
        for kind in ("like_other", "unlike_other")
    }
