"""The record of a fit by maximum likelihood."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback import families as laws
from kullback._core import InputError, Shown, printable
from kullback.estimators import Estimate
from kullback.families import Law
from kullback.fitting.likelihood._density import empirical_parts, is_mass, log_density
from kullback.fitting.likelihood._errors import coordinates, covariance_of, interval_of
from kullback.fitting.likelihood._goodness import goodness_of
from kullback.fitting.likelihood._sample import Sample
from kullback.fitting.likelihood._takeuchi import takeuchi_penalty

Floats = NDArray[np.float64]
_SHOWN_ROWS = 12


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Shown):
    """A law of greatest likelihood, its errors, and how well it does.

    What takes work is made on first use: `covariance`, `stderr`, `intervals`, `tic`, `divergence`.

    Attributes:
        law: The law, a record of `kullback.families`.
        log_likelihood: Total log likelihood in nats.
        n: Number of observations: the total of counts or weights.
        k: Number of parameters that the data chose.
        method: How the maximum was found.
        converged: Whether the solver came to rest.
        notes: What is to be known about it.
        confidence: Level of the intervals.
        fixed: Names of the parameters that did not move.
        labels: What outcomes or states 0, 1, … stand for, where labels came.
        sample: The data as it was fitted.
    """

    law: Any
    log_likelihood: float
    n: float
    k: int
    method: str
    converged: bool
    notes: tuple[str, ...]
    confidence: float
    fixed: tuple[str, ...]
    labels: tuple[Any, ...] | None
    sample: Sample = field(repr=False)

    @property
    def family(self) -> str:
        """Name of the family."""
        return type(self.law).__name__

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters by name: numbers or arrays; of mixtures and products those of the parts, `components[0].loc`."""
        return _parameters(self.law)

    @cached_property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the numbers that moved, in the order of the record: vectors entry by entry, triangles row by row."""
        return coordinates(self.law, frozenset(self.fixed)) if not _is_whole_law(self.law) else ()

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of the estimates, shape ``(c, c)`` for the `coordinates`: one over n times the Fisher information.

        NaN for ends of the support, whose error is of another kind (see `intervals`); 0 for parameters on the edge of
        their domain.
        """
        if not self.coordinates:
            return np.zeros((0, 0))
        return covariance_of(self.law, frozenset(self.fixed), self.sample)

    @cached_property
    def stderr(self) -> dict[str, float]:
        """Standard error of each coordinate, in its unit."""
        return dict(zip(self.coordinates, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Interval of each coordinate at the level `confidence`.

        Exact for chances (Clopper-Pearson), Poisson and exponential rates, geometric chances, and the ends of uniform
        and Pareto laws; one-sided on an edge. Otherwise normal, on the logarithm of what is positive.
        """
        values = _values(self.law)
        return {
            name: interval_of(self.law, name, values[name], error, self.sample, self.confidence)
            for name, error in self.stderr.items()
        }

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 k - 2 log L, in nats times two."""
        return 2.0 * self.k - 2.0 * self.log_likelihood

    @property
    def aicc(self) -> float:
        """AIC + 2 k (k + 1)/(n - k - 1); infinite for n ≤ k + 1."""
        rest = self.n - self.k - 1.0
        return self.aic + 2.0 * self.k * (self.k + 1.0) / rest if rest > 0 else math.inf

    @property
    def bic(self) -> float:
        """Schwarz's criterion, k log n - 2 log L."""
        return self.k * math.log(self.n) - 2.0 * self.log_likelihood

    @cached_property
    def takeuchi(self) -> float | None:
        """Takeuchi's count of parameters tr(J I⁻¹): near k where the family is right; None where it is not smooth."""
        return takeuchi_penalty(self.law, frozenset(self.fixed), self.sample)

    @property
    def tic(self) -> float | None:
        """Takeuchi's criterion, 2 tr(J I⁻¹) - 2 log L; None where the penalty is not known."""
        return None if self.takeuchi is None else 2.0 * self.takeuchi - 2.0 * self.log_likelihood

    @property
    def cross_entropy(self) -> float:
        """Nats per observation, -log L / n: for masses the entropy of the sample plus `divergence`."""
        return 0.0 - self.log_likelihood / self.n

    @cached_property
    def _parts(self) -> tuple[float, float]:
        return empirical_parts(self.law, self.sample) if is_mass(self.law) else (math.nan, math.inf)

    @property
    def divergence(self) -> float:
        """D(empirical‖model) in nats, which the fit minimizes; infinite against a density, which gives points no mass.

        For a Markov chain it is that of the next state given the state.
        """
        return self._parts[1]

    @property
    def entropy(self) -> float | None:
        """Entropy of the sample in nats, where the model has masses: log L = -n (entropy + divergence)."""
        return self._parts[0] if is_mass(self.law) else None

    def goodness(self, *, rng: int | np.random.Generator | None = None) -> Estimate:
        """How far the law behind the sample is from the fit: an estimate of D(truth‖model) in nats.

        Args:
            rng: Seed or generator, for draws that measure the bias.

        Returns:
            The estimate with its interval; of 20,000 rows, evenly spaced, where there are more. The sample has chosen
            the law, so it is low by about k/2n.

        Raises:
            InputError: The law is one of paths or matrices, or on a sphere.
        """
        return goodness_of(self.law, self.sample, rng)

    def log_prob(self, x: Any, /) -> Floats:
        """Log density or log probability of the fitted law.

        Args:
            x: Points of shape ``(n, *event)``.

        Returns:
            Nats, shape ``(n,)``.
        """
        return log_density(self.law, np.asarray(x, dtype=np.float64))

    def plot(self) -> Any:
        """Draw the data against the fitted law: bars for masses, a histogram for densities.

        Returns:
            A figure of matplotlib.

        Raises:
            InputError: The law is not one of numbers.
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.fitting.likelihood._fit_picture import draw_fit  # noqa: PLC0415 - drawing is rare

        if self.sample.points.ndim > 1:
            raise InputError(f"{self.family} is a law of vectors or paths. Pictures are for laws of numbers.")
        return draw_fit(self.law, self.sample, self.labels)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON; an infinite number is the string "inf", a missing one null."""
        names = ("log_likelihood", "n", "k", "aic", "aicc", "bic", "tic", "cross_entropy", "divergence", "entropy")
        return {
            "family": self.family,
            "parameters": {
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in self.parameters.items()
            },
            "stderr": {name: _plain(value) for name, value in self.stderr.items()},
            "intervals": {name: [_plain(end) for end in ends] for name, ends in self.intervals.items()},
            **{name: _plain(getattr(self, name)) for name in names},
            "unit": "nats",
            "method": self.method,
            "converged": self.converged,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        head = f"{self.family} by maximum likelihood ({self.method}), n = {self.n:,.6g}"
        lines = [head if self.converged else f"{head}: DID NOT CONVERGE", *self._rows()]
        lines.append(
            f"  log likelihood {self.log_likelihood:.6g} nats, k = {self.k}: AIC {self.aic:.6g}, AICc {self.aicc:.6g}, "
            f"BIC {self.bic:.6g}"
        )
        if is_mass(self.law):
            lines.append(
                f"  D(empirical‖model) = {_clean(self.divergence):.4g} nats; with the entropy of the sample, "
                f"{self.entropy:.6g} nats, it makes {self.cross_entropy:.6g} nats per observation"
            )
        else:
            lines.append(f"  cross-entropy {self.cross_entropy:.6g} nats per observation (a density: may be negative)")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def _rows(self) -> list[str]:
        values, fixed = _values(self.law), set(self.fixed)
        moved = [name for name in self.coordinates if name in values]
        if len(moved) > _SHOWN_ROWS:
            return [f"  {len(moved)} coordinates: see .parameters and .stderr"]
        rows = []
        width = max((len(self._named(name)) for name in values), default=0)
        for name, value in values.items():
            line = f"  {self._named(name):<{width}}  {value:.6g}"
            if name in moved:
                low, high = self.intervals[name]
                error = self.stderr[name]
                line += "" if math.isnan(error) else f" ± {error:.2g}"
                line += f"   {100 * self.confidence:g} % interval [{low:.5g}, {high:.5g}]"
            rows.append(f"{line}{'   given' if name.split('[')[0] in fixed else ''}")
        return rows

    def _named(self, name: str) -> str:
        """The coordinate with the label of its outcome."""
        head, _, places = name.partition("[")
        if not self.labels or not places or "components" in name:
            return name
        labels = [printable(str(self.labels[int(place)]), 30) for place in places.rstrip("]").split(",")]
        return f"{head}[{' → '.join(labels)}]"


def _is_whole_law(law: Law) -> bool:
    return isinstance(law, laws.DiscreteUniform | laws.Hypergeometric | laws.PointMass)


def _clean(value: float) -> float:
    """Without what is rounding only."""
    return 0.0 if abs(value) < 1e-15 else value


def _parameters(law: Any) -> dict[str, Any]:
    own = {name: float(value) if np.ndim(value) == 0 else np.asarray(value) for name, value in law.parameters().items()}
    for i, part in enumerate(getattr(law, "components", ())):
        own |= {f"components[{i}].{name}": value for name, value in _parameters(part).items()}
    return own


def _values(law: Any) -> dict[str, float]:
    """Every number of the law by the name of its coordinate."""
    found: dict[str, float] = {}
    for name, value in _parameters(law).items():
        if np.ndim(value) == 0:
            found[name] = float(value)
        elif name.endswith(("_tril", "covariance_matrix")):
            found |= {f"{name}[{i},{j}]": float(value[i, j]) for i in range(len(value)) for j in range(i + 1)}
        else:
            places = np.ndindex(value.shape)
            found |= {f"{name}[{','.join(map(str, place))}]": float(value[place]) for place in places}
    return found


def _plain(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
