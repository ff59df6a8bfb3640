"""How many rows a shift needs, and which shift so many rows would show."""

import math

from scipy import optimize

from kullback.inference._interval import DivergenceLaw


def needed_size(divergence: float, margin: float, cells: int, /, *, alpha: float, power: float) -> float:
    r"""Effective size n·m / (n + m) at which a divergence is found to exceed the margin with chance `power`.

    Twice the effective size times the plug-in follows the noncentral chi-squared law with cells − 1 degrees of freedom,
    so the size $N$ is the least with

    $$ P\left(\chi'^2_{K-1}(2ND) > c\right) \ge \text{power}, \qquad
       P\left(\chi'^2_{K-1}(2N \cdot \text{margin}) > c\right) = \alpha. $$

    Args:
        divergence: In nats, larger than `margin`.
        margin: In nats, 0 or more.
        cells: At least two.
        alpha: Level of the test.
        power: Between `alpha` and 1.

    References:
        Kullback (1959), Information Theory and Statistics, chapter 6; Cohen (1988), Statistical Power Analysis for the
        Behavioral Sciences, chapter 7.
    """

    def lacking(log_size: float) -> float:
        size = math.exp(log_size)
        return shown_divergence(size, margin, cells, alpha=alpha, power=power) - divergence

    low = high = 0.0
    while lacking(high) > 0:
        low, high = high, high + math.log(16)
    while lacking(low) <= 0:
        high, low = low, low - math.log(16)
    root: float = optimize.brentq(lacking, low, high, xtol=1e-12, rtol=1e-14)
    return math.exp(root)


def shown_divergence(size: float, margin: float, cells: int, /, *, alpha: float, power: float) -> float:
    """Smallest divergence in nats that an effective size shows to exceed the margin with chance `power`.

    Args:
        size: Effective size n·m / (n + m).
        margin: In nats, 0 or more.
        cells: At least two.
        alpha: Level of the test.
        power: Between `alpha` and 1.
    """
    law = DivergenceLaw(cells - 1)
    critical = law.quantile(2 * size * margin, 1 - alpha)
    return law.noncentrality(critical, 1 - power) / (2 * size)
