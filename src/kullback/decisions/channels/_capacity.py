"""The capacity of a channel without memory, certified from both sides."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, InputError, phi
from kullback.decisions.channels._inputs import Floats, read_array, read_channel, read_tolerance
from kullback.decisions.channels._simplex import Concave, Solved, maximize

_WARM = 30
# A chance below this adds nothing but what the output has, and overflows where it divides.
_NO_CHANCE = 1e-290
# Shares below this are inputs that the best law does not use.
_UNUSED = 1e-10


@dataclass(frozen=True, eq=False, repr=False)
class ChannelCapacity(Figure):
    """The capacity with the laws that reach it, and a proof of how good it is.

    Attributes:
        value: Information that the input law sends through, in nats a use: a lower bound of the capacity.
        upper: Upper bound of the capacity: the largest divergence of an input's output law from `output`, in nats.
        inputs: Input law, shape ``(inputs,)``.
        output: Output law, shape ``(outputs,)``: the center of the smallest ball of divergence that holds all rows.
        divergences: D(row‖output) of every input in nats: equal where the input is used, not larger elsewhere.
        cost: Mean cost of the input law; None where there are no costs.
        price: Nats that one more unit of cost would bring; None where there are no costs.
        steps: Newton steps that were taken.
    """

    value: float
    upper: float
    inputs: Floats
    output: Floats
    divergences: Floats
    cost: float | None
    price: float | None
    steps: int

    @property
    def gap(self) -> float:
        """Upper less lower bound, in nats: the capacity is at most so much larger than `value`."""
        return max(0.0, self.upper - self.value)

    @property
    def used(self) -> NDArray[np.intp]:
        """Indices of the inputs that are used."""
        return np.flatnonzero(self.inputs > _UNUSED)

    def plot(self) -> Any:
        """Input law, and the divergence of every input from the output law.

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.channels._picture import draw_capacity  # noqa: PLC0415 - only where drawn

        return draw_capacity(self)

    def __str__(self) -> str:
        farthest = float(self.divergences.max())
        lines = [
            f"capacity = {self.value:.9g} nats = {self.bits:.9g} bits a use, certified within {self.gap:.1e} nats",
            f"  {len(self.used)} of {len(self.inputs)} inputs used; largest D(row‖output) = {farthest:.6g} nats",
        ]
        if self.cost is not None:
            lines.append(f"  mean cost {self.cost:.6g}; one more unit brings {self.price:.6g} nats")
        return "\n".join(lines)


def channel_capacity(
    channel: Any, /, *, tolerance: float = 1e-12, costs: Any = None, budget: float | None = None
) -> ChannelCapacity:
    r"""Capacity of a discrete channel without memory.

    $$ C = \max_p I(p, W) = \min_q \max_x D(W_x \,\|\, q) $$

    The largest information that inputs can share with outputs, and the radius of the smallest ball of divergence that
    holds all rows. Any input law gives a lower bound, any output law an upper one, so both are proved.

    Args:
        channel: Chances of the outputs for each input, shape ``(inputs, outputs)``, rows adding up to 1.
        tolerance: Gap between the two bounds to aim at, in nats.
        costs: Cost of each input, shape ``(inputs,)``, not negative; with `budget`.
        budget: Largest mean cost, above the smallest cost.

    Returns:
        The capacity in nats a use (`.bits` in bits), the input law and the output law, and the gap. Where several
        input laws are best, one of them.

    Raises:
        InputError: The channel is no matrix of laws, or no input law meets the budget.

    Note:
        Thirty steps of Blahut and Arimoto, then an interior-point method with Newton steps, which needs a few dozen of
        them where Blahut-Arimoto alone would need millions (unused inputs whose divergence nearly equals the capacity).
        A step costs inputs²·outputs + inputs³/3 operations.

    References:
        Blahut (1972) and Arimoto (1972), IEEE Transactions on Information Theory 18; Cover and Thomas (2006), Elements
        of Information Theory, chapter 7 and theorem 13.1.1 (capacity as radius).

    Example:
        >>> from kullback.decisions.channels import channel_capacity
        >>> found = channel_capacity([[0.9, 0.1], [0.1, 0.9]])
        >>> round(found.bits, 9), found.gap < 1e-10
        (0.531004406, True)
    """
    rows = read_channel(channel)
    goal = read_tolerance(tolerance)
    prices, limit = _read_costs(costs, budget, len(rows))
    useful = rows[:, rows.sum(axis=0) > 0]
    function = _information(useful)
    if prices is None:
        solved = maximize(function, _warm(useful), goal / 4)
    else:
        solved = _with_costs(function, useful, goal, prices, limit)
    return _certified(rows, solved, prices, limit)


