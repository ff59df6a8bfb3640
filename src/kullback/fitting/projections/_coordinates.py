"""Families by name, and their parameters as free real numbers."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.adapters import to_law
from kullback.families import (
    FAMILIES,
    Categorical,
    Dirichlet,
    DiscreteUniform,
    Law,
    Mixture,
    MultivariateNormal,
    Normal,
    Product,
    Uniform,
    log_prob,
)
from kullback.families._domains import (
    ABOVE_ONE,
    INNER_PROBABILITY,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_PROBABILITY,
    PROBABILITY,
    REAL,
    Domain,
)
from kullback.fitting.projections._hermite import Floats

_LOGARITHMIC = (POSITIVE, NOT_NEGATIVE)
_ODDS = (PROBABILITY, POSITIVE_PROBABILITY, INNER_PROBABILITY)


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A family on the line with real coordinates: logarithms of what is positive, log odds of what is a probability.

    Attributes:
        kind: The family.
        fixed: Parameters that are held.
        components: 1, or the number of components of a mixture of such laws.
        center: Where locations count from.
        unit: What they count in, so that a step means the same at every scale of the target.
    """

    kind: type[Law]
    fixed: dict[str, float]
    components: int = 1
    center: float = 0.0
    unit: float = 1.0

    @property
    def free(self) -> dict[str, Domain]:
        """The parameters that move, with their domains."""
        known = {field.name: field for field in fields(self.kind)}  # type: ignore[arg-type]
        names = [name for name in known if name not in self.fixed and name != "logits"]
        return {name: known[name].metadata["domain"] for name in names}

    def law(self, theta: Floats, /) -> Law:
        """The law at coordinates of shape ``(k,)``, or a batch of shape ``(m, 1)`` for ``(m, k)``."""
        size = len(self.free)
        if self.components == 1:
            return self._one(theta)
        logits = np.concatenate([theta[..., : self.components - 1], np.zeros_like(theta[..., :1])], axis=-1)
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        parts = [
            self._one(theta[..., self.components - 1 + i * size : self.components - 1 + (i + 1) * size])
            for i in range(self.components)
        ]
        return Mixture(weights / weights.sum(axis=-1, keepdims=True), tuple(parts))

    def _one(self, theta: Floats) -> Law:
        batch = theta.ndim > 1
        values = {}
        for i, (name, domain) in enumerate(self.free.items()):
            value = _outward(domain, theta[..., i])
            value = self.center + self.unit * value if name == "loc" and domain is REAL else value
            values[name] = value[:, None] if batch else value
        return self.kind(**values, **self.fixed)

    def log_prob(self, theta: Floats, x: Floats, /) -> Floats:
        """Log densities of a batch of laws at points, shape ``(m, n)``; x may be one row or a row for each law."""
        if self.components == 1:
            law = self._one(theta)
            with np.errstate(all="ignore"):
                return np.asarray(log_prob(law, x))
        size, k = len(self.free), self.components
        logits = np.concatenate([theta[:, : k - 1], np.zeros_like(theta[:, :1])], axis=1)
        weights = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
        parts = [self._one(theta[:, k - 1 + i * size : k - 1 + (i + 1) * size]) for i in range(k)]
        with np.errstate(all="ignore"):
            logs = [weights[:, i, None] + log_prob(part, x) for i, part in enumerate(parts)]
            return np.asarray(np.logaddexp.reduce(np.stack(logs), axis=0))

    def ordered(self, theta: Floats, /) -> Floats:
        """The same mixture with its components in order, so that those that differ by names only are one."""
        k, size = self.components, len(self.free)
        if k == 1:
            return theta
        parts = theta[k - 1 :].reshape(k, size)
        order = np.lexsort(parts.T[::-1])
        logits = np.append(theta[: k - 1], 0.0)[order]
        return np.concatenate([(logits - logits[-1])[:-1], parts[order].ravel()])

    def of(self, law: Any, /) -> Floats:
        """The coordinates of a law."""
        if self.components == 1:
            return np.array([self._inner(name, float(getattr(law, name))) for name in self.free])
        one = replace(self, components=1)
        logits = np.log(np.asarray(law.weights))
        return np.concatenate([(logits - logits[-1])[:-1], *(one.of(part) for part in law.components)])

    def _inner(self, name: str, value: float) -> float:
        domain = self.free[name]
        if name == "loc" and domain is REAL:
            return (value - self.center) / self.unit
        return _inward(domain, value)

    def member(self) -> Law:
        """Some member of the family: its support is that of the others where no end of it moves."""
        # No power is zero.
        values = {name: _outward(domain, np.full((), float(name == "power"))) for name, domain in self.free.items()}
        return self.kind(**values, **self.fixed)


