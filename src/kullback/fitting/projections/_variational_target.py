"""An unnormalized log density with its gradient, whatever it came as."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, MissingExtraError, library, numbers
from kullback.adapters import to_law
from kullback.estimators._laws import open_law
from kullback.families import Law, Mixture, Opaque, Transformed, log_prob, unchecked

Floats = NDArray[np.float64]
Slope = Callable[[Floats], tuple[Floats, Floats]]
"""From points ``(n, d)`` to log densities ``(n,)`` and gradients ``(n, d)``."""

# Step of central differences, times the size of each coordinate.
_STEP = 6e-6


@dataclass(frozen=True, eq=False)
class LogDensity:
    """A log density up to a constant.

    Attributes:
        dimension: Numbers in one point.
        slope: Values and gradients; values are -inf, with gradient 0, where the density is zero.
        differences: Whether gradients are differences of values.
    """

    dimension: int
    slope: Slope
    differences: bool = False

    def values(self, x: Floats, /) -> Floats:
        """Log densities alone."""
        return self.slope(x)[0]


def read_log_density(value: Any, dimension: Any, gradient: Any, /) -> LogDensity:
    """A function of tensors, a function of arrays with its gradient, or any law.

    Raises:
        InputError: The dimension is missing or wrong, or the function gives another shape or NaN.
    """
    if _is_function(value):
        size = _checked_dimension(dimension)
        if gradient is not None:
            return _tested(LogDensity(size, _with_gradient(value, gradient)))
        return _tested(LogDensity(size, _by_torch(value)))
    return _tested(_of_law(value, dimension))


def check_whole_space(value: Any, /) -> None:
    """Refuse laws on a part of the line: a normal law always has mass outside.

    Raises:
        InputError: The law is known to have an end.
    """
    if _is_function(value):
        return
    opened = open_law(value, "log_prob")
    if opened.kind != "discrete" and (opened.low > -np.inf or opened.high < np.inf):
        raise InputError(
            f"{opened.name} lives on [{opened.low:g}, {opened.high:g}], where D(q‖p) of every normal law is infinite. "
            "Take the law of its logarithm or logit, or kl.project onto a family on that support."
        )


def _is_function(value: Any) -> bool:
    return callable(value) and not any(hasattr(value, name) for name in ("log_prob", "logpdf", "sample", "rvs"))


def _checked_dimension(dimension: Any) -> int:
    if isinstance(dimension, bool) or not isinstance(dimension, int | np.integer) or dimension < 1:
        raise InputError(
            f"dimension = {dimension!r}. A whole number of at least 1 is needed: how many columns log_prob(x) takes."
        )
    return int(dimension)


def _of_law(value: Any, dimension: Any) -> LogDensity:
    opened = open_law(value, "log_prob")
    size = int(np.prod(opened.shape or (), dtype=np.int64))
    if dimension is not None and dimension != size:
        raise InputError(
            f"dimension = {dimension!r}, but an outcome of {opened.name} has {size} numbers. Leave it out."
        )
    if opened.kind == "discrete":
        raise InputError(f"{opened.name} has masses at points. A law with a density is needed.")
    record = value if isinstance(value, Law) else opened.law
    if record is not None and not isinstance(record, Opaque | Transformed):
        return LogDensity(size, _of_record(to_law(record), scalar=opened.shape == ()))
    if type(value).__module__.startswith("torch."):
        return LogDensity(size, _by_torch(lambda x: value.log_prob(x if opened.shape else x[:, 0])))
    ask = opened.log_prob

    def values(x: Floats) -> Floats:
        return np.asarray(ask(x.reshape(len(x), *(opened.shape or ()))) if ask else x[:, 0])

    return LogDensity(size, _by_differences(values), differences=True)


def _of_record(law: Law, *, scalar: bool) -> Slope:
    tensors = _in_torch(law)
    return _by_torch(lambda x: log_prob(tensors, x[:, 0] if scalar else x))


def _in_torch(law: Law) -> Law:
    """The record with parameters as tensors of float64."""
    torch = _torch()
    inner = {name: value for name, value in vars(law).items() if name not in {"dtype", "plain"}}
    inner |= {name: torch.tensor(numbers(value), dtype=torch.float64) for name, value in law.parameters().items()}
    if "components" in inner:
        inner["components"] = tuple(_in_torch(to_law(part)) for part in inner["components"])
    return unchecked(type(law), law, **inner)


def centers_of(value: Any, dimension: int, /) -> Floats:
    """Means of the components of a mixture record, where searches start too; none for anything else."""
    parts = value.components if isinstance(value, Mixture) else ()
    means = [np.ravel(numbers(part.loc)) for part in parts if hasattr(part, "loc")]
    return np.array([mean for mean in means if len(mean) == dimension], dtype=np.float64).reshape(-1, dimension)


def _torch() -> Any:
    try:
        import torch  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(
            "gradients of log_prob need torch: pip install 'kullback[torch]', or give gradient=."
        ) from error
    return torch


def _by_torch(function: Any) -> Slope:
    torch = _torch()

    def slope(x: Floats) -> tuple[Floats, Floats]:
        points = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        with torch.enable_grad():
            values = function(points)
            if library(values) != "torch" or tuple(values.shape) != (len(x),):
                raise _wrong_shape(getattr(values, "shape", type(values).__name__), x)
            if not values.requires_grad:
                return numbers(values), np.zeros_like(x)
            (found,) = torch.autograd.grad(values.sum(), points)
        return _clean(numbers(values.detach()), numbers(found), x)

    return slope


def _with_gradient(function: Any, gradient: Any) -> Slope:
    def slope(x: Floats) -> tuple[Floats, Floats]:
        values, found = np.asarray(function(x), dtype=np.float64), np.asarray(gradient(x), dtype=np.float64)
        if values.shape != (len(x),):
            raise _wrong_shape(values.shape, x)
        if found.shape != x.shape:
            raise InputError(f"gradient(x) gave shape {found.shape} for x of shape {x.shape}. The same is needed.")
        return _clean(values, found, x)

    return slope


def _by_differences(function: Callable[[Floats], Floats]) -> Slope:
    """Central differences, for laws of which only values are known."""

    def slope(x: Floats) -> tuple[Floats, Floats]:
        found = np.empty_like(x)
        for j in range(x.shape[1]):
            step = np.zeros_like(x)
            step[:, j] = _STEP * np.maximum(1.0, np.abs(x[:, j]))
            with np.errstate(invalid="ignore"):
                found[:, j] = (function(x + step) - function(x - step)) / (2.0 * step[:, j])
        return _clean(np.asarray(function(x), dtype=np.float64), np.nan_to_num(found), x)

    return slope


def _wrong_shape(shape: Any, x: Floats) -> InputError:
    return InputError(
        f"log_prob(x) gave {shape} for x of shape {x.shape}. One log density for each row is needed, shape "
        f"({len(x)},). Sum over the last axis only."
    )


def _clean(values: Floats, gradient: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Refuse NaN; where the density is zero there is no slope."""
    bad = np.isnan(values) | (values == np.inf)
    if bad.any():
        raise InputError(f"log_prob(x) is {values[bad][0]} at x = {x[bad][0]}. A number or -inf is needed there.")
    outside = (values == -np.inf)[:, None] | ~np.isfinite(gradient)
    return values, np.where(outside, 0.0, gradient)


def _tested(target: LogDensity) -> LogDensity:
    """Asked once for two points, so that wrong shapes are found before anything else."""
    try:
        target.slope(np.zeros((2, target.dimension)) + 1e-3)
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"log_prob(x) failed at x of shape (2, {target.dimension}): {error}. Without gradient= it gets a torch "
            "tensor of float64, so tensors in it need float64 too. For a NumPy function give gradient=."
        ) from error
    return target
