"""The pairs a function is called with, and the call: nothing it does or says escapes."""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from kullback.divergences._audit._forms import Values

Function = Callable[[Any, Any], Any]
KINDS = ("logits", "log_probs", "probs")
LAYOUTS = ("rows", "columns", "vector")
# Pairs of a shape. Rows and outcomes differ, and so do their ratios, so that a divisor gives itself away.
PAIRS, SHAPE, OTHER_SHAPE = 6, (3, 5), (4, 7)
TINY = (1e-3, 1e-6, 1e-9, 1e-14, 0.0)


class Reading(NamedTuple):
    """How a function is called: library of the arrays, place of the distributions in them, kind of each argument."""

    framework: str
    layout: str
    given: tuple[str, str]

    def __str__(self) -> str:
        """In words."""
        return f"{self.framework} {self.layout} as {self.given[0]}, {self.given[1]}"


class Answer(NamedTuple):
    """What a call gave: values and their level, or the error; and whether an argument was changed in place."""

    values: Values
    level: str
    error: str = ""
    changed: bool = False


class Gradients(NamedTuple):
    """Derivatives of the sum of the values by each argument, None where there is none; or the error."""

    first: Values | None
    second: Values | None
    error: str = ""


def readings(given: tuple[str, str] | None) -> Iterator[Reading]:
    """Every way of calling, the likeliest first; torch only where somebody has already loaded it."""
    frameworks = ("numpy", "torch") if "torch" in sys.modules else ("numpy",)
    kinds = list(product(KINDS, KINDS)) if given is None else [given]
    return (Reading(*way) for way in product(frameworks, LAYOUTS, kinds))


def weights(shape: tuple[int, ...], *, seed: int = 1951) -> tuple[Values, Values]:
    """Pairs of distributions far from each other, the same at each call."""
    rng = np.random.default_rng(seed)
    p, q = np.exp(rng.uniform(-1.7, 1.7, size=(2, *shape)))
    return p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)


def pairs(reading: Reading, shape: tuple[int, int] = SHAPE) -> tuple[Values, Values]:
    """Raw arguments of shape ``(pairs, rows, outcomes)``; one row where a function takes vectors."""
    rows = 1 if reading.layout == "vector" else shape[0]
    return encoded(reading, *weights((PAIRS, rows, shape[1])))


def with_tiny(reading: Reading, sizes: tuple[float, ...]) -> tuple[Values, Values]:
    """Raw arguments with probabilities of these sizes in p, in q, in both."""
    rows = 1 if reading.layout == "vector" else SHAPE[0]
    cases = [(side, size) for size in sizes for side in ("p", "q", "pq")]
    p, q = weights((len(cases), rows, SHAPE[1]), seed=1959)
    for place, (side, size) in enumerate(cases):
        for name, values in (("p", p), ("q", q)):
            if name in side:
                values[place] = with_entry(values[place], size)
    return encoded(reading, p, q)


def with_entry(values: Values, size: float) -> Values:
    """Distributions whose second outcome has this probability."""
    values = values.copy()
    values[..., 1] = 0.0
    values *= (1 - size) / values.sum(axis=-1, keepdims=True)
    values[..., 1] = size
    return values


def encoded(reading: Reading, p: Values, q: Values) -> tuple[Values, Values]:
    """Weights as the raw arguments of a reading; logits are shifted by row, lest they pass for log-probabilities."""
    first, second = (_encoded(v, kind) for v, kind in zip((p, q), reading.given, strict=True))
    return first, second


def _encoded(values: Values, kind: str) -> Values:
    if kind == "probs":
        return values
    with np.errstate(divide="ignore"):
        logs = np.log(values)
    return logs if kind == "log_probs" else logs + (0.7 + 0.9 * np.arange(values.shape[-2]))[:, None]


def call(function: Function, reading: Reading, x: Values, y: Values, /) -> Answer:
    """Call with one pair of shape ``(rows, outcomes)``, more axes in front; errors become part of the answer."""
    arguments = [_laid(x, reading.layout), _laid(y, reading.layout)]
    arrays = [_array(values, reading.framework) for values in arguments]
    with _silence(), np.errstate(all="ignore"):
        try:
            result = function(*arrays)
            if hasattr(result, "detach"):
                result = result.detach().double().numpy()
            if result is None or np.iscomplexobj(result):
                return _failed(f"returned {type(result).__name__}, not real numbers")
            values = np.array(result, dtype=np.float64)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's function raises is a finding
            return _failed(f"{type(error).__name__}: {error}")
    changed = any(not np.array_equal(a, np.asarray(b), equal_nan=True) for a, b in zip(arguments, arrays, strict=True))
    return _leveled(values, x.shape, reading.layout, changed=changed)


def gradients(function: Function, reading: Reading, x: Values, y: Values, /) -> Gradients:
    """Derivatives by both arguments, for torch."""
    torch: Any = sys.modules["torch"]
    with _silence():
        first, second = (_array(_laid(v, reading.layout), "torch").requires_grad_() for v in (x, y))
        try:
            with torch.enable_grad():
                result = function(first, second).sum()
                if not result.requires_grad:
                    return Gradients(None, None)
                found = torch.autograd.grad(result, (first, second), allow_unused=True)
        except Exception as error:  # noqa: BLE001 - as above
            return Gradients(None, None, f"{type(error).__name__}: {error}")
    back = [None if one is None else _laid(one.double().numpy(), reading.layout).reshape(x.shape) for one in found]
    return Gradients(back[0], back[1])


def _silence() -> AbstractContextManager[Any]:
    return warnings.catch_warnings(action="ignore")


def _failed(error: str) -> Answer:
    return Answer(np.array(np.nan), "total", error)


def _laid(values: Values, layout: str) -> Values:
    if layout == "vector" and values.ndim > 1:
        values = values[0]
    return np.array(values.T if layout == "columns" else values, order="C")


def _array(values: Values, framework: str) -> Any:
    torch: Any = sys.modules["torch"] if framework == "torch" else None
    return values.copy() if torch is None else torch.from_numpy(values.copy())


def _leveled(values: Values, shape: tuple[int, ...], layout: str, *, changed: bool) -> Answer:
    rows = int(np.prod(shape[:-1]))
    if values.size == rows * shape[-1]:
        values = values.reshape(shape[::-1]).T if layout == "columns" else values.reshape(shape)
        return Answer(values, "entry", changed=changed)
    if values.size == 1:
        return Answer(values.reshape(()), "total", changed=changed)
    if values.size == rows:
        return Answer(values.reshape(shape[:-1]), "row", changed=changed)
    return _failed(f"returned shape {values.shape} for arguments of shape {shape}")
