"""Watching a stream for a change, with alarms that hold at every look."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import InputError
from kullback.decisions.monitoring._cells import Cells
from kullback.decisions.monitoring._evidence import Evidence
from kullback.decisions.monitoring._process import Null, log_evidence
from kullback.decisions.monitoring._rows import one_per_unit

Floats = NDArray[np.float64]
METHODS = ("mixture", "start", "detector")
# Restarts of the last so many looks are all kept, older ones ever more thinly.
_RECENT = 64
_CALM = 2.0
_ENOUGH_LOOKS = 5


class Watch:
    """A monitor of one column; `watch` makes it, `update` feeds it, `to_dict` saves it.

    Attributes:
        cells: How rows are counted.
        null: What they are held against.
        method: "mixture", "start" or "detector".
        alpha: Chance of a false alarm, ever ("mixture" and "start").
        run_length: Mean number of looks until a false alarm, at least ("detector").
        history: Log evidence in nats after every look.
        rows: Rows after every look.
    """

    def __init__(self, cells: Cells, null: Null, *, method: str, alpha: float, run_length: float) -> None:
        self.cells, self.null, self.method = cells, null, method
        self.alpha, self.run_length = alpha, run_length
        self.history: list[float] = []
        self.rows: list[int] = []
        self._total = np.zeros(len(cells.names))
        self._starts: list[tuple[int, Floats]] = [(0, self._total)]
        self._logs = np.zeros(1)  # log evidence of the rows since each start
        self._empty = log_evidence(self._total, null)
        self._inside = 0.0  # Σ n log(n/N) of single looks, for the dispersion
        self._alarm: int | None = None

    @property
    def needed(self) -> float:
        """Evidence in nats at which the alarm rings."""
        return math.log(self.run_length) if self.method == "detector" else -math.log(self.alpha)

    def update(self, batch: Any = None, /, *, counts: Any = None, unit: Any = None) -> Evidence:
        """Add the rows of one look.

        Args:
            batch: A column of rows: array, list or Series. What the reference never showed is counted in cells of its
                own, as are missing values.
            counts: In its place, counts: a mapping from label to count, or one for each category of the reference.
            unit: Names of users, stores or sessions, one for each row. Rows of a unit may depend on each other; one of
                them, drawn at random, is taken. A unit must not come back in later looks.

        Returns:
            The evidence after this look.

        Raises:
            InputError: The batch does not fit the reference.

        Example:
            >>> from kullback.decisions.monitoring import watch
            >>> monitor = watch([0.5, 0.5])
            >>> monitor.update([0, 1, 0, 1]).alarm, monitor.update(counts=[5, 60]).alarm
            (False, True)
        """
        if (batch is None) == (counts is None):
            raise InputError("update takes a batch of rows or counts=..., one of the two.")
        if unit is not None:
            if batch is None:
                raise InputError("unit= names the unit of each row, but counts came. Give the rows.")
            batch = one_per_unit(batch, unit, seed=len(self.history))
        found = self.cells.count_labelled(counts) if batch is None else self.cells.count(batch)
        self.add_counts(found)
        return self.evidence

    def add_counts(self, found: NDArray[np.int64], /) -> None:
        """Add rows that are counted already.

        Args:
            found: One count for each of `cells.names`.
        """
        counts = found.astype(np.float64)
        size = counts.sum()
        if size > 0:
            self._inside += float(special.xlogy(counts, counts / size).sum())
        self._total = self._total + counts
        look = len(self.history) + 1
        self._restart()
        self.history.append(self._value(look))
        self.rows.append(int(self._total.sum()))
        if self._alarm is None and self.history[-1] >= self.needed:
            self._alarm = look
        if self.method != "start":
            kept = [place for place, (start, _) in enumerate(self._starts) if _kept(start, look)]
            self._starts = [self._starts[place] for place in kept]
            self._logs = np.append(self._logs[kept], self._empty)
            self._starts.append((look, self._total))

    def _restart(self) -> None:
        """Log evidence of the rows since each start."""
        self._logs = log_evidence(self._total - np.stack([one for _, one in self._starts]), self.null)

    def _value(self, look: int) -> float:
        logs = self._logs
        if self.method == "start":
            return float(logs[0])
        if self.method == "detector":
            return float(np.logaddexp.reduce(logs))
        empty = float(self._empty)
        # Half for the stream that never fitted, the rest spread over all looks to come; those not reached have no rows.
        parts = [*(logs + self._log_weights()), empty - math.log(2 * look)]
        return float(np.logaddexp.reduce(parts))

    def _log_weights(self) -> Floats:
        looks = np.array([look for look, _ in self._starts], dtype=np.float64)
        return -np.log(2.0 * np.where(looks > 0, looks * (looks + 1), 1.0))

    @property
    def evidence(self) -> Evidence:
        """What is known after the last look."""
        looks = len(self.history)
        value = self.history[-1] if looks else 0.0
        highest = max(self.history, default=0.0)
        change, growth, divergence = self._since()
        dispersion = self._dispersion()
        return Evidence(
            value,
            highest,
            self.needed,
            None if self.method == "detector" else min(1.0, math.exp(-highest)),
            self.rows[-1] if looks else 0,
            looks,
            self._alarm,
            change,
            growth,
            divergence,
            dispersion,
            self._promise(),
            self._notes(dispersion),
        )

    def _since(self) -> tuple[int, float, float]:
        """Where the change is, evidence per row since, and the divergence of the rows since."""
        logs = self._logs
        held = self._total.sum() - np.stack([one for _, one in self._starts]).sum(axis=1)
        weights = self._log_weights() if self.method == "mixture" else 0.0
        best = int(np.argmax(np.where(held > 0, logs + weights, -np.inf)))
        rows = float(held[best])
        if rows == 0:
            return 0, 0.0, 0.0
        shares = (self._total - self._starts[best][1]) / rows
        with np.errstate(divide="ignore"):
            ratio = np.log(np.where(shares > 0, shares, 1.0)) - np.log(np.where(shares > 0, self.null.probs, 1.0))
        cells = int((shares > 0).sum()) - 1
        known = math.inf if self.null.counts is None else float(self.null.counts.sum())
        bias = cells / (2 * rows) + cells / (2 * known)
        return self._starts[best][0], float(logs[best]) / rows, float((shares * ratio).sum()) - bias

    def _dispersion(self) -> float:
        occupied = int((self._total > 0).sum())
        looks = len(self.history)
        if looks < 2 or occupied < 2:
            return math.nan
        pooled = float(special.xlogy(self._total, self._total / max(self._total.sum(), 1.0)).sum())
        return 2 * (self._inside - pooled) / ((looks - 1) * (occupied - 1))

    def _promise(self) -> str:
        if self.method == "detector":
            return f"false alarms at most every {self.run_length:g} looks on average"
        return f"chance of a false alarm, ever, at most {100 * self.alpha:g} %"

    def _notes(self, dispersion: float) -> tuple[str, ...]:
        notes = ["assumes independent rows"]
        if self.null.counts is not None:
            notes.append(
                f"the reference's {int(self.null.counts.sum()):,} counted rows are taken as a sample, not as its law"
            )
        if len(self.history) >= _ENOUGH_LOOKS and dispersion > _CALM:
            notes.append(
                f"looks differ among themselves {dispersion:.1f} times as much as independent rows of one law: where "
                "that was so before any change, rows of a look hang together and the evidence is overstated (unit=)"
            )
        if math.isinf(self.history[-1] if self.history else 0.0):
            place = int(np.flatnonzero((self._total > 0) & (self.null.probs == 0))[0])
            notes.append(f"infinite: the reference gives {self.cells.names[place]!r} probability 0, and it came")
        return tuple(notes)

    def plot(self) -> Any:
        """Draw the evidence in bits over the looks, with the line at which the alarm rings.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.decisions.monitoring._watch_picture import evidence_picture  # noqa: PLC0415 - an extra

        return evidence_picture({"": self})

    def to_dict(self) -> dict[str, Any]:
        """The whole state as plain values for JSON; `Watch.from_dict` goes on where it stopped.

        Returns:
            A dictionary; infinite evidence is the string "inf".
        """
        return {
            "schema": 1,
            "kind": "watch",
            "cells": {"kind": self.cells.kind, "labels": list(self.cells.labels), "edges": list(self.cells.edges)},
            "probs": self.null.probs.tolist(),
            "ordered": self.null.ordered,
            "counts": None if self.null.counts is None else self.null.counts.tolist(),
            "method": self.method,
            "alpha": self.alpha,
            "run_length": self.run_length,
            "history": ["inf" if math.isinf(one) else one for one in self.history],
            "rows": list(self.rows),
            "total": self._total.tolist(),
            "starts": [[look, counts.tolist()] for look, counts in self._starts],
            "inside": self._inside,
            "alarm": self._alarm,
        }

    @staticmethod
    def from_dict(state: Any, /) -> "Watch":
        """A monitor from what `to_dict` gave.

        Args:
            state: The dictionary, perhaps back from JSON.

        Returns:
            A monitor that goes on where the other stopped.

        Raises:
            InputError: It is no such state.
        """
        if not isinstance(state, dict) or state.get("kind") != "watch" or state.get("schema") != 1:
            raise InputError("The state is not that of a watch, schema 1. Give what to_dict returned.")
        try:
            return _restored(state)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"The state of a watch is damaged: {error!r}. Give what to_dict returned.") from error

    def __repr__(self) -> str:
        return str(self.evidence)


def _restored(state: dict[str, Any]) -> Watch:
    cells = Cells(state["cells"]["kind"], tuple(state["cells"]["labels"]), tuple(state["cells"]["edges"]))
    counts = state["counts"]
    known = None if counts is None else np.array(counts, dtype=np.float64)
    null = Null(np.array(state["probs"], dtype=np.float64), known, bool(state["ordered"]))
    found = Watch(cells, null, method=state["method"], alpha=state["alpha"], run_length=state["run_length"])
    found.history = [float(one) for one in state["history"]]
    found.rows = [int(one) for one in state["rows"]]
    found._total = np.array(state["total"], dtype=np.float64)  # noqa: SLF001 - its own kind
    found._starts = [(int(look), np.array(one, dtype=np.float64)) for look, one in state["starts"]]  # noqa: SLF001
    found._restart()  # noqa: SLF001
    found._inside, found._alarm = float(state["inside"]), state["alarm"]  # noqa: SLF001
    return found


def _kept(start: int, look: int) -> bool:
    """Whether a restart stays: all recent ones, of those twice as old every second one, and so on; always the first."""
    age = (look - start) // _RECENT
    return start % (1 << age.bit_length()) == 0
