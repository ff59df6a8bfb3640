"""The interval of a share."""

from scipy import special


def proportion_interval(count: float, total: float, /, *, confidence: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval of a share: covers at least `confidence` at any size.

    Args:
        count: Rows that have the property, from 0 to `total`.
        total: Rows in all, positive.
        confidence: Level between 0 and 1.

    Returns:
        Lower and upper bound of the share.

    References:
        Clopper and Pearson (1934), Biometrika 26.
    """
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if count <= 0 else float(special.betaincinv(count, total - count + 1.0, tail))
    high = 1.0 if count >= total else float(special.betaincinv(count + 1.0, total - count, 1.0 - tail))
    return low, high
