"""What result records share: how they show themselves, and a figure in nats read in bits."""

import math
from html import escape


class Shown:
    """A record whose repr is its text; notebooks get the same text in a fixed pitch."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


class Figure(Shown):
    """A record whose main figure is `value` in nats; `float(record)` is that figure."""

    __slots__ = ()

    value: float

    @property
    def nats(self) -> float:
        """The figure in nats."""
        return self.value

    @property
    def bits(self) -> float:
        """The figure in bits."""
        return self.value / math.log(2.0)

    def __float__(self) -> float:
        return float(self.value)
