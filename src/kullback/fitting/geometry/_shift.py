"""A law with other coordinates, in NumPy."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, numbers
from kullback.families import Independent, Law, Mixture, Product, Transformed
from kullback.fitting.geometry._coordinates import coordinate_names, free_parameters, is_triangular, places_of
from kullback.fitting.geometry._solve import as_array

Floats = NDArray[np.float64]


def moved(law: Law, step: Floats, /) -> Law:
    """The law after a step in its coordinates.

    Args:
        law: One law of one family, no batch.
        step: Shape (k,), in the order of `coordinate_names`.

    Raises:
        InputError: The law is a batch or made of laws, or there is no law at the end of the step.
    """
    if isinstance(law, Product | Independent | Mixture | Transformed) or law.batch_shape:
        raise InputError(f"{law!r} is a batch or made of laws. One law of one family is needed: take its parts.")
    values: dict[str, Any] = {name: numbers(value) for name, value in law.parameters().items()}
    start = 0
    for name in free_parameters(law):
        size = len(places_of(law, name))
        values[name] = _with(values[name], step[start : start + size], is_triangular(name), name)
        start += size
    try:
        return type(law)(**values)
    except (InputError, np.linalg.LinAlgError) as error:
        raise InputError(
            f"There is no law at {law!r} plus the step {step.tolist()}: {error} Take a smaller step."
        ) from error


def _with(value: Floats, step: Floats, triangular: bool, name: str) -> Floats:  # noqa: FBT001 - private
    if not triangular:
        return value + step.reshape(value.shape)
    change = np.zeros_like(value)
    change[np.tril_indices(len(value))] = step
    return value + (change + np.tril(change, -1).T if name == "covariance_matrix" else change)


def as_step(law: Law, step: Any, /) -> Floats:
    """A step as a vector: of a number for one coordinate, a vector, or numbers by name; what is not named stays."""
    names = coordinate_names(law)
    if isinstance(step, Mapping):
        unknown = [name for name in step if name not in names]
        if unknown:
            raise InputError(f"step has {unknown[0]!r}. The coordinates of {law!r} are {', '.join(names)}.")
        return np.array([float(step.get(name, 0.0)) for name in names])
    vector = np.atleast_1d(as_array("step", step, np.zeros(1)))
    if vector.shape != (len(names),) or not np.isfinite(vector).all():
        raise InputError(
            f"step = {step!r}. It needs {len(names)} finite numbers, for {', '.join(names)}, or a dict of them by name."
        )
    return vector
