"""Whether importance weights have a tail that can be believed: k-hat of Pareto smoothed importance sampling."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.estimators._tail_shape import tail_shape

# The smallest sample whose tail (a fifth of it) is long enough for a fit.
_LEAST = 100
# Vehtari et al. pull the shape of short tails toward ½, as if ten more values had it.
_PRIOR_SHAPE, _PRIOR_SIZE = 0.5, 10.0


def khat(log_weights: Any, /) -> float:
    r"""Shape k of the Pareto tail of importance weights p/q at draws of q.

    Moments of the weights of order 1/k and above are infinite: from ½ their variance is, from 1 their mean. Below
    `khat_limit` importance sampling with these draws works.

    Args:
        log_weights: log p(x) - log q(x) at independent draws x of q, shape ``(n,)``, n ≥ 100; p need not be
            normalized. -inf is a draw where p is zero.

    Returns:
        The shape; -inf where all large weights are the same, as for p = q.

    Raises:
        InputError: Fewer than 100 weights, another shape, NaN or +inf among them, or all of them zero.

    Note:
        It knows only where q has been. A q that sits on one of two far modes has constant weights, so k-hat is
        excellent and half the mass is missed all the same. Generalized Pareto fit of Zhang and Stephens to the largest
        min(n/5, 3√n) weights.

    References:
        Vehtari, Simpson, Gelman, Yao and Gabry (2024), Journal of Machine Learning Research 25, section 3; Zhang and
        Stephens (2009), Technometrics 51.

    Example:
        >>> import numpy as np
        >>> from kullback.fitting.projections import khat
        >>> weights = np.random.default_rng(1).pareto(1 / 0.9, 20_000) + 1  # a tail of shape 0.9
        >>> bool(abs(khat(np.log(weights)) - 0.9) < 0.2)
        True
    """
    values = np.asarray(numbers(log_weights), dtype=np.float64)
    if values.ndim != 1 or len(values) < _LEAST:
        raise InputError(
            f"log_weights has shape {values.shape}. A vector of at least {_LEAST} is needed. Draw more from q."
        )
    if np.isnan(values).any() or (values == np.inf).any():
        raise InputError("log_weights holds NaN or +inf. Numbers below infinity are needed. Look at q where it is 0.")
    top = float(values.max())
    if top == -np.inf:
        raise InputError("log_weights is -inf throughout. p must have mass where q has. Choose another q.")
    shape = tail_shape(np.exp(values - top))
    size = int(min(0.2 * len(values), 3.0 * math.sqrt(len(values))))
    return (size * shape + _PRIOR_SIZE * _PRIOR_SHAPE) / (size + _PRIOR_SIZE)


def khat_limit(size: int, /) -> float:
    r"""The shape up to which Pareto smoothed importance sampling with so many draws can be believed.

    $$ \min(1 - 1/\log_{10} n,\; 0.7) $$

    Args:
        size: Number n of draws, at least 2.

    Returns:
        The limit, 0.7 from about 2,200 draws on.

    References:
        Vehtari et al. (2024), Journal of Machine Learning Research 25, section 3.2.4.

    Example:
        >>> from kullback.fitting.projections import khat_limit
        >>> khat_limit(4000)
        0.7
    """
    return min(1.0 - 1.0 / math.log10(size), 0.7)
