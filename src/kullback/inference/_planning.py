"""How many rows a shift needs, and which shift so many rows would show."""

import math

from scipy import optimize

from kullback.estimators._divergence_law import DivergenceLaw

# No table has fewer or more rows, design effects and unequal sides included.
_SMALLEST, _LARGEST = 1e-12, 1e18


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

    Returns:
        The size, not rounded; infinite beyond 1e18, where no table goes.

    References:
        Kullback (1959), Information Theory and Statistics, chapter 6; Cohen (1988), Statistical Power Analysis for the
        Behavioral Sciences, chapter 7.
    """

    def lacking(log_size: float) -> float:
        # Without a margin this is a line, with one nearly.
        shown = shown_divergence(math.exp(log_size), margin, cells, alpha=alpha, power=power)
        return math.log(shown / divergence) if shown else -math.inf

    low, high = math.log(_SMALLEST), math.log(_LARGEST)
    if lacking(low) <= 0:
        return _SMALLEST
    if lacking(high) > 0:
        return math.inf
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
