"""Scores that say how little a prediction looks like one for the data that a classifier was trained on."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import Array, InputError, Namespace, bring, is_concrete, namespace, not_negative, numbers
from kullback._core import softmax_gap as softmax_divergence
from kullback.decisions.monitoring._kl_matching import KLMatching

GIVEN = ("logits", "log_probs", "probs")
_TOLERANCE = 1e-3


def ood_score(
    logits: Any,
    /,
    *,
    method: "str | KLMatching" = "entropy",
    given: str = "logits",
    axis: int = -1,
    temperature: float = 1.0,
    raw: bool = False,
) -> Array:
    r"""How much a prediction q looks out-of-distribution: for every method, higher is more so.

    | method | score | raw |
    | --- | --- | --- |
    | "entropy" | $H(q)$ | the same |
    | "kl_to_uniform" | $-D(q \,\|\, u)$ | $D(q \,\|\, u) = \log K - H(q)$, high for confident predictions |
    | "uniform_to_q" | $-D(u \,\|\, q)$ | $D(u \,\|\, q)$, high for confident predictions |
    | "max_softmax" | $1 - \max q$ | $\max q$ |
    | "max_logit" | $-\max z$ | $\max z$ |
    | "energy" | $-T \log \sum e^{z/T}$ | the same |
    | a `KLMatching` | $\min_k D(q \,\|\, d_k)$ | the same |

    "entropy" and "kl_to_uniform" rank predictions alike: their sum is always $\log K$, up to sign.

    Args:
        logits: Predictions of shape (..., classes, ...).
        method: One of the words above, or a fitted `KLMatching`.
        given: What predictions are: "logits", "log_probs" or "probs".
        axis: Where the classes are.
        temperature: Divides the logits first, positive.
        raw: Whether to give the raw quantity of the table in place of the score.

    Returns:
        Scores of the shape of the batch in nats (max_softmax is a probability), in the library and float of the input.

    Raises:
        InputError: A word is not known, predictions are not what `given` says, or "energy" and "max_logit" are asked of
            probabilities, which have lost the size of the logits.

    Note:
        Nothing is clipped: logits that lie 1e4 apart give the right finite scores, and near-uniform ones keep their
        digits. Which method is best depends on the classifier: measure with `evaluate_ood`.

    References:
        Hendrycks and Gimpel (2017), ICLR, for max_softmax; Liu, Wang, Owens and Li (2020), NeurIPS, for energy;
        Hendrycks et al. (2022), ICML, for max_logit and KL matching; Huang, Geng and Li (2021), NeurIPS, for
        gradients of D(u‖q).

    Example:
        >>> from kullback.decisions.monitoring import ood_score
        >>> q = [0.7, 0.2, 0.1]
        >>> float(ood_score(q, given="probs", method="kl_to_uniform", raw=True).round(12))
        0.296793736125
        >>> float(ood_score(q, given="probs", method="uniform_to_q", raw=True).round(12))
        0.324287027788
    """
    xp, values, give_back = read_predictions(logits, given, axis, temperature)
    if isinstance(method, KLMatching):
        return give_back(method.score_of(xp, values))
    if method not in _SCORES:
        raise InputError(f"method = {method!r} is not known. Choose from {', '.join(_SCORES)}, or a fitted KLMatching.")
    if method in {"energy", "max_logit"} and given != "logits":
        raise InputError(f"method = {method!r} needs logits: {given} no longer say how large they were.")
    with np.errstate(all="ignore"):
        value, score = _SCORES[method](xp, values)
    if method in {"energy", "max_logit"}:
        value, score = value * temperature, score * temperature
    return give_back(value if raw else score)


def read_predictions(
    logits: Any, given: str, axis: int, temperature: float, /
) -> tuple[Namespace, Array, Callable[[Array], Array]]:
    """Predictions as logits along the last axis.

    Args:
        logits: What came.
        given: One of `GIVEN`.
        axis: Where the classes are.
        temperature: Divides the logits.

    Returns:
        The namespace, the logits, and what casts a result back.

    Raises:
        InputError: They are not what `given` says.
    """
    if given not in GIVEN:
        raise InputError(f"given = {given!r} is not known. Choose from {', '.join(GIVEN)}.")
    if not 0 < temperature < math.inf:
        raise InputError(f"temperature = {temperature!r}. A positive number is needed.")
    xp = namespace(logits)
    (array,), give_back = bring(xp, [logits])
    if array.ndim == 0 or not -array.ndim <= axis < array.ndim:
        raise InputError(f"axis = {axis} is not there: predictions have shape {tuple(array.shape)}.")
    array = xp.moveaxis(array, axis, -1)
    if array.shape[-1] == 0:
        raise InputError(f"Predictions have no classes: their shape is {tuple(array.shape)}.")
    if is_concrete(array):
        _check(numbers(array), given)
    if given == "probs":
        with np.errstate(divide="ignore"):
            array = xp.log(array)
    return xp, array / temperature if temperature != 1 else array, give_back


def _check(values: np.ndarray[Any, np.dtype[np.float64]], given: str) -> None:
    if np.isnan(values).any() or (values == np.inf).any() or (values == -np.inf).all(axis=-1).any():
        raise InputError(f"Predictions hold NaN or infinity, or a row of -inf alone. Finite {given} are needed.")
    if given == "logits":
        return
    shares = values if given == "probs" else np.exp(values)
    totals = np.atleast_1d(shares.sum(axis=-1))
    off = np.abs(totals - 1.0) > _TOLERANCE
    if (shares < 0).any() or off.any():
        place = float(shares.min()) if (shares < 0).any() else float(totals[off][0])
        raise InputError(f"given = {given!r}, but a row has {place:.6g} (an entry below 0, or a total that is not 1).")


def _sorted(xp: Namespace, logits: Array) -> tuple[Array, Array, Array, Array]:
    """The largest logit, the others less it, and the mass of the others over that of the largest."""
    order = xp.sort(logits, axis=-1)
    top = order[..., -1]
    below = order[..., :-1] - top[..., None]
    weights = xp.exp(below)
    return top, below, weights, xp.sum(weights, axis=-1)


def _entropy(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    # log(1 + s) + Σ w (-z) / (1 + s): every term is positive, so confident predictions keep their digits.
    _, below, weights, rest = _sorted(xp, logits)
    gaps = xp.where(weights > 0, weights * -xp.where(weights > 0, below, 0.0 * weights), 0.0 * weights)
    value = xp.log1p(rest) + xp.sum(gaps, axis=-1) / (1.0 + rest)
    return value, value


# From here on a class has lost its mass to rounding, so the law is not near uniform.
_SPREAD = 40.0


def _kl_to_uniform(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    entropy, _ = _entropy(xp, logits)
    most = math.log(logits.shape[-1])
    # Near uniform the difference would cancel; with logits 1e4 apart, where some class is lost, the gaps would.
    near = softmax_divergence(logits, xp.zeros_like(logits))
    spread = xp.max(logits, axis=-1) - xp.min(logits, axis=-1)
    value = xp.where(spread < _SPREAD, near, most - entropy)
    return value, 0.0 - value


def _uniform_to_q(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    value = not_negative(xp, softmax_divergence(xp.zeros_like(logits), logits))
    return value, 0.0 - value


def _max_softmax(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    *_, rest = _sorted(xp, logits)
    return 1.0 / (1.0 + rest), rest / (1.0 + rest)


def _max_logit(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    value = xp.max(logits, axis=-1)
    return value, 0.0 - value


def _energy(xp: Namespace, logits: Array) -> tuple[Array, Array]:
    top, _, _, rest = _sorted(xp, logits)
    value = 0.0 - (top + xp.log1p(rest))
    return value, value


_SCORES: dict[str, Callable[[Namespace, Array], tuple[Array, Array]]] = {
    "entropy": _entropy,
    "kl_to_uniform": _kl_to_uniform,
    "uniform_to_q": _uniform_to_q,
    "max_softmax": _max_softmax,
    "max_logit": _max_logit,
    "energy": _energy,
}
METHODS = tuple(_SCORES)
