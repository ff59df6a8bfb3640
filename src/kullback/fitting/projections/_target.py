"""The law that is projected, whatever it came as: its log density, where it lives, and what it is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import InputError, numbers
from kullback.divergences._inputs import is_vector
from kullback.divergences._ladder import density
from kullback.divergences._read import as_law
from kullback.estimators._laws import open_law
from kullback.families import FAMILIES, Law, Mixture, MultivariateNormal, Opaque
from kullback.fitting.projections._evidence import Evidence, evidence
from kullback.fitting.projections._hermite import Floats, LogProb
from kullback.numerics import Density

# Up to here expectations are taken on grids; beyond, by draws.
GRIDDED = 3


@dataclass(frozen=True, eq=False)
class Target:
    """What is projected.

    Attributes:
        name: How messages call it.
        kind: "interval" or "lattice" for laws on the line, "vectors" for those in d dimensions.
        dimension: Numbers in one outcome.
        log_prob: Points of shape ``(n,)``, or ``(n, d)`` for vectors, to log densities or log masses.
        law: Its record, where it has one.
        side: A law on the line as numerics read it.
        parts: Weights, means and covariances of what it is made of, as far as known: where searches start.
        draw: Number of draws and a generator to points, where it can be sampled.
        evidence: Of an unnormalized log density in up to three dimensions.
        source: The target as it came, where it is a function or a law in many dimensions.
        on_simplex: Whether its outcomes are probability vectors.
    """

    name: str
    kind: str
    dimension: int
    log_prob: LogProb
    law: Law | None = None
    side: Density | None = None
    parts: tuple[Floats, Floats, Floats] | None = None
    draw: Callable[[int, np.random.Generator], Floats] | None = None
    evidence: Evidence | None = None
    source: Any = None
    on_simplex: bool = False

    @property
    def normalized(self) -> bool:
        """Whether the log density came with its constant."""
        return not _is_function(self.source)

    @property
    def marks(self) -> Floats:
        """Points on the line where it lives; kinks are among them."""
        ends = () if self.side is None else (*self.side.marks, self.side.low, self.side.high)
        return np.array(sorted({float(end) for end in ends if np.isfinite(end)}))


def read_target(value: Any, dimension: int | None, /) -> Target:
    """A law, a distribution object, or an unnormalized log density.

    Raises:
        InputError: It is a sample, a batch, no law, or a function without `dimension`.
    """
    if _is_function(value):
        return _unnormalized(value, dimension)
    if dimension is not None:
        raise InputError("dimension= goes with a log density f(x) alone; the law knows its own. Leave it out.")
    opened = open_law(_checked(value), "target")
    law = opened.law
    while law is not None and isinstance(law, Mixture) and len(law.components) == 1:
        law = law.components[0]
    if opened.shape == () and law is not None:
        return _on_line(law, opened)
    if len(opened.shape or ()) != 1 or opened.log_prob is None or opened.kind == "discrete":
        raise InputError(
            f"target = {opened.name} has outcomes of shape {opened.shape}. Numbers or vectors with a density are "
            "needed. Flatten the outcomes, or give a log density f(x) with dimension=."
        )
    if opened.space and not opened.space.startswith("simplex"):
        raise InputError(f"target = {opened.name} lives on a {opened.space}. Laws in flat space are needed.")
    (size,) = opened.shape or (0,)
    parts = _parts(law)
    return Target(
        opened.name,
        "vectors",
        size,
        opened.log_prob,
        law,
        parts=parts,
        draw=opened.draw,
        source=value,
        on_simplex=bool(opened.space),
    )


def _is_function(value: Any) -> bool:
    methods = ("log_prob", "logpdf", "logpmf", "pdf", "pmf", "sample", "rvs")
    return callable(value) and not any(hasattr(value, name) for name in methods)


def _checked(value: Any) -> Any:
    """Arrays are probabilities of outcomes 0, 1, …; a sample belongs to `fit`."""
    if is_vector(value) and not isinstance(value, dict):
        array = np.asarray(numbers(value), dtype=np.float64)
        if array.ndim != 1 or (array < 0).any() or abs(array.sum() - 1.0) > 1e-4:
            raise InputError(
                f"target is an array of shape {array.shape} that does not hold probabilities adding up to 1. A law is "
                "needed. For a sample, forward projection is maximum likelihood: use kl.fit(x, family)."
            )
        return as_law(value, "target")
    return value


def _on_line(law: Law, opened: Any) -> Target:
    side = density(law)
    kind = FAMILIES[type(law)].support(law).kind
    if side is None or opened.log_prob is None or kind not in {"interval", "lattice"}:
        raise InputError(f"target = {opened.name} has no density or masses on the line. Give a law that has.")
    return Target(opened.name, kind, 1, opened.log_prob, law, side, draw=opened.draw)


def _parts(law: Law | None) -> tuple[Floats, Floats, Floats] | None:
    """Means and covariances of a normal law or a mixture of them."""
    components = law.components if isinstance(law, Mixture) else (law,)
    if not all(isinstance(part, MultivariateNormal) for part in components):
        return None
    weights = numbers(law.weights) if isinstance(law, Mixture) else np.ones(1)
    means, covariances = zip(*map(normal_moments, components), strict=True)
    kept = weights > 0
    return (weights / weights.sum())[kept], np.stack(means)[kept], np.stack(covariances)[kept]


def normal_moments(law: Any, /) -> tuple[Floats, Floats]:
    """Mean and covariance of a normal law in many dimensions."""
    loc = numbers(law.loc)
    if law.covariance_matrix is not None:
        return loc, numbers(law.covariance_matrix)
    factor = numbers(law.scale_tril) if law.scale_tril is not None else np.diag(numbers(law.scale_diag))
    return loc, factor @ factor.T


def _unnormalized(function: Any, dimension: int | None) -> Target:
    """A log density known up to a constant: the constant is integrated."""
    if isinstance(dimension, bool) or not isinstance(dimension, int | np.integer) or dimension < 1:
        raise InputError(
            f"target is a function and dimension = {dimension!r}. A whole number of at least 1 is needed: how many "
            "numbers f(x) takes. Give dimension=1 for f of an array of points on the line."
        )
    name, log_prob = getattr(function, "__name__", "f"), _asking(function, int(dimension))
    if dimension > GRIDDED:
        return Target(name, "vectors", int(dimension), log_prob, source=function)
    found = evidence(log_prob, int(dimension))

    def normalized(x: Floats) -> Floats:
        return log_prob(x) - found.log_evidence

    if dimension > 1:
        return Target(name, "vectors", int(dimension), normalized, parts=found.parts, evidence=found, source=function)
    law = Opaque(normalized, low=found.low, high=found.high, points=found.marks, name=name)
    return Target(name, "interval", 1, normalized, law, density(law), evidence=found, source=function)


def _asking(function: Any, dimension: int) -> LogProb:
    """The function with its answers checked; tensors are made of arrays where it wants them."""

    def log_prob(x: Floats) -> Floats:
        if dimension == 1 and x.ndim != 1:
            return log_prob(x.ravel()).reshape(x.shape)
        with np.errstate(all="ignore"):
            values = _answer(function, x)
        if values.shape != x.shape[:1]:
            shape = "(n,)" if dimension == 1 else f"(n, {dimension})"
            raise InputError(
                f"f(x) gave shape {values.shape} for {len(x)} points. It needs to take an array of shape {shape} and "
                "give one log density for each row. Sum over the last axis only."
            )
        if np.isnan(values).any() or (values == np.inf).any():
            raise InputError(
                f"f(x) is not a number below infinity at x = {x[~(values < np.inf)][0]}. Correct it there."
            )
        return values

    return log_prob


def _answer(function: Any, x: Floats) -> Floats:
    try:
        return np.asarray(numbers(function(x)), dtype=np.float64)
    except (TypeError, AttributeError):
        import torch  # noqa: PLC0415 - an extra; only functions of tensors come here

        return np.asarray(numbers(function(torch.as_tensor(x)).detach()), dtype=np.float64)
