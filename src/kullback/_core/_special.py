"""Special functions of whichever library an array belongs to; SciPy and its like are loaded on first use."""

from importlib import import_module

import numpy as np

from kullback._core._arrays import Array, is_jax, is_torch, namespace

_TORCH = {"gammaln": "lgamma", "expit": "expit", "psi": "digamma"}
_JAX = {"psi": "digamma"}


def special(name: str, *arguments: Array) -> Array:
    """A function of `scipy.special` by its name there, in the library of the arrays and differentiable in it.

    Args:
        name: One of gammaln, psi, erf, log_ndtr, ndtr, i0e, i1e, expit and other functions that all libraries share.
        arguments: Arrays of one library.

    Returns:
        The values, as accurate as that library has them.
    """
    xp = namespace(*arguments)
    if is_torch(xp):
        function = getattr(import_module("torch").special, _TORCH.get(name, name), None)
        return function(*arguments) if function else getattr(import_module("torch"), _TORCH[name])(*arguments)
    if is_jax(xp):
        return getattr(import_module("jax.scipy.special"), _JAX.get(name, name))(*arguments)
    if xp.__name__.endswith("cupy"):
        return getattr(import_module("cupyx.scipy.special"), name)(*arguments)
    values = getattr(import_module("scipy.special"), name)(*(np.asarray(argument) for argument in arguments))
    return values if xp is np else xp.asarray(values)


def lgamma(x: Array, /) -> Array:
    """The logarithm of the gamma function."""
    return special("gammaln", x)


def digamma(x: Array, /) -> Array:
    """The derivative of `lgamma`."""
    return special("psi", x)
