"""The penalty of Takeuchi: how many parameters a model has by the spread of its scores."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback import families as laws
from kullback.families import Law, domain_of
from kullback.fitting.likelihood._ascent import derivatives, unit_steps
from kullback.fitting.likelihood._density import log_density
from kullback.fitting.likelihood._errors import moving_ends
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_STEP = 0.02
_SIXTH = ((1, 45.0 / 60.0), (2, -9.0 / 60.0), (3, 1.0 / 60.0))


def takeuchi_penalty(law: Any, fixed: frozenset[str], sample: Sample, /) -> float | None:
    r"""tr(J I⁻¹): J the mean square of the scores, I minus the mean Hessian of the log likelihood, both at the fit.

    Args:
        law: What was fitted.
        fixed: Names that did not move.
        sample: The data.

    Returns:
        The penalty, near the number of parameters where the model is right; None where it is not known: ends of the
        support, medians, parameters on an edge, laws of vectors.

    References:
        Takeuchi (1976), Suri-Kagaku 153; Burnham and Anderson (2002), Model Selection and Multimodel Inference,
        section 7.3.
    """
    if isinstance(law, laws.Categorical | laws.Multinomial):
        # Where there are as many parameters as outcomes the model is never wrong: J = I.
        seen = int(np.count_nonzero(np.asarray(law.probs)))
        return float(seen - 1) if isinstance(law, laws.Categorical) else None
    if isinstance(law, laws.TruncatedNormal) and not {"low", "high"} <= fixed:
        return None
    if moving_ends(law, fixed) or isinstance(law, laws.Laplace | laws.DiscreteUniform | laws.Mixture | laws.Product):
        return None
    names = [name for name in law.parameters() if name not in fixed and not _is_whole(law, name)]
    values = [law.parameters()[name] for name in names]
    if not names or any(np.ndim(value) for value in values) or sample.points.ndim > 1:
        return None
    origin = np.array([_forth(law, name, float(value)) for name, value in zip(names, values, strict=True)])
    if not np.all(np.isfinite(origin)):
        return None
    return _trace(law, names, origin, sample)


def _trace(law: Law, names: list[str], origin: Floats, sample: Sample) -> float | None:
    def moved(t: Floats) -> Floats:
        new = {name: _back(law, name, float(value)) for name, value in zip(names, t, strict=True)}
        return log_density(type(law)(**{**law.parameters(), **new}), sample.points)

    def height(t: Floats) -> float:
        return sample.mean(moved(t))

    scales = unit_steps(height, origin)
    _, hessian = derivatives(height, origin, scales)
    scores = np.empty((len(names), len(sample.points)))
    for i in range(len(names)):
        step = np.zeros_like(origin)
        step[i] = scales[i] * _STEP
        scores[i] = sum(c * (moved(origin + k * step) - moved(origin - k * step)) for k, c in _SIXTH) / _STEP
    spread = np.array([[sample.mean(a * b) for a in scores] for b in scores])
    try:
        return float(np.trace(np.linalg.solve(-hessian, spread)))
    except np.linalg.LinAlgError:  # flat to the last digit: nothing can be said
        return None


def _is_whole(law: Law, name: str) -> bool:
    return domain_of(law, name).words.startswith("a whole number")


def _forth(law: Law, name: str, value: float) -> float:
    words = domain_of(law, name).words
    with np.errstate(divide="ignore"):
        if words.startswith("a probability"):
            return float(special.logit(value))
        if "above 1" in words:
            return float(np.log(value - 1.0))
        return float(np.log(value)) if "positive" in words or "zero or larger" in words else value


def _back(law: Law, name: str, value: float) -> float:
    words = domain_of(law, name).words
    if words.startswith("a probability"):
        return float(special.expit(value))
    if "above 1" in words:
        return 1.0 + float(np.exp(value))
    return float(np.exp(value)) if "positive" in words or "zero or larger" in words else value
