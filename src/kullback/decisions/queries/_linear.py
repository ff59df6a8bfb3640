"""Linear models with Gaussian noise, read and checked: designs, the covariance of the prior, the noise."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, is_concrete, numbers


def scaled_designs(xp: Namespace, designs: Array, prior: Array | None, name: str, /) -> Array:
    """Designs times a root of the prior covariance: their rows have the signal's variance as squared length.

    Args:
        xp: The namespace.
        designs: Shape ``(..., features)``.
        prior: Covariance of the coefficients; None for the identity.
        name: How errors call the designs.
    """
    if designs.ndim < 2 or 0 in designs.shape:
        raise InputError(f"{name} has shape {tuple(designs.shape)}. Designs of shape (designs, features) are needed.")
    if is_concrete(designs) and not bool(xp.all(xp.isfinite(designs))):
        raise InputError(f"{name} holds NaN or infinity. Finite numbers are needed.")
    if prior is None:
        return designs
    features = int(designs.shape[-1])
    if tuple(prior.shape) != (features, features):
        raise InputError(
            f"prior has shape {tuple(prior.shape)}. The covariance of {features} coefficients has shape "
            f"({features}, {features})."
        )
    if is_concrete(prior):
        _check_covariance(numbers(prior))
    return designs @ xp.linalg.cholesky(prior)


def _check_covariance(prior: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    finite = bool(np.isfinite(prior).all())
    if not finite or not np.allclose(prior, prior.T, rtol=1e-8, atol=0.0):
        raise InputError("prior is not symmetric, or holds NaN or infinity. A covariance matrix is needed.")
    try:
        np.linalg.cholesky(prior)
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(prior)[0])
        raise InputError(
            f"prior has the eigenvalue {least:.3g}. A positive definite covariance is needed: leave out coefficients "
            "that are known or that follow from others."
        ) from None


def checked_noise(xp: Namespace, noise: Array, shape: tuple[int, ...], name: str = "noise", /) -> Array:
    """Variances of the noise, positive, one or as many as there are measurements."""
    if noise.ndim == 2 and noise.shape[-1] == noise.shape[0] == (shape[-1] if shape else 0):
        raise InputError(
            f"{name} is a matrix of shape {tuple(noise.shape)}. Noise of measurements is taken as independent: give "
            "its variances, or whiten designs and measurements with the Cholesky factor of the covariance first."
        )
    if is_concrete(noise) and not bool(xp.all((noise > 0) & xp.isfinite(noise))):
        worst = numbers(noise).ravel()
        bad = worst[~((worst > 0) & np.isfinite(worst))][0]
        raise InputError(f"{name} = {bad:g} is no variance. A positive number is needed, or one for each measurement.")
    try:
        return xp.broadcast_to(noise, shape)
    except (ValueError, RuntimeError):
        raise InputError(
            f"{name} has shape {tuple(noise.shape)} and the measurements have shape {shape}. Give one number, or one "
            "for each measurement."
        ) from None
