"""The Fisher information of a mixture on the line, by quadrature of the products of its scores."""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Array, InputError, numbers
from kullback.adapters import to_law
from kullback.divergences._ladder import density
from kullback.families import FAMILIES, Law, Mixture, log_prob
from kullback.fitting.geometry._coordinates import coordinate_names
from kullback.fitting.geometry._shift import moved
from kullback.numerics import expectation, lattice_expectation

Floats = NDArray[np.float64]
_STEPS = (4e-3, 2e-3)  # of the length that is told apart by one draw
_LEVELS = 3


def mixture_information(law: Any, /) -> tuple[Array, float]:
    """The matrix of a mixture by weights and the parameters of its components, and its relative error."""
    parts = [to_law(part) for part in law.components]
    if law.batch_shape or any(part.batch_shape for part in parts):
        raise InputError(f"{law!r} is a batch. The information of a mixture is computed one by one.")
    parts = [moved(part, np.zeros(len(coordinate_names(part)))) for part in parts]
    law = Mixture(numbers(law.weights), tuple(parts))
    side = density(law)
    if side is None:
        raise InputError(f"{law!r} is no mixture on the line. The information is computed for such only.")
    reaches = [_reaches(part) for part in parts]
    mean = lattice_expectation if FAMILIES[type(law)].support(law).kind == "lattice" else expectation
    (first, _), (last, error) = (
        _matrix(law, parts, [size * reach for reach in reaches], lambda f: mean(side, f, tolerance=1e-13))
        for size in _STEPS
    )
    unit = np.sqrt(np.diag(last))
    apart = np.where(unit > 0, 1.0 / np.where(unit > 0, unit, 1.0), 0.0)
    return last, float(np.max((np.abs(last - first) + error) * apart[:, None] * apart[None, :]) + 1e-15)


def _reaches(part: Law) -> Floats:
    """For every coordinate of a component the step that one draw tells apart."""
    fisher = FAMILIES[type(part)].fisher
    if fisher is None or not coordinate_names(part):
        raise InputError(f"{part!r} has no Fisher information in closed form, so no mixture with it has one.")
    own = np.sqrt(np.diag(numbers(fisher(part))))
    if not np.isfinite(own).all():
        raise InputError(f"{part!r} has no finite Fisher information: the support moves with a parameter.")
    return 1.0 / own


def _matrix(law: Any, parts: list[Law], steps: list[Floats], mean: Any) -> tuple[Floats, Floats]:
    """Expectations of the products of scores, and their errors."""
    total = float(numbers(law.weights).sum())
    shares = numbers(law.weights) / total

    def scores(x: Floats) -> Floats:
        whole = numbers(log_prob(law, x))
        ratios = [np.exp(numbers(log_prob(part, x)) - whole) for part in parts]
        rows = [(ratio - 1.0) / total for ratio in ratios]
        for share, ratio, part, step in zip(shares, ratios, parts, steps, strict=True):
            rows.extend(share * ratio * _score(part, i, size, x) for i, size in enumerate(step))
        return np.stack([np.where(np.isfinite(row), row, 0.0) for row in rows])

    size = len(coordinate_names(law))
    matrix, errors = np.zeros((size, size)), np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            found = mean(lambda x, i=i, j=j: np.prod(scores(x)[[i, j]], axis=0))
            matrix[i, j] = matrix[j, i] = found.value
            errors[i, j] = errors[j, i] = found.error
    return matrix, errors


def _score(part: Law, i: int, size: float, x: Floats) -> Floats:
    """The derivative of a log density by a coordinate: central differences, extrapolated (Richardson)."""
    unit = np.zeros(len(coordinate_names(part)))
    unit[i] = size
    values = []
    for level in range(_LEVELS):
        step = unit / 2**level
        up, down = (numbers(log_prob(moved(part, sign * step), x)) for sign in (1.0, -1.0))
        values.append((up - down) / (2.0 * step[i]))
    for order in range(1, _LEVELS):
        values = [(4**order * fine - rough) / (4**order - 1) for rough, fine in pairwise(values)]
    found: Floats = values[0]
    return found
