"""The table of channels: capacity with its proof, beside plain Blahut-Arimoto."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.figures import grid, timed
from kullback import decisions

Matrix = NDArray[np.float64]
GOAL, STEPS, QUICK = 1e-9, 100_000, 2_000
HEADS = (
    "channel",
    "inputs x outputs",
    "capacity, bits",
    "kullback: gap, nats",
    "steps",
    "CPU ms",
    "Blahut-Arimoto: gap, nats",
    "steps",
    "CPU ms",
    "CPU time, Blahut-Arimoto / kullback",
)


def capacity(*, quick: bool = False) -> str:
    """The table."""
    limit = QUICK if quick else STEPS
    rows = []
    decisions.channel_capacity(np.eye(2))  # what is loaded on first use is no part of the time
    for name, channel in channels().items():
        ours, spent = timed(lambda channel=channel: decisions.channel_capacity(channel))
        (lower, upper, steps), other = timed(lambda channel=channel: blahut_arimoto(channel, limit))
        gaps = [f"{max(gap, 0):.1g}" for gap in (ours.gap, upper - lower)]
        size = "{} x {}".format(*channel.shape)
        mine = [f"{ours.bits:.9f}", gaps[0], ours.steps, f"{1e3 * spent:.2g}"]
        rows.append([name, size, *mine, gaps[1], f"{steps:,}", f"{1e3 * other:.2g}", f"{other / spent:.2g}"])
    head = (
        "Gap: what the bounds that each holds (information sent, and the largest divergence of an input's row from "
        "the output law) leave open. Blahut-Arimoto, ten lines of NumPy, starts from even inputs and stops at a gap "
        f"of {GOAL:g} or after {limit:,} steps; kullback aims at 1e-12 and takes 30 of its steps before those "
        "counted, which are Newton's."
    )
    return f"{head}\n\n{grid(HEADS, rows)}"


def blahut_arimoto(channel: Matrix, limit: int, goal: float = GOAL) -> tuple[float, float, int]:
    """Lower and upper bound of the capacity in nats, and steps."""
    inputs = np.full(len(channel), 1 / len(channel))
    negative_entropy = special.xlogy(channel, channel).sum(axis=1)
    for step in range(1, limit + 1):
        divergences = negative_entropy - special.xlogy(channel, inputs @ channel).sum(axis=1)
        lower, upper = float(inputs @ divergences), float(divergences.max())
        if upper - lower < goal or step == limit:
            break
        inputs = inputs * np.exp(divergences - upper)
        inputs /= inputs.sum()
    return lower, upper, step


def channels() -> Mapping[str, Matrix]:
    """From the easiest to the hardest."""
    rng = np.random.default_rng(0)
    symmetric = np.array([[0.89, 0.11], [0.11, 0.89]])
    return {
        "binary symmetric, .11": symmetric,
        "Z, .5": np.array([[1.0, 0.0], [0.5, 0.5]]),
        "even Dirichlet rows": rng.dirichlet(np.ones(32), size=32),
        "noise of 64 levels to 256": _levels(64, 256),
        "an input nearly worth its use": _nearly(symmetric),
    }


def _levels(inputs: int, outputs: int) -> Matrix:
    """Levels between 0 and 1 with normal noise of a twentieth, read in cells: few inputs are used at the best."""
    edges = np.linspace(-0.2, 1.2, outputs + 1)[1:-1]
    cumulated = special.ndtr((edges - np.linspace(0, 1, inputs)[:, None]) / 0.05)
    return np.diff(cumulated, axis=1, prepend=0, append=1)


def _nearly(symmetric: Matrix) -> Matrix:
    """A third input whose divergence from the best output is one part in a million below the capacity."""
    noise = 0.11
    best = math.log(2) + special.xlogy(noise, noise) + special.xlogy(1 - noise, 1 - noise)
    # Rows (a, b, c) over three outputs; the third output is that input's own, so it is found by its chance.
    wide = np.column_stack([symmetric * (1 - OWN), np.full(2, OWN)])
    output = wide.mean(axis=0)
    low, high = OWN, 0.9
    goal = (1 - OWN) * best * (1 - 1e-6)
    for _ in range(200):
        middle = (low + high) / 2
        row = np.array([(1 - middle) / 2, (1 - middle) / 2, middle])
        low, high = (middle, high) if float(special.rel_entr(row, output).sum()) < goal else (low, middle)
    return np.vstack([wide, row])


OWN = 0.05
