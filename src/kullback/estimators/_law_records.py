"""Records of laws opened: how each is drawn from and asked for log densities, composites part by part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from kullback._core import InputError, log_softmax, numbers
from kullback.estimators._law_objects import Density, Draw
from kullback.estimators._points import Floats
from kullback.families import (
    FAMILIES,
    Categorical,
    Independent,
    Law,
    Mixture,
    Opaque,
    PointMass,
    Product,
    Transformed,
    domain_of,
    find,
    unchecked,
)


@dataclass(frozen=True, eq=False)
class OpenLaw:
    """A law that can be drawn from, asked for log densities, or both.

    Attributes:
        name: How messages call it.
        shape: Of one outcome; None where that is not known.
        kind: "discrete", "continuous", "mixed" (coordinates of both kinds), or "" where that is not known.
        space: The set that it lives on in words, "" for numbers and vectors of them.
        low: Smallest value of a law on the line.
        high: Largest value of a law on the line.
        log_prob: Points of shape ``(n, *shape)`` to log densities of shape ``(n,)``.
        draw: Number of draws and a generator to such points.
        law: Its record, where it has one.
    """

    name: str
    shape: tuple[int, ...] | None
    kind: str
    space: str = ""
    low: float = -np.inf
    high: float = np.inf
    log_prob: Density | None = None
    draw: Draw | None = None
    law: Law | None = None


class NotOpen(Exception):  # noqa: N818 - a signal between two files, not an error of the user
    """The record has neither draws nor a log density here."""


def ask(law: OpenLaw, points: Floats, /) -> Floats:
    """Log densities of a law at points of shape ``(n, *shape)``."""
    if law.log_prob is None:
        raise InputError(f"{law.name} has no log density here. Give an object with log_prob.")
    return law.log_prob(points)


def take(law: OpenLaw, n: int, rng: np.random.Generator, /) -> Floats:
    """Draws of a law, of shape ``(n, *shape)``."""
    if law.draw is None:
        raise InputError(f"{law.name} cannot be drawn from here. Give an object with sample or rvs.")
    return law.draw(n, rng)


def open_record(law: Law, /) -> OpenLaw:
    """A record of any array library, opened.

    Raises:
        NotOpen: Nothing is known about its log density.
        InputError: It is a batch.
    """
    return _record(_in_numpy(law))


def _in_numpy(law: Law) -> Law:
    """The record with NumPy parameters, and so its components."""
    inner = {name: value for name, value in vars(law).items() if name not in {"dtype", "plain"}}
    inner |= {name: numbers(value) for name, value in law.parameters().items()}
    inner |= {name: _in_numpy(value) for name, value in inner.items() if isinstance(value, Law)}
    if "components" in inner:
        inner["components"] = tuple(_in_numpy(part) for part in inner["components"])
    return unchecked(type(law), law, **inner)


def _record(law: Law) -> OpenLaw:
    if law.batch_shape:
        raise InputError(f"{law!r} is a batch of shape {law.batch_shape}. One law is needed. Give them one by one.")
    special = {
        Transformed: lambda law: replace(_record(law.outer), law=law),
        Mixture: _mixture,
        Product: lambda law: _product(law, [_record(part) for part in law.components]),
        Independent: _independent,
        Categorical: _categorical,
        PointMass: _point,
    }
    return special.get(type(law), _family)(law)


def _family(law: Law) -> OpenLaw:
    sample, density = find(law, "sample"), find(law, "log_prob")
    if density is None:
        raise NotOpen
    support = FAMILIES[type(law)].support(law)
    discrete = support.kind == "lattice" or support.kind.startswith("counts of")
    draw = None if sample is None or _no_draws(law) else _drawing(sample)
    line = support.kind in {"interval", "lattice"}
    return OpenLaw(
        name=repr(law),
        shape=() if line or draw is None else draw(1, np.random.default_rng(0)).shape[1:],
        kind="discrete" if discrete else "continuous",
        space=support.kind.split(" of ")[0].split(" in ")[0] if support.kind.startswith(("simplex", "unit")) else "",
        low=float(support.low) if line else -np.inf,
        high=float(support.high) if line else np.inf,
        log_prob=_asking(density, whole=discrete),
        draw=draw,
        law=law,
    )


def _no_draws(law: Law) -> bool:
    return isinstance(law, Opaque) and law.draw is None


def _drawing(found: tuple[Law, Any]) -> Draw:
    law, sample = found
    return lambda n, rng: numbers(sample(law, (n,), rng))


def _asking(found: tuple[Law, Any], *, whole: bool) -> Density:
    """The log density of a family; between whole numbers that of a discrete one is only a smooth continuation."""
    law, function = found

    def log_density(x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            value: Floats = numbers(function(law, x))
        if not whole:
            return value
        is_whole = np.floor(x) == x
        return np.where(is_whole if x.ndim == 1 else is_whole.all(axis=1), value, -np.inf)

    return log_density


def _categorical(law: Any) -> OpenLaw:
    """By a table: the family compares every point with every outcome."""
    with np.errstate(divide="ignore"):
        logits = law.logits if law.logits is not None else np.log(law.probs)
    table = numbers(log_softmax(np, logits))
    total = np.cumsum(np.exp(table))
    support = FAMILIES[Categorical].support(law)

    def log_density(x: Floats) -> Floats:
        inside = (np.floor(x) == x) & (x >= 0) & (x < len(table))
        return np.asarray(np.where(inside, table[np.where(inside, x, 0).astype(np.intp)], -np.inf))

    def draw(n: int, rng: np.random.Generator) -> Floats:
        return np.asarray(np.searchsorted(total, rng.random(n) * total[-1], side="right"), dtype=np.float64)

    ends = float(support.low), float(support.high)
    return OpenLaw(_named(law), (), "discrete", "", *ends, log_prob=log_density, draw=draw, law=law)


def _named(law: Any) -> str:
    values = law.probs if law.probs is not None else law.logits
    return repr(law) if values.size <= 9 else f"{type(law).__name__} of {values.size} outcomes"


def _point(law: Any) -> OpenLaw:
    place = float(law.value)
    return OpenLaw(
        *(repr(law), (), "discrete", "", place, place),
        log_prob=lambda x: np.where(x == place, 0.0, -np.inf),
        draw=lambda n, rng: np.full(n, place),  # noqa: ARG005 - the signature of draws
        law=law,
    )


def _mixture(law: Any) -> OpenLaw:
    """A component is drawn by its weight for each row; densities are added."""
    kept = [(weight, part) for weight, part in zip(law.weights, law.components, strict=True) if weight > 0]
    parts = [_record(part) for _, part in kept]
    weights = np.array([weight for weight, _ in kept]) / sum(weight for weight, _ in kept)
    if len({part.shape for part in parts}) > 1 or len({part.kind for part in parts}) > 1:
        raise InputError(f"{law!r} mixes laws on different spaces. Components need one space.")

    def log_density(x: Floats) -> Floats:
        logs = np.stack([np.log(w) + ask(part, x) for w, part in zip(weights, parts, strict=True)])
        return np.asarray(np.logaddexp.reduce(logs, axis=0))

    def draw(n: int, rng: np.random.Generator) -> Floats:
        counts = rng.multinomial(n, weights)
        draws = [take(part, int(count), rng) for count, part in zip(counts, parts, strict=True) if count]
        return rng.permutation(np.concatenate(draws))

    low, high = min(part.low for part in parts), max(part.high for part in parts)
    return _joined(law, parts, parts[0].shape, log_density, draw, low=low, high=high, space=parts[0].space)


def _product(law: Law, parts: Sequence[OpenLaw]) -> OpenLaw:
    """Columns one beside the other; vectors take as many as they have entries."""
    sizes = [prod(part.shape or ()) for part in parts]
    ends = np.cumsum([0, *sizes])

    def log_density(x: Floats) -> Floats:
        columns = [x[:, a:b].reshape(len(x), *(part.shape or ())) for part, a, b in zip(parts, ends, ends[1:])]  # noqa: B905 - by design one longer
        return np.asarray(sum(ask(part, column) for part, column in zip(parts, columns, strict=True)))

    def draw(n: int, rng: np.random.Generator) -> Floats:
        return np.concatenate([take(part, n, rng).reshape(n, -1) for part in parts], axis=1)

    return _joined(law, parts, (int(ends[-1]),), log_density, draw)


def _joined(law: Law, parts: Sequence[OpenLaw], shape: Any, log_density: Density, draw: Draw, **where: Any) -> OpenLaw:
    kinds = {part.kind for part in parts}
    return OpenLaw(
        name=repr(law),
        shape=shape,
        kind=kinds.pop() if len(kinds) == 1 else "mixed",
        log_prob=log_density if all(part.log_prob for part in parts) else None,
        draw=draw if all(part.draw for part in parts) else None,
        law=law,
        **where,
    )


def _independent(law: Any) -> OpenLaw:
    """The whole batch at once where parameters are numbers, else one coordinate after the other."""
    base, shape = law.base, law.base.batch_shape
    sample, density = find(base, "sample"), find(base, "log_prob")
    simple = not hasattr(base, "components") and all(domain_of(base, name).ndim == 0 for name in base.parameters())
    if not (simple and sample and density) or isinstance(base, Opaque | Transformed):
        coordinates = [_record(_at(base, place)) for place in np.ndindex(shape)]
        whole = _product(law, coordinates)
        return whole if len(shape) == 1 else _reshaped(whole, shape)
    kind = FAMILIES[type(base)].support(base).kind
    ask = _asking(density, whole=False)
    axes = tuple(range(1, len(shape) + 1))

    def log_density(x: Floats) -> Floats:
        whole = (np.floor(x) == x).all(axis=axes) if kind == "lattice" else True
        return np.where(whole, ask(x).sum(axis=axes), -np.inf)

    return OpenLaw(
        name=repr(law),
        shape=shape,
        kind="discrete" if kind == "lattice" else "continuous",
        log_prob=log_density,
        draw=lambda n, rng: numbers(sample[1](sample[0], (n, *shape), rng)),
        law=law,
    )


def _reshaped(law: OpenLaw, shape: tuple[int, ...]) -> OpenLaw:
    return replace(
        law,
        shape=shape,
        log_prob=lambda x: ask(law, x.reshape(len(x), -1)),
        draw=lambda n, rng: take(law, n, rng).reshape(n, *shape),
    )


def _at(law: Any, place: tuple[int, ...]) -> Law:
    """One law of a batch."""
    values: dict[str, Any] = {name: value for name, value in vars(law).items() if name not in {"dtype", "plain"}}
    for name, value in law.parameters().items():
        core = value.shape[value.ndim - domain_of(law, name).ndim :]
        values[name] = np.broadcast_to(value, (*law.batch_shape, *core))[place]
    if "components" in values:
        values["components"] = tuple(_at(part, place) for part in values["components"])
    found: Law = unchecked(type(law), law, **values)
    return found
