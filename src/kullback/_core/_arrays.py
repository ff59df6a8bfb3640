"""Arrays of any library: which one they come from, how they are brought together and given back.

Nothing foreign is imported here: a library is asked for only after one of its own arrays was seen.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from kullback._core._errors import InputError
from kullback._core._text import printable

Array: TypeAlias = Any
"""An array of NumPy, torch, JAX, CuPy or any other library that follows the array API standard."""

Namespace: TypeAlias = Any
"""The functions of one such library under their standard names."""

_PYTHON = (bool, int, float, np.bool_, np.integer, np.floating, list, tuple)


def is_array(value: Any, /) -> bool:
    """Whether the value is an array of a library, not a plain number or list."""
    return isinstance(value, np.ndarray) or library(value) not in {"", "numpy"}


def library(value: Any, /) -> str:
    """The name of the array library that a value belongs to; empty for everything that is no array."""
    kind = type(value)
    if kind not in _LIBRARIES:
        _LIBRARIES[kind] = _library_of(kind)
    return _LIBRARIES[kind]


_LIBRARIES: dict[Any, str] = {}  # by class: asked many times for each number


def _library_of(kind: type) -> str:
    if issubclass(kind, np.ndarray | np.generic):
        return "numpy"
    for ancestor in kind.__mro__:
        root = ancestor.__module__.partition(".")[0]
        if root == "torch" and issubclass(kind, sys.modules["torch"].Tensor):
            return "torch"
        if root in {"jax", "jaxlib"} and _is_jax(kind):
            return "jax"
    return "other" if hasattr(kind, "__array_namespace__") else ""


def _is_jax(kind: type) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and (issubclass(kind, jax.Array) or issubclass(kind, jax.core.Tracer))


def namespace(*values: Any) -> Namespace:
    """The array namespace of the values; NumPy where there are only plain numbers.

    Args:
        values: Arrays of one library, with plain numbers, lists and NumPy scalars among them as they come.

    Returns:
        A module with the functions of the array API standard.

    Raises:
        InputError: The arrays come from more than one library.
    """
    found: dict[str, Any] = {}
    for value in values:
        name = library(value)
        if name and not (name == "numpy" and np.ndim(value) == 0):
            found[type(value).__module__ if name == "other" else name] = value
    if not found or list(found) == ["numpy"]:
        return np
    if len(found) > 1:
        names = " and ".join(sorted(found))
        raise InputError(f"The arrays come from {names}. One library at a time is needed. Convert one of them first.")
    (name, value), *_ = found.items()
    if name == "torch":
        return import_module("array_api_compat.torch")
    if name == "jax":
        return import_module("jax.numpy")
    return value.__array_namespace__()


def is_torch(xp: Namespace, /) -> bool:
    """Whether a namespace is that of torch."""
    return bool(xp.__name__.endswith("torch"))


def is_jax(xp: Namespace, /) -> bool:
    """Whether a namespace is that of JAX."""
    return bool(xp.__name__.startswith("jax"))


def is_concrete(value: Any, /) -> bool:
    """Whether the numbers in an array can be looked at: they cannot while JAX or torch trace a function."""
    name = library(value)
    if name == "jax":
        return not isinstance(value, sys.modules["jax"].core.Tracer)
    if name == "torch":
        return not sys.modules["torch"].compiler.is_compiling() and not _is_functorch(value)
    return True


def _is_functorch(value: Any) -> bool:
    return bool(sys.modules["torch"]._C._functorch.is_functorch_wrapped_tensor(value))  # noqa: SLF001


def wide(xp: Namespace, /) -> Any:
    """The widest float of a namespace: float64, or float32 in JAX without `jax_enable_x64`."""
    return xp.zeros((), dtype=None if is_jax(xp) else xp.float64).dtype


def bring(xp: Namespace, values: Sequence[Any], /) -> tuple[list[Array], Callable[[Array], Array]]:
    """Turn values into floating arrays of one namespace in its widest float, and say how to give a result back.

    Args:
        xp: The namespace, see `namespace`.
        values: Arrays, numbers or lists; integers become floats.

    Returns:
        The arrays, and a function that casts a result to the float type that came (float64 where none came).
    """
    like = next((value for value in values if library(value) and library(value) != "numpy"), None)
    arrays = [_array(xp, value, like) for value in values]
    narrow = float_of(xp, values)
    target = wide(xp)
    widened = [array if array.dtype == target else _cast(xp, array, target) for array in arrays]

    return widened, partial(give_back, xp, narrow)


def give_back(xp: Namespace, dtype: Any, result: Array, /) -> Array:
    """A result in the float type that came, where one came; a number where NumPy would hold one entry."""
    if dtype is not None and result.dtype != dtype:
        result = _cast(xp, result, dtype)
    return result[()] if xp is np else result


def _array(xp: Namespace, value: Any, like: Any) -> Array:
    if library(value) and (xp is np or library(value) != "numpy"):
        return value
    if xp is np:
        try:
            return np.asarray(value, dtype=None if isinstance(value, np.ndarray) else np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{value!r} cannot be read as numbers. Give an array of floats.") from error
    if is_torch(xp):
        return xp.asarray(np.asarray(value, dtype=np.float64), device=like.device)
    return xp.asarray(value, dtype=wide(xp))


def _cast(xp: Namespace, array: Array, dtype: Any) -> Array:
    return array.to(dtype) if is_torch(xp) else xp.astype(array, dtype, copy=False)


def float_of(xp: Namespace, values: Sequence[Any], /) -> Any:
    """The widest float among the arrays that came; integers and plain numbers have no say."""
    own = [value for value in values if library(value) and (xp is np or library(value) != "numpy")]
    floats = [value.dtype for value in own if _is_floating(xp, value)]
    strong = [value.dtype for value in own if value.ndim and _is_floating(xp, value)]
    dtypes = strong or floats
    return xp.result_type(*dtypes) if dtypes else None


def _is_floating(xp: Namespace, value: Any) -> bool:
    if library(value) == "numpy":
        return bool(np.issubdtype(value.dtype, np.floating))
    return bool(xp.isdtype(value.dtype, "real floating"))


def numbers(array: Array, /) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The numbers of an array as NumPy has them, detached from any graph and device.

    Raises:
        InputError: It holds words, complex numbers, objects, or lists of different lengths.
    """
    if library(array) == "torch":
        array = array.detach().cpu().numpy()
    try:
        found = np.asarray(array)
        return found.astype(np.float64, casting="same_kind" if found.dtype.kind == "c" else "unsafe", copy=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"{printable(repr(array), 80)} cannot be read as numbers. Give real numbers.") from error


def each(*arrays: np.ndarray[Any, Any]) -> Iterator[tuple[float, ...]]:
    """The entries of broadcast arrays one after the other."""
    return zip(*(np.ravel(array) for array in np.broadcast_arrays(*arrays)), strict=True)
