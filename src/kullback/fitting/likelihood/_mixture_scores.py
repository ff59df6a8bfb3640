"""The information of a fitted mixture, from the scores of its own sample."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback.families import Law
from kullback.fitting.likelihood._density import log_density
from kullback.fitting.likelihood._sample import Sample

Floats = NDArray[np.float64]
_STEP = 1e-4


def empirical_information(law: Any, sample: Sample, names: list[str], /) -> Floats:
    """The mean product of the scores at the sample, which estimates the Fisher information.

    Args:
        law: A mixture that was fitted; every component may be of any family.
        sample: The data.
        names: Coordinates, as "weights[0]" and "components[1].loc".

    Returns:
        The matrix in the order of the names.

    References:
        Louis (1982), JRSS B 44; McLachlan and Peel (2000), Finite Mixture Models, section 2.15.
    """
    parts = [log_density(part, sample.points) for part in law.components]
    weights = np.asarray(law.weights) / np.sum(law.weights)
    total = log_density(laws.Mixture(weights, law.components), sample.points)
    ratios = [np.exp(part - total) for part in parts]
    scores = np.stack([_score(name, law, weights, ratios, sample) for name in names])
    return np.asarray((scores * sample.shares()) @ scores.T)


def _score(name: str, law: Any, weights: Floats, ratios: list[Floats], sample: Sample) -> Floats:
    head, mark, inner = name.partition("].")
    place = int(head.partition("[")[2].rstrip("]"))
    if not mark:
        return ratios[place]
    return np.asarray(weights[place] * ratios[place] * _slope(law.components[place], inner, sample.points))


def _slope(part: Law, name: str, points: Floats) -> Floats:
    """The derivative of a component's log density by one coordinate, by differences of fourth order."""
    own, _, places = name.partition("[")
    index = tuple(int(place) for place in places.rstrip("]").split(",")) if places else ()
    value = np.asarray(part.parameters()[own], dtype=np.float64)
    size = _STEP * max(abs(float(value[index])), float(np.max(np.abs(value))) * 0.1, _spread(part))

    def moved(steps: float) -> Floats:
        new = value.copy()
        new[index] += steps * size
        if own == "covariance_matrix" and index[0] != index[1]:
            new[index[::-1]] = new[index]
        return log_density(type(part)(**{**part.parameters(), own: new}), points)

    near, far = (moved(steps) - moved(-steps) for steps in (1.0, 2.0))
    return np.asarray((8.0 * near - far) / (12.0 * size))


def _spread(part: Any) -> float:
    """The scale of a component whose place may be 0."""
    return float(getattr(part, "scale", 0.0)) if np.ndim(getattr(part, "scale", 0.0)) == 0 else 0.0
