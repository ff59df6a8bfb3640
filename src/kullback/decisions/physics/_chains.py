"""Markov chains on their way to equilibrium, and away from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError, Shown, weights_gap
from kullback.decisions.physics._levels import read_probs
from kullback.families import MarkovChain
from kullback.families._composite import stationary_of
from kullback.fitting.constraints._points import Floats, floats_of


def read_transition(value: Any, name: str = "transition", /) -> Floats:
    """A square matrix whose rows are laws; a `MarkovChain` record is read as well."""
    matrix = floats_of(value.transition if isinstance(value, MarkovChain) else value, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(f"{name} has shape {matrix.shape}. A square matrix is needed.")
    if not (np.isfinite(matrix) & (matrix >= 0)).all():
        raise InputError(f"{name} holds a negative value or NaN. Probabilities are needed.")
    totals = matrix.sum(axis=1)
    if (np.abs(totals - 1.0) > 1e-6).any():
        row = int(np.argmax(np.abs(totals - 1.0)))
        raise InputError(f"Row {row} of {name} adds up to {float(totals[row])!r}, not 1. Rows are laws.")
    rows: Floats = matrix / totals[:, None]
    return rows


@dataclass(frozen=True, eq=False, repr=False)
class EntropyProduction(Figure):
    """How irreversible a stationary Markov chain is.

    Attributes:
        value: D rate of the chain against its time reversal, in nats per step; 0 only under detailed balance.
        stationary: Its stationary law.
        currents: Net flow π_i P_ij - π_j P_ji, antisymmetric.
        one_way: Pairs (i, j) with steps i → j that are never taken back, which make the value infinite.
    """

    value: float
    stationary: Floats
    currents: Floats
    one_way: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        text = f"entropy production D(chain‖reversed chain) = {self.value:.6g} nats ({self.bits:.6g} bits) per step"
        if self.one_way:
            i, j = self.one_way[0]
            return f"{text}\n  infinite: {len(self.one_way)} steps are never taken back, such as {i} → {j}"
        largest = float(np.abs(self.currents).max())
        return f"{text}\n  largest net flow {largest:.3g} per step" + (", detailed balance" if self.value == 0 else "")


def entropy_production(transition: Any, /) -> EntropyProduction:
    r"""Divergence rate of a stationary chain from its time reversal.

    $$ \sum_{ij} π_i P_{ij} \log\frac{π_i P_{ij}}{π_j P_{ji}} $$

    Args:
        transition: Matrix whose row i is the law of the next state after i, or a `kl.families.MarkovChain`.

    Returns:
        The rate in nats per step, with the currents that keep it up.

    Raises:
        InputError: No square matrix of laws, or more than one class of states without a way between them.

    Note:
        Near detailed balance it is of second order in the currents and keeps its digits.

    References:
        Schnakenberg (1976), Reviews of Modern Physics 48. Gaspard (2004), Journal of Statistical Physics 117.

    Example:
        >>> from kullback.decisions.physics import entropy_production
        >>> wheel = [[0.0, 0.75, 0.25], [0.25, 0.0, 0.75], [0.75, 0.25, 0.0]]
        >>> round(entropy_production(wheel).value, 12)  # half of log 3
        0.549306144334
    """
    matrix = read_transition(transition)
    law = np.asarray(stationary_of(MarkovChain(matrix)))
    flow = law[:, None] * matrix
    flow = flow / flow.sum()
    one_way = tuple((int(i), int(j)) for i, j in np.argwhere((flow > 0) & (flow.T == 0)))
    value = np.inf if one_way else float(weights_gap(flow.ravel(), flow.T.ravel()))
    return EntropyProduction(value, law, flow - flow.T, one_way)


@dataclass(frozen=True, eq=False, repr=False)
class Relaxation(Shown):
    """A chain on its way to its stationary law.

    Attributes:
        divergences: D(p_t‖π) in nats for t = 0, …, steps; never rising.
        reverse: D(π‖p_t) in nats, never rising either; infinite while p_t lacks a state.
        laws: p_t, shape ``(steps + 1, n)``.
        stationary: π.
    """

    divergences: Floats
    reverse: Floats
    laws: Floats
    stationary: Floats

    def __str__(self) -> str:
        last = len(self.divergences) - 1
        return f"D(p_t‖π) falls from {self.divergences[0]:.6g} nats to {self.divergences[-1]:.3g} nats in {last} steps"

    def plot(self) -> Any:
        """Draw both divergences over time (needs matplotlib).

        Returns:
            A `matplotlib.figure.Figure`.
        """
        from kullback.decisions.physics._pictures import draw_relaxation  # noqa: PLC0415 - matplotlib is an extra

        return draw_relaxation(self)


def relaxation(transition: Any, start: Any, steps: Any, /) -> Relaxation:
    r"""The H theorem: $D(p_t \,\|\, π)$ never rises along a Markov chain.

    Args:
        transition: Matrix whose row i is the law of the next state after i, or a `kl.families.MarkovChain`.
        start: p₀, a law over the states.
        steps: Number of steps, at least 1.

    Returns:
        Divergences in both directions, step by step.

    Raises:
        InputError: No square matrix of laws, a start that does not fit, or no number of steps.

    References:
        Cover and Thomas (2006), Elements of Information Theory, section 4.4.

    Example:
        >>> from kullback.decisions.physics import relaxation
        >>> found = relaxation([[0.9, 0.1], [0.2, 0.8]], [0.0, 1.0], 10)
        >>> found.divergences[:3].round(6).tolist()
        [1.098612, 0.45958, 0.221907]
    """
    matrix = read_transition(transition)
    law = read_probs(start, len(matrix), "start")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"steps = {steps!r} is no number of steps. A whole number of at least 1 is needed.")
    resting = np.asarray(stationary_of(MarkovChain(matrix)))
    laws = [law]
    for _ in range(steps):
        laws.append(laws[-1] @ matrix)
    table = np.stack(laws)
    forward, backward = (
        np.array([float(weights_gap(*pair)) for pair in pairs])
        for pairs in ([(one, resting) for one in table], [(resting, one) for one in table])
    )
    return Relaxation(forward, backward, table, resting)
