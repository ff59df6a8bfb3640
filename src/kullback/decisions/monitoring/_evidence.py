"""What a monitor knows after a look."""

import math
from dataclasses import dataclass

from kullback._core import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Evidence(Figure):
    """The evidence that a stream has left its reference; the figure is the log of an e-process, in nats (or `.bits`).

    Attributes:
        value: Log of the e-process now, in nats; its chance to ever reach b bits without a change is at most 2^-b.
        highest: The highest it has been, in nats.
        needed: Where the alarm rings, in nats.
        p_value: Valid at every look, however often one looks: 1 over the highest e-process, at most 1. None for the
            method "detector", which promises run lengths.
        rows: Rows of the stream.
        looks: Batches.
        alarm_look: The first look at which the evidence was high enough, counted from 1; None before.
        change: Looks that passed before the change, where the evidence puts it; 0 for a stream that never fitted.
        growth: Evidence per row since then in nats: about D(current‖reference) once the shift is learned, less before.
        divergence: D(current‖reference) of the rows since then, over the cells, less its bias; nats.
        dispersion: How much looks differ among themselves, 1 for independent rows of one law; NaN at one look.
        promise: What the alarm promises.
        notes: What is assumed, and what to beware of.
    """

    value: float
    highest: float
    needed: float
    p_value: float | None
    rows: int
    looks: int
    alarm_look: int | None
    change: int
    growth: float
    divergence: float
    dispersion: float
    promise: str
    notes: tuple[str, ...]

    @property
    def alarm(self) -> bool:
        """Whether the alarm has rung, at this look or before."""
        return self.alarm_look is not None

    @property
    def e_value(self) -> float:
        """The e-process itself; infinite beyond the range of floats."""
        return math.exp(self.value) if self.value < 709 else math.inf

    def __str__(self) -> str:
        bits = math.log(2)
        state = f"ALARM at look {self.alarm_look}" if self.alarm else "no alarm"
        chance = "" if self.p_value is None else f", anytime p-value {self.p_value:.2g}"
        levels = f"evidence {self.bits:.4g} bits of {self.needed / bits:.4g} needed (highest {self.highest / bits:.4g})"
        lines = [f"{state}: {levels} after {self.rows:,} rows in {self.looks:,} looks{chance}", f"  {self.promise}"]
        if self.rows:
            since = f"since look {self.change}" if self.change else "from the start"
            lines.append(
                f"  D(current‖reference) = {self.divergence / bits:.4g} bits a row {since}; evidence grew by "
                f"{self.growth / bits:.4g} bits a row"
            )
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
