"""Watching many columns at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError, printable
from kullback.decisions.monitoring._evidence import Evidence
from kullback.decisions.monitoring._watch import Watch

_SHOWN = 12


@dataclass(frozen=True, eq=False, repr=False)
class ColumnsEvidence(Figure):
    """The evidence of many columns.

    Attributes:
        value: Log of the mean of the columns' e-processes, in nats: evidence that any of them left the reference.
        needed: Where the alarm rings, in nats.
        alarm_look: First look with an alarm for the table; None before.
        selected: Columns that changed, by e-BH: at any look a share of at most `alpha` of them is wrong on average.
        columns: Evidence of each column.
        alpha: Level of both promises.
    """

    value: float
    needed: float
    alarm_look: int | None
    selected: tuple[str, ...]
    columns: dict[str, Evidence]
    alpha: float

    @property
    def alarm(self) -> bool:
        """Whether the alarm for the table has rung."""
        return self.alarm_look is not None

    def __str__(self) -> str:
        state = f"ALARM at look {self.alarm_look}" if self.alarm else "no alarm"
        levels = f"evidence {self.bits:.4g} bits of {self.needed / math.log(2):.4g} needed"
        promise = f"chance of a false alarm, ever, at most {100 * self.alpha:g} %"
        lines = [f"{state}: {levels}, the mean over {len(self.columns)} columns; {promise}"]
        ranked = sorted(self.columns.items(), key=lambda one: -one[1].value)
        for name, found in ranked[:_SHOWN]:
            mark = "changed" if name in self.selected else ""
            lines.append(
                f"  {printable(name, 30):<30} {found.bits:>10.4g} bits, D(current‖reference) = "
                f"{found.divergence / math.log(2):.3g} bits a row  {mark}"
            )
        if len(ranked) > _SHOWN:
            lines.append(f"  and {len(ranked) - _SHOWN} more columns with less evidence")
        return "\n".join([*lines, "  assumes independent rows; columns may depend on each other in any way"])


class WatchColumns:
    """Monitors of many columns; `watch` makes it from a table.

    Attributes:
        watches: Monitor of each column.
        alpha: Chance of a false alarm of the table, ever, and false discovery rate of the columns that are named.
        history: Log of the mean e-process in nats after every look.
    """

    def __init__(self, watches: dict[str, Watch], *, alpha: float) -> None:
        if any(one.method == "detector" for one in watches.values()):
            raise InputError("method = 'detector' promises run lengths of one column. Use 'mixture' for a table.")
        self.watches, self.alpha = watches, alpha
        self.history: list[float] = []
        self._alarm: int | None = None

    def update(self, table: Any, /) -> ColumnsEvidence:
        """Add the rows of one look.

        Args:
            table: A frame or mapping with the columns of the reference; others are left alone.

        Returns:
            The evidence after this look.

        Raises:
            InputError: A column is missing or does not fit.
        """
        columns = columns_of(table)
        if columns is None:
            raise InputError(
                f"The batch is a {type(table).__name__}. A frame or a mapping from name to column is needed."
            )
        missing = [name for name in self.watches if name not in columns]
        if missing:
            raise InputError(f"The batch has no column {missing[0]!r}, which the reference has.")
        # All are counted before any is changed: a bad column leaves the monitors as they were.
        counts = {name: one.cells.count(columns[name], name) for name, one in self.watches.items()}
        for name, one in self.watches.items():
            one.add_counts(counts[name])
        logs = [one.history[-1] for one in self.watches.values()]
        self.history.append(float(np.logaddexp.reduce(logs)) - math.log(len(logs)))
        if self._alarm is None and self.history[-1] >= -math.log(self.alpha):
            self._alarm = len(self.history)
        return self.evidence

    @property
    def evidence(self) -> ColumnsEvidence:
        """What is known after the last look."""
        found = {name: one.evidence for name, one in self.watches.items()}
        value = self.history[-1] if self.history else 0.0
        return ColumnsEvidence(value, -math.log(self.alpha), self._alarm, _e_bh(found, self.alpha), found, self.alpha)

    def plot(self) -> Any:
        """Draw the evidence of the columns over the looks.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.monitoring._watch_picture import evidence_picture  # noqa: PLC0415 - an extra

        return evidence_picture(self.watches)

    def to_dict(self) -> dict[str, Any]:
        """The whole state as plain values for JSON.

        Returns:
            A dictionary for `WatchColumns.from_dict`.
        """
        return {
            "schema": 1,
            "kind": "watch columns",
            "alpha": self.alpha,
            "alarm": self._alarm,
            "history": ["inf" if math.isinf(one) else one for one in self.history],
            "columns": {name: one.to_dict() for name, one in self.watches.items()},
        }

    @staticmethod
    def from_dict(state: Any, /) -> "WatchColumns":
        """Monitors from what `to_dict` gave.

        Args:
            state: The dictionary.

        Returns:
            Monitors that go on where the others stopped.

        Raises:
            InputError: It is no such state.
        """
        if not isinstance(state, dict) or state.get("kind") != "watch columns" or state.get("schema") != 1:
            raise InputError("The state is not that of watched columns, schema 1. Give what to_dict returned.")
        watches = {name: Watch.from_dict(one) for name, one in state["columns"].items()}
        found = WatchColumns(watches, alpha=float(state["alpha"]))
        found.history = [float(one) for one in state["history"]]
        found._alarm = state["alarm"]
        return found

    def __repr__(self) -> str:
        return str(self.evidence)


def columns_of(table: Any, /) -> dict[str, Any] | None:
    """The columns of a table by name; None for anything else.

    Args:
        table: A frame of any library, or a mapping from name to column.

    Returns:
        Columns by name.
    """
    if isinstance(table, Mapping):
        plain = all(isinstance(value, int | float | np.number) for value in table.values())
        if not table:
            raise InputError("The table has no columns. Give at least one.")
        return None if plain else {str(name): column for name, column in table.items()}
    if hasattr(table, "columns") and hasattr(table, "__getitem__"):
        if not len(table.columns):
            raise InputError("The table has no columns. Give at least one.")
        return {str(name): table[name] for name in table.columns}
    return None


def _e_bh(found: dict[str, Evidence], alpha: float) -> tuple[str, ...]:
    """Columns whose e-values are large enough for their rank (Wang and Ramdas 2022)."""
    ranked = sorted(found, key=lambda name: -found[name].value)
    enough = [
        rank
        for rank, name in enumerate(ranked, start=1)
        if found[name].value >= math.log(len(ranked)) - math.log(alpha * rank)
    ]
    return tuple(ranked[: max(enough, default=0)])
