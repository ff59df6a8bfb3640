"""Named problems: two laws, how to draw from them, and their divergence in nats.

Truths are closed forms, sums or quadrature (`bench.estimation.truths`), one is simulated. Figures that
stand as goals in the project's notes on estimation are `goal`; elsewhere an estimate is within tolerance at a root mean
square error of .05 nats or 15 % of the truth, whichever is more.
"""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Sample = Any  # an array of shape (n,) or (n, d), or a data frame
Sampler = Callable[[np.random.Generator, int, int], tuple[Sample, Sample]]

ABSOLUTE, RELATIVE = 0.05, 0.15


@dataclass(frozen=True, eq=False)
class Problem:
    """Two laws.

    Attributes:
        name: As in the tables.
        kind: "line", "space", "discrete", "tied", "mixed", or "null" for those that only coverage asks.
        draw: Samples of n and m rows from a generator.
        exact: The divergence, computed when first asked for.
        n: Rows of x in the table of accuracy.
        m: Rows of y.
        goal: Root mean square error that is owed at n and m; None where it is left to the rule.
    """

    name: str
    kind: str
    draw: Sampler
    exact: Callable[[], float]
    n: int = 1000
    m: int = 1000
    goal: float | None = None

    @property
    def truth(self) -> float:
        """D(P‖Q) in nats."""
        return _known(self.exact)

    @property
    def tolerance(self) -> float:
        """Root mean square error up to which estimates count as right."""
        return max(ABSOLUTE, RELATIVE * self.truth) if self.goal is None else self.goal

    def samples(self, seed: int, n: int | None = None, m: int | None = None) -> tuple[Sample, Sample]:
        """The pair of samples of a seed; other problems with the same seed have other draws."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        return self.draw(rng, n or self.n, m or self.m)


@cache
def _known(exact: Callable[[], float]) -> float:
    return float(exact())


def independent(p: Any, q: Any) -> Sampler:
    """Samples of two laws of scipy.stats."""
    return lambda rng, n, m: (p.rvs(size=n, random_state=rng), q.rvs(size=m, random_state=rng))


def all_problems() -> dict[str, Problem]:
    """Every problem by its name, in the order of the tables."""
    from bench.estimation import counted, line, nulls, space  # noqa: PLC0415 - they import this module

    some = [*line.PROBLEMS, *space.PROBLEMS, *counted.PROBLEMS, *nulls.PROBLEMS]
    return {problem.name: problem for problem in some}


def constant(value: float) -> Callable[[], float]:
    """A closed form."""
    return lambda: value


LOG2 = math.log(2)
