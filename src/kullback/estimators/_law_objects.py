"""Objects with a log density or draws of their own, but without a record here: asked in the way of their library."""

import inspect
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.estimators._points import Floats

Density = Callable[[Floats], Floats]
Draw = Callable[[int, np.random.Generator], Floats]

_METHODS = ("log_prob", "logpdf", "logpmf", "pdf", "pmf")
_GENERATORS = ("rng", "random_state", "generator")
_SEEDS = ("seed", "key")
_SIZES = ("size", "n", "num", "num_samples", "shape", "sample_shape")


def _from(value: Any, package: str) -> bool:
    return any(kind.__module__.partition(".")[0] == package for kind in type(value).__mro__)


def has_methods(value: Any, /) -> bool:
    """Whether an object has a log density or draws of its own."""
    return any(callable(getattr(value, name, None)) for name in (*_METHODS, "sample", "rvs"))


def object_density(value: Any, /) -> Density | None:
    """The log density of an object.

    Args:
        value: Has `log_prob`, `logpdf`, `logpmf`, `pdf` or `pmf`, of arrays, tensors or single points.

    Returns:
        Points of shape ``(n, ...)`` to log densities of shape ``(n,)``, -inf outside of the support; None where the
        object has no such method.
    """
    method = next((name for name in _METHODS if callable(getattr(value, name, None))), None)
    if method is None:
        return None
    function, logs = getattr(value, method), "log" in method

    def log_density(x: Floats) -> Floats:
        inside = _inside(value, x)
        if not inside.any():
            return np.full(len(x), -np.inf)
        with np.errstate(all="ignore"):
            found = _ask(value, function, x[inside])
            result = np.full(len(x), -np.inf)
            result[inside] = found if logs else np.log(found)
        return result

    return log_density


def _inside(value: Any, x: Floats) -> Any:
    """Where torch and numpyro allow their own question: one refuses the rest, the other answers it wrongly."""
    support: Any = getattr(value, "support", None)
    if _from(value, "torch") and hasattr(support, "check"):
        # Its tolerances go with the width of floats: what is a factor of a correlation in float32 is none in float64.
        wide, narrow = (numbers(support.check(_tensor(x, width))) for width in ("float64", "float32"))
        found = wide + narrow
    elif _from(value, "numpyro") and callable(support):
        found = numbers(support(x))
    else:
        return np.ones(len(x), dtype=bool)
    return (found if found.ndim == 1 else found.reshape(len(x), -1).min(axis=1)) > 0


def _tensor(x: Floats, dtype: str) -> Any:
    torch = sys.modules["torch"]
    return torch.as_tensor(x, dtype=getattr(torch, dtype))


def _ask(value: Any, function: Callable[[Any], Any], x: Floats) -> Floats:
    """By the first way that gives one number for each point: array, tensor of either width, one by one."""

    def tensors(dtype: str) -> Callable[[], Any]:
        return lambda: function(_tensor(x, dtype))

    foreign = [tensors("float64"), tensors("float32")] if "torch" in sys.modules else []
    plain: list[Callable[[], Any]] = [] if _from(value, "torch") else [lambda: function(x)]
    for way in (*plain, *foreign):
        try:
            found = numbers(way())
        except (TypeError, ValueError, AttributeError, RuntimeError, IndexError):  # not a kind of array that it takes
            continue
        if found.shape == (len(x),):
            return found
    return np.array([float(numbers(function(point)).reshape(())) for point in x])


def object_draw(value: Any, /) -> Draw | None:
    """Draws of an object; the same generator gives the same draws, and no global state is touched.

    Args:
        value: Has `rvs` or `sample`, in the way of scipy, torch, numpyro or TFP, or with a number or a shape.

    Returns:
        Number of draws and a generator to points of shape ``(n, ...)``; None where the object has no such method.
    """
    method = next((name for name in ("rvs", "sample") if callable(getattr(value, name, None))), None)
    if method is None:
        return None
    function = getattr(value, method)

    def draw(n: int, rng: np.random.Generator) -> Floats:
        with _seeded(int(rng.integers(2**31))) as seed:
            # One draw is a point without its axis in scipy.
            found = numbers(_call(value, function, max(n, 2), rng, seed))
        if found.ndim == 0 or len(found) < n:
            raise InputError(
                f"{type(value).__name__}.{method} gave an array of shape {found.shape} for {max(n, 2)} draws. One draw "
                "in each row is needed. Give an object whose sample takes a number of draws."
            )
        return found[:n]

    return draw


@contextmanager
def _seeded(seed: int) -> Iterator[int]:
    """Global generators started from the seed, and put back as they were."""
    torch = sys.modules.get("torch")
    legacy, plain = np.random.get_state(), random.getstate()  # noqa: NPY002 - of the objects that draw from it
    devices = range(torch.cuda.device_count()) if torch is not None else ()
    try:
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        if torch is None:
            yield seed
        else:
            with torch.random.fork_rng(devices=list(devices)), torch.no_grad():
                torch.manual_seed(seed)
                yield seed
    finally:
        np.random.set_state(legacy)  # noqa: NPY002
        random.setstate(plain)


def _call(value: Any, function: Callable[..., Any], n: int, rng: np.random.Generator, seed: int) -> Any:
    if _from(value, "torch"):
        return function((n,))
    if _from(value, "numpyro"):
        return function(_key(seed), (n,))
    if _from(value, "tensorflow_probability"):
        return function(n, seed=_key(seed))
    names = _parameters(function)
    chance: dict[str, Any] = {name: rng for name in _GENERATORS if name in names}
    chance |= {name: _key(seed) if name == "key" else seed for name in _SEEDS if name in names}
    size = next((name for name in _SIZES if name in names), None)
    if size is None and "random_state" not in chance:
        return _by_place(function, n, chance)
    # Frozen laws of scipy hide their names behind *args.
    return _by_place(lambda count, **named: function(**{size or "size": count}, **named), n, chance)


def _key(seed: int) -> Any:
    return sys.modules["jax"].random.PRNGKey(seed)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C
        return ()


def _by_place(function: Callable[..., Any], n: int, chance: dict[str, Any]) -> Any:
    """With a number of draws, else with a shape."""
    try:
        found = function(n, **chance)
    except TypeError:
        return function((n,), **chance)
    return found if np.ndim(numbers(found)) and len(found) == n else function((n,), **chance)
