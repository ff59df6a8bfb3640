"""Objects of which only the log density and the support are known."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.adapters._classes import comes_from, full_name
from kullback.families import Opaque

Function = Callable[..., Any]

_SHARES = np.array(
    [1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1 - 1e-4, 1 - 1e-6, 1 - 1e-9, 1 - 1e-12]
)
_STEPS = np.array([-30.0, -9.0, -6.0, -3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0, 6.0, 9.0, 30.0])
_KINDS = {"log_prob": "", "logpdf": "interval", "logpmf": "lattice", "pdf": "interval", "pmf": "lattice"}


def opaque(value: Any, /, *, kind: str = "", marks: tuple[float, ...] = (), name: str = "") -> Opaque:
    """Read an object by its own log density and support.

    Args:
        value: Has `log_prob`, `logpdf`, `logpmf`, `pdf` or `pmf`, and a support: `support()` or `support` as two
            numbers, a constraint as in torch or numpyro, or `low` and `high`.
        kind: "interval" or "lattice" where that is known.
        marks: Points where it lives that are known, beside its quantiles.
        name: How messages call it; its class if left out.

    Raises:
        InputError: It is a batch, a law on arrays, or lacks one of the two.
    """
    name = name or full_name(value)
    method = next((method for method in _KINDS if callable(getattr(value, method, None))), None)
    if method is None:
        raise InputError(f"{name} has no log density. Use `kl.estimate(p, q)`, which needs samples only.")
    _check_shape(value, name)
    found, low, high = _support(value, name)
    kind = kind or _KINDS[method] or found
    if kind == "lattice" and _KINDS[method] == "interval" and hasattr(value, "logpmf"):
        method = "logpmf"
    function = _arrays(getattr(value, method), value)
    return Opaque(
        log_density=_log_density(function, method, kind, _belongs(value, low, high), _interior(kind, low, high)),
        kind=kind,
        low=low,
        high=high,
        points=_points(value, low, high, marks),
        name=name,
        draw=_sampler(value),
    )


def deferred(value: Any, /) -> Opaque:
    """The same, for the law behind a change of variable: what cannot be read is an error only once it is needed."""
    try:
        return opaque(value)
    except InputError as error:
        message = str(error)

    def refuse(_: Any) -> Any:
        raise InputError(message)

    return Opaque(refuse, kind=_space(value), name=full_name(value))


def _space(value: Any) -> str:
    """The set that a law on arrays lives on, in the words of the families' supports."""
    shape = tuple(int(size) for size in getattr(value, "event_shape", ()))
    if not shape:
        return "interval"
    support = type(getattr(value, "support", None)).__name__.strip("_")
    if support in {"Simplex", "OneHot"}:
        return {"Simplex": f"simplex of {shape[-1]} outcomes", "OneHot": f"one of {shape[-1]} outcomes"}[support]
    return f"vectors of {shape[0]} numbers" if len(shape) == 1 else f"{' × '.join(map(str, shape))} matrices"


def _check_shape(value: Any, name: str) -> None:
    event, batch = (tuple(getattr(value, f"{part}_shape", ()) or ()) for part in ("event", "batch"))
    if event:
        raise InputError(
            f"{name} is a law on arrays of shape {event} without a formula here. Laws on numbers are needed. "
            "Use `kl.estimate(p, q)`, which needs samples only."
        )
    if batch:
        raise InputError(
            f"{name} is a batch of shape {batch} of laws without a formula here. One law is needed. "
            "Give them one by one."
        )


def _support(value: Any, name: str) -> tuple[str, float, float]:
    """Kind, low and high."""
    support = getattr(value, "support", None)
    if callable(support) and not hasattr(support, "is_discrete"):
        support = support()
    if support is None and hasattr(value, "low") and hasattr(value, "high"):
        support = (value.low, value.high)
    if isinstance(support, tuple | list | np.ndarray) and len(support) == 2:
        low, high = (np.asarray(numbers(end)) for end in support)
        if low.ndim or high.ndim:
            raise InputError(
                f"{name} is a batch of laws without a formula here. One law is needed. Give them one by one."
            )
        return "lattice" if getattr(value, "is_discrete", False) is True else "interval", float(low), float(high)
    found = _constraint(support) if support is not None else _image(value)
    if found is None:
        raise InputError(
            f"{name} has a log density but no support that can be read. It needs one. "
            "Give it a method `support()` that returns its smallest and its largest value."
        )
    return found


def _image(value: Any) -> tuple[str, float, float] | None:
    """Where TFP maps the line to; it gives no such map for laws on whole numbers."""
    find = getattr(value, "experimental_default_event_space_bijector", None)
    bijector = find() if find else None
    if bijector is None:
        return None
    low, high = sorted(float(bijector.forward(end)) for end in (-np.inf, np.inf))
    return "interval", low, high