def _outward(domain: Domain, value: Floats) -> Floats:
    if domain in _LOGARITHMIC:
        return np.exp(value)
    if domain in _ODDS:
        return np.asarray(1.0 / (1.0 + np.exp(-value)))
    return 1.0 + np.exp(value) if domain is ABOVE_ONE else value


def _inward(domain: Domain, value: float) -> float:
    if domain in _LOGARITHMIC:
        return float(np.log(value))
    if domain in _ODDS:
        return float(np.log(value) - np.log1p(-value))
    return float(np.log(value - 1.0)) if domain is ABOVE_ONE else value


def read_family(family: Any, dimension: int, /) -> tuple[Any, bool]:
    """The family that is meant: a class (or a tuple of classes, one for each coordinate), and whether it is diagonal.

    Raises:
        InputError: It is no family, or not one for so many dimensions.
    """
    if isinstance(family, tuple | list):
        return _coordinatewise(family, dimension), False
    if isinstance(family, str):
        family = _by_name(family, dimension)
    elif not isinstance(family, type):
        family = _kind_of(family)
    if family in {"diagonal", "full"}:
        return (Normal if dimension == 1 else MultivariateNormal), family == "diagonal"
    if not (isinstance(family, type) and issubclass(family, Law) and family in FAMILIES):
        raise InputError(
            f"family = {family!r} is no family. Give a class of kullback.families such as Normal or Gamma, its name, "
            "'diagonal' or 'full' for normal laws in many dimensions, or a tuple of classes, one for each coordinate."
        )
    if family is Normal and dimension > 1:
        raise InputError(f"target has {dimension} dimensions and Normal has one. Use 'diagonal' or 'full'.")
    return (Normal if family is MultivariateNormal and dimension == 1 else family), False


def _kind_of(family: Any) -> Any:
    """The family of a record or of a distribution of another library."""
    try:
        return type(to_law(family))
    except InputError:
        return family


def _by_name(word: str, dimension: int) -> Any:
    known = {kind.__name__.lower(): kind for kind in FAMILIES}
    name = word.lower().replace("-", "").replace("_", "").replace(" ", "")
    if name in {"diagonal", "full"}:
        return name
    name = "normal" if name == "gaussian" else name
    if name == "normal" and dimension > 1:
        return "full"
    if name not in known:
        close = ", ".join(sorted(kind for kind in known if kind.startswith(name[:2]))) or "normal, gamma, beta, poisson"
        raise InputError(f"family = {word!r} is not known. Perhaps one of: {close}, or 'diagonal' or 'full'.")
    return known[name]


def _coordinatewise(family: Any, dimension: int) -> tuple[Any, ...]:
    kinds = tuple(read_family(kind, 1)[0] for kind in family)
    if len(kinds) != dimension:
        raise InputError(
            f"family has {len(kinds)} coordinates and target has {dimension}. One family for each is needed."
        )
    return kinds


def read_fixed(kind: type[Law], fixed: Any, components: int, /) -> Coordinates:
    """The coordinates of a family on the line, with some parameters held.

    Raises:
        InputError: The family has no such parameters, needs others, or has parameters that are no numbers.
    """
    given = dict(fixed or {})
    if kind in {Mixture, Product}:
        words = "components=2 beside the family of one component" if kind is Mixture else "a tuple of families"
        raise InputError(f"family = {kind.__name__} says nothing of what it is made of. Give {words}.")
    known = {field.name: field.metadata.get("domain") for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"fixed holds {unknown[0]!r}. {kind.__name__} has {', '.join(known)}. Choose from these.")
    here = Coordinates(kind, given, components)
    movable = (REAL, ABOVE_ONE, *_LOGARITHMIC, *_ODDS)
    stuck = [name for name, domain in here.free.items() if domain not in movable] if kind is not Categorical else []
    if stuck and kind not in {Uniform, DiscreteUniform, Dirichlet}:
        raise InputError(
            f"{stuck[0]} of {kind.__name__} does not move in a projection. Its value is needed: "
            f"fixed={{{stuck[0]!r}: ...}}."
        )
    if not here.free and kind is not Categorical:
        raise InputError(f"fixed holds every parameter of {kind.__name__}. One must be free. Leave one out.")
    return here
