"""Weights of the divergence over the steps of training: constant, warmed up, or in cycles."""

import math
from dataclasses import dataclass
from typing import Any

from kullback._core import InputError
from kullback.nn.vae._inputs import check_number


@dataclass(frozen=True)
class ConstantBeta:
    """The same weight at every step.

    Attributes:
        beta: Weight of the divergence; 1 is the evidence bound, more is the β-VAE, 0 a plain autoencoder.

    Raises:
        InputError: A weight that is negative or not finite; a step that is negative.

    References:
        Higgins et al. (2017), beta-VAE, equation 4.

    Example:
        >>> from kullback.nn import ConstantBeta
        >>> ConstantBeta(4.0)(1000)
        4.0
    """

    beta: float

    def __post_init__(self) -> None:
        """Check the weight."""
        check_number(self.beta, "beta")

    def __call__(self, step: float, /) -> float:
        """The weight at a step."""
        check_number(step, "step")
        return float(self.beta)


@dataclass(frozen=True)
class WarmupBeta:
    """A weight that grows along a line and then stays.

    Attributes:
        beta: The weight from the last step of the line on.
        steps: How many steps the line takes.
        start: The weight at step 0.

    Raises:
        InputError: A weight that is negative or not finite; no step; a step that is negative.

    Note:
        The line delays a collapse and need not prevent it: once the full weight is there, latents that still pay more
        than they explain are given up. `CyclicalBeta` and `free_bits` are other ways.

    References:
        Bowman et al. (2016), Generating Sentences from a Continuous Space, section 3.1.

    Example:
        >>> from kullback.nn import WarmupBeta
        >>> schedule = WarmupBeta(beta=1.0, steps=100)
        >>> schedule(0), schedule(25), schedule(1000)
        (0.0, 0.25, 1.0)
    """

    beta: float
    steps: int
    start: float = 0.0

    def __post_init__(self) -> None:
        """Check the weights and the steps."""
        check_number(self.beta, "beta")
        check_number(self.start, "start")
        _check_count(self.steps, "steps")

    def __call__(self, step: float, /) -> float:
        """The weight at a step, counted from 0."""
        share = min(check_number(step, "step") / self.steps, 1.0)
        return self.start + share * (self.beta - self.start) if share < 1.0 else float(self.beta)


@dataclass(frozen=True)
class CyclicalBeta:
    """A weight that grows from 0 again and again, and stays at its height after the last cycle.

    Attributes:
        beta: The weight at the height of each cycle.
        period: Steps in a cycle.
        cycles: How many cycles.
        ramp: The share of a cycle in which the weight grows along a line, above 0 and at most 1; then it stays.

    Raises:
        InputError: A weight that is negative or not finite; no step or no cycle; a ramp outside 0 to 1.

    References:
        Fu, Li, Liu, Gao, Celikyilmaz and Carin (2019), Cyclical Annealing Schedule: of T steps in all, their M is
        `cycles`, T/M is `period` and R is `ramp`.

    Example:
        >>> from kullback.nn import CyclicalBeta
        >>> schedule = CyclicalBeta(beta=1.0, period=100, cycles=4)
        >>> [schedule(step) for step in (0, 25, 75, 125, 400)]
        [0.0, 0.5, 1.0, 0.5, 1.0]
    """

    beta: float
    period: int
    cycles: int
    ramp: float = 0.5

    def __post_init__(self) -> None:
        """Check the weight, the steps and the ramp."""
        check_number(self.beta, "beta")
        _check_count(self.period, "period")
        _check_count(self.cycles, "cycles")
        if check_number(self.ramp, "ramp", high=1.0) == 0.0:
            raise InputError("ramp is 0. A share above 0 is needed. For a constant weight use ConstantBeta.")

    def __call__(self, step: float, /) -> float:
        """The weight at a step, counted from 0."""
        done = check_number(step, "step") / self.period
        if done >= self.cycles:
            return float(self.beta)
        return self.beta * min((done - math.floor(done)) / self.ramp, 1.0)


def _check_count(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{name} is {value!r}. A whole number of at least 1 is needed.")