def _constraint(support: Any) -> tuple[str, float, float] | None:
    """The constraints of torch and numpyro: bounds where they have them."""
    if not hasattr(support, "is_discrete"):
        return None
    name = type(support).__name__.strip("_")
    if name in {"MixtureSameFamilyConstraint", "IndependentConstraint"}:
        return _constraint(support.base_constraint)
    if name == "Boolean":
        return "lattice", 0.0, 1.0
    ends = [getattr(support, f"{side}_bound", None) for side in ("lower", "upper")]
    if ends == [None, None] and name != "Real":
        return None
    low, high = (
        float(numbers(end)) if end is not None else side * np.inf for end, side in zip(ends, (-1, 1), strict=True)
    )
    return "lattice" if support.is_discrete else "interval", low, high


def _arrays(function: Function, value: Any) -> Function:
    """A function of NumPy arrays from one of tensors, of arrays or of single numbers."""

    def tensors(x: Any) -> Any:
        with sys.modules["torch"].no_grad():
            return numbers(function(_tensor(x)))

    def single(x: Any) -> Any:
        return np.vectorize(lambda one: float(function(float(one))), otypes=[np.float64])(x)

    if comes_from(value, "torch"):
        return tensors
    ways: list[Function] = [lambda x: numbers(function(x)), *([tensors] if "torch" in sys.modules else []), single]

    def call(x: Any) -> Any:
        for way in ways[:-1]:
            try:
                result = way(x)
            except (TypeError, ValueError, AttributeError, RuntimeError):  # an array of a kind that it does not take
                continue
            if np.shape(result) == np.shape(x):
                return result
        return ways[-1](x)

    return call


def _tensor(x: Any) -> Any:
    torch = sys.modules["torch"]
    return torch.as_tensor(x, dtype=torch.float64)


def _belongs(value: Any, low: float, high: float) -> Function:
    """Where a log density can be asked for; torch refuses the ends of open intervals."""
    check = getattr(getattr(value, "support", None), "check", None)

    def inside(x: Any) -> Any:
        found = (x >= low) & (x <= high) & np.isfinite(x)
        if check is not None and comes_from(value, "torch"):
            found = found & (numbers(check(_tensor(x))) > 0)
        return found

    return inside


def _interior(kind: str, low: float, high: float) -> float:
    """A point of the support that is no end of it, or whole in a lattice."""
    if np.isfinite(low) and np.isfinite(high):
        middle = 0.5 * low + 0.5 * high
        return low if kind == "lattice" else middle
    if np.isfinite(low):
        return low + 1.0
    return high - 1.0 if np.isfinite(high) else 0.0


def _log_density(function: Function, method: str, kind: str, inside: Function, inner: float) -> Function:
    """-inf outside of the support, and the logarithm where the method lacks it."""

    def at(x: Any) -> Any:
        found = inside(x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            value = function(np.where(found, x, inner))
            return np.where(found, value if "log" in method else np.log(value), -np.inf)

    def between(x: Any) -> Any:
        """Straight lines in the logarithm between whole numbers, for tails that are read as functions."""
        x = np.asarray(x, dtype=np.float64)
        below = np.floor(x)
        share = x - below
        if not np.any(share):
            return at(x)
        with np.errstate(invalid="ignore"):
            line = (1.0 - share) * at(below) + share * at(below + 1.0)
        return np.where(share == 0, at(below), line)

    return between if kind == "lattice" else lambda x: at(np.asarray(x, dtype=np.float64))


def _points(value: Any, low: float, high: float, marks: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles where the object has them, else steps about its mean."""
    for quantile in ("ppf", "icdf"):
        function = getattr(value, quantile, None)
        if callable(function):
            try:
                with np.errstate(all="ignore"):
                    found = _arrays(function, value)(_SHARES)
            except (TypeError, ValueError, AttributeError, NotImplementedError):
                continue
            return _finite((*marks, *found), low, high)
    try:
        mean, spread = (float(numbers(_called(getattr(value, name)))) for name in ("mean", "stddev"))
    except (TypeError, ValueError, AttributeError, NotImplementedError):
        return _finite(marks, low, high)
    return _finite((*marks, *(mean + spread * _STEPS)), low, high)


def _called(value: Any) -> Any:
    return value() if callable(value) else value


def _finite(points: Any, low: float, high: float) -> tuple[float, ...]:
    return tuple(sorted({float(point) for point in points if np.isfinite(point) and low <= point <= high}))


def _sampler(value: Any) -> Function | None:
    """Draws by a NumPy generator from whatever the object draws with."""
    if comes_from(value, "torch"):
        return lambda shape, rng: _torch_draw(value, shape, _seed(rng))
    if comes_from(value, "numpyro"):
        return lambda shape, rng: numbers(value.sample(_key(rng), shape))
    if comes_from(value, "tensorflow_probability"):
        return lambda shape, rng: numbers(value.sample(shape, seed=_key(rng)))
    if callable(getattr(value, "rvs", None)):
        return lambda shape, rng: numbers(value.rvs(size=shape, random_state=rng))
    if comes_from(value, "scipy"):
        named: Mapping[str, Function] = {"sample": lambda shape, rng: numbers(value.sample(shape, rng=rng))}
        return named["sample"] if hasattr(value, "sample") else None
    return None


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _key(rng: np.random.Generator) -> Any:
    return sys.modules["jax"].random.PRNGKey(_seed(rng))


def _torch_draw(value: Any, shape: tuple[int, ...], seed: int) -> Any:
    torch = sys.modules["torch"]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        return numbers(value.sample(shape))