def _read_costs(costs: Any, budget: Any, inputs: int) -> tuple[Floats | None, float]:
    if (costs is None) != (budget is None):
        raise InputError("costs and budget belong together. Give both or neither.")
    if costs is None:
        return None, np.inf
    prices = read_array(costs, "costs", 1, "One cost for each input.")
    if prices.shape != (inputs,) or (prices < 0).any():
        raise InputError(f"costs has shape {prices.shape}. {inputs} costs, none negative, are needed.")
    if not isinstance(budget, int | float | np.number) or not budget > prices.min():
        raise InputError(f"budget = {budget!r} does not exceed the smallest cost {prices.min():g}. Raise it.")
    return (None, np.inf) if float(budget) >= prices.max() else (prices, float(budget))


def row_divergences(rows: Floats, output: Floats, /) -> Floats:
    """D(row‖output) of every row in nats, in the form whose terms are never negative."""
    seen = rows > _NO_CHANCE
    safe = np.where(seen, rows, 1.0)
    step = (output - safe) / safe
    with np.errstate(divide="ignore"):
        near = phi(np.maximum(step, -0.5))
        far = step - np.log(np.maximum(output, np.finfo(np.float64).tiny)) + np.log(safe)
    return np.asarray(np.where(seen, rows * np.where(step < -0.5, far, near), output).sum(axis=1))


def _information(rows: Floats) -> Concave:
    def gradient(point: Floats) -> Floats:
        return row_divergences(rows, point @ rows)

    def curvature(point: Floats) -> Floats:
        output = np.maximum(point @ rows, np.finfo(np.float64).tiny)
        return np.asarray((rows / output) @ rows.T)

    def gap(point: Floats, gradient: Floats) -> float:
        return float(gradient.max() - point @ gradient)

    return Concave(gradient, curvature, gap)


def _warm(rows: Floats) -> Floats:
    """A few steps of Blahut and Arimoto from the uniform law, kept off the edge."""
    point = np.full(len(rows), 1 / len(rows))
    for _ in range(_WARM):
        weights = row_divergences(rows, point @ rows)
        point = point * np.exp(weights - weights.max())
        point /= point.sum()
    return np.asarray(0.9 * point + 0.1 / len(rows))


def _with_costs(function: Concave, rows: Floats, goal: float, prices: Floats, limit: float) -> Solved:
    """Without the limit first: where the best law is cheap enough, the limit does not count."""
    free = maximize(function, _warm(rows), goal / 4)
    if float(prices @ free.point) <= limit:
        return free
    cheap = prices == prices.min()
    start = np.where(cheap, 1.0, 0.0) / cheap.sum()
    even = np.full(len(rows), 1 / len(rows))
    share = min(0.5, 0.5 * (limit - prices.min()) / max(float(prices @ even) - prices.min(), 1e-300))
    unit = float(prices.max())
    solved = maximize(function, (1 - share) * start + share * even, goal / 4, costs=prices / unit, budget=limit / unit)
    return Solved(solved.point, solved.multiplier / unit, solved.gap, solved.steps)


def _certified(rows: Floats, solved: Solved, prices: Floats | None, limit: float) -> ChannelCapacity:
    """Both bounds from the point that was found, without what rounding left of unused inputs."""
    inputs = solved.point / solved.point.sum()
    output = inputs @ rows
    divergences = row_divergences(rows, output)
    value = math.fsum(inputs * divergences)
    if prices is None:
        return ChannelCapacity(value, float(divergences.max()), inputs, output, divergences, None, None, solved.steps)
    upper = float((divergences - solved.multiplier * (prices - limit)).max())
    cost = float(prices @ inputs)
    return ChannelCapacity(value, upper, inputs, output, divergences, cost, solved.multiplier, solved.steps)
