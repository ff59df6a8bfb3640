"""Expected information gain of measurements of a linear model with Gaussian noise and a Gaussian prior."""

from typing import Any

from kullback._core import Array, bring, namespace
from kullback.decisions.queries._linear import checked_noise, scaled_designs


def linear_gain(designs: Any, prior: Any, noise: Any, /) -> Array:
    """½ log det(I + X Σ Xᵀ / σ²), shape ``(*designs,)``.

    Args:
        designs: Shape ``(designs, features)``, or ``(*designs, measurements, features)``.
        prior: Covariance of the coefficients; None for the identity.
        noise: Variance of the noise.
    """
    xp = namespace(designs, prior, noise)
    given = [designs, noise] if prior is None else [designs, noise, prior]
    (x, variance, *rest), give_back = bring(xp, given)
    signal = scaled_designs(xp, x, rest[0] if rest else None, "the array of designs")
    scaled = signal / xp.sqrt(checked_noise(xp, variance, tuple(x.shape[:-1])))[..., None]
    if x.ndim == 2:
        return give_back(0.5 * xp.log1p(xp.sum(scaled * scaled, axis=-1)))
    # Singular values, not the determinant: small ones beside large ones keep their digits.
    values = xp.linalg.svdvals(scaled)
    return give_back(0.5 * xp.sum(xp.log1p(values * values), axis=-1))
