"""What is known of a figure of mixtures: its value, what brackets it, and how it was found."""

import math
from dataclasses import dataclass, field

from kullback._core import Figure
from kullback.estimators import Estimate


@dataclass(frozen=True, eq=False, repr=False)
class MixtureFigure(Figure):
    """A divergence or entropy of mixtures of normal laws.

    Attributes:
        value: The figure in nats.
        lower: It is not below this, but for rounding.
        upper: It is not above this.
        error: Error of the value: a bound for integrals, an estimate for cubature, a standard error for draws.
        method: How the value was found.
        exact: Whether the value is an integral, right to `error`; otherwise it is an estimate from draws.
        bounds: Every proven bound by name, in nats; "lower" or "upper" is in the name.
        estimate: The estimate from draws with its interval, where draws were needed.
        dimension: Coordinates in which the mixtures differ, fewer than they have where the others agree.
        quantity: What the figure is.
    """

    value: float
    lower: float
    upper: float
    error: float
    method: str
    exact: bool
    bounds: dict[str, float] = field(default_factory=dict)
    estimate: Estimate | None = None
    dimension: int = 1
    quantity: str = "D(p‖q)"

    def __str__(self) -> str:
        digits = 12 if self.error < 1e-9 * max(abs(self.value), 1e-12) else 6
        sign = "error" if self.exact else "standard error"
        lines = [f"{self.quantity} = {self.value:.{digits}g} nats, {sign} {self.error:.2g}", f"  by {self.method}"]
        if not self.exact:
            lines.append(f"  proven to be in [{self.lower:.5g}, {self.upper:.5g}] nats")
        if self.estimate is not None:
            low, high = self.estimate.interval
            lines.append(f"  {100 * self.estimate.confidence:g} % interval [{low:.5g}, {high:.5g}] nats")
        return "\n".join(lines)


def exact_figure(value: float, error: float, method: str, dimension: int, quantity: str, /) -> MixtureFigure:
    """A figure from an integral."""
    low = value - error if not quantity.startswith(("D", "JS")) else max(value - error, 0.0)
    found = MixtureFigure(value, low, value + error, error, method, exact=True, dimension=dimension, quantity=quantity)
    return found if math.isfinite(error) else _unresolved(found)


def _unresolved(found: MixtureFigure) -> MixtureFigure:
    return MixtureFigure(
        found.value,
        0.0 if found.quantity.startswith(("D", "JS")) else -math.inf,
        math.inf,
        found.error,
        f"{found.method}, not resolved",
        exact=False,
        dimension=found.dimension,
        quantity=found.quantity,
    )
