"""The record of a choice among models."""

import math
from dataclasses import dataclass, field
from typing import Any

from kullback._core import InputError, Shown, percent, printable
from kullback.fitting.likelihood._record import Fit

CRITERIA = ("aic", "aicc", "bic", "tic")
_NAMES = {"aic": "AIC", "aicc": "AICc", "bic": "BIC", "tic": "TIC"}


@dataclass(frozen=True, eq=False)
class Candidate:
    """One model among others.

    Attributes:
        name: What it is called.
        log_likelihood: Total log likelihood in nats.
        k: Number of parameters, as they are counted here.
        aic: 2 k - 2 log L.
        aicc: AIC with the correction for small samples.
        bic: k log n - 2 log L.
        tic: Takeuchi's criterion; None where it is not known.
        delta: The chosen criterion less the least one.
        weight: exp(-delta/2) over the sum of these: a share of the set.
        divergence: How far the model is from the data in nats: D(empirical‖model) for masses, an estimate of
            D(truth‖model) for densities; None where it is not known.
        fit: The fit, where there is one.
    """

    name: str
    log_likelihood: float
    k: float
    aic: float
    aicc: float
    bic: float
    tic: float | None
    delta: float = math.nan
    weight: float = math.nan
    divergence: float | None = None
    fit: Fit | None = field(default=None, repr=False)

    def value(self, criterion: str, /) -> float | None:
        """The criterion of that name."""
        found: float | None = getattr(self, criterion)
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Shown):
    """Models ranked by a criterion, best first.

    Attributes:
        candidates: The models, best first.
        criterion: "aic", "aicc", "bic" or "tic".
        n: Number of observations.
        count_scale: Whether scales (σ) count as parameters.
        skipped: Families that were left out, with the reason.
        notes: What is to be known.
        goodness: The figure of `divergence` in words: what it is.
    """

    candidates: tuple[Candidate, ...]
    criterion: str
    n: float
    count_scale: bool
    skipped: dict[str, str]
    notes: tuple[str, ...]
    goodness: str = ""

    @property
    def best(self) -> Candidate:
        """The model with the least criterion."""
        return self.candidates[0]

    @property
    def weights(self) -> dict[str, float]:
        """Akaike weights by name (those of the criterion that was chosen); they add up to 1."""
        return _ByName({one.name: one.weight for one in self.candidates})

    def __getitem__(self, name: str) -> Candidate:
        """A model by its name, in any spelling."""
        found: Candidate = _ByName({one.name: one for one in self.candidates})[name]
        return found

    def evidence_ratio(self, one: str, other: str, /) -> float:
        """How many times the weight of one model that of another is, exp of half the difference of their criteria.

        Args:
            one: Name of a model.
            other: Name of another.

        Returns:
            The ratio, above 1 where the first is better.
        """
        gap = 0.5 * (self[other].delta - self[one].delta)
        return math.exp(gap) if gap < 700 else math.inf

    def plot(self) -> Any:
        """Draw the weights, and the data against the three best fits where these are laws of numbers.

        Returns:
            A figure of matplotlib.

        Raises:
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.fitting.likelihood._selection_picture import draw_selection  # noqa: PLC0415 - drawing is rare

        return draw_selection(self)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON; an infinite number is the string "inf", a missing one null."""
        figures = ("log_likelihood", "k", "aic", "aicc", "bic", "tic", "delta", "weight", "divergence")
        return {
            "criterion": self.criterion,
            "n": self.n,
            "count_scale": self.count_scale,
            "unit": "nats",
            "candidates": [
                {"name": one.name}
                | {name: _plain(getattr(one, name)) for name in figures}
                | ({} if one.fit is None else {"parameters": one.fit.to_dict()["parameters"]})
                for one in self.candidates
            ],
            "divergence": self.goodness,
            "skipped": self.skipped,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        title = _NAMES[self.criterion]
        scale = "scales count as parameters" if self.count_scale else "scales do not count as parameters"
        width = max(6, *(len(printable(one.name, 40)) for one in self.candidates))
        known = any(one.divergence is not None for one in self.candidates)
        head = f"  {'model':<{width}}  {'k':>4}  {'log L, nats':>12}  {title:>12}  {'Δ':>9}  {'weight':>9}"
        lines = [f"{len(self.candidates)} models by {title}, n = {self.n:,.6g}; {scale}", head]
        lines[1] += "   D, nats" if known else ""
        for one in self.candidates:
            line = (
                f"  {printable(one.name, 40):<{width}}  {one.k:>4g}  {one.log_likelihood:>12.6g}  "
                f"{one.value(self.criterion) or 0.0:>12.6g}  {one.delta:>9.4g}  {percent(one.weight):>9}"
            )
            lines.append(line + (f"  {one.divergence:>8.3g}" if one.divergence is not None else ""))
        if known:
            lines.append(f"  D: {self.goodness}")
        if self.skipped:
            lines.append(f"  left out: {', '.join(self.skipped)} (see .skipped)")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


class _ByName(dict[str, Any]):
    """Figures by the names of models, which are found in any spelling: "normal", "Normal", the class itself."""

    def __missing__(self, name: Any) -> Any:
        """The figure of the model that is meant."""
        wanted = _letters(getattr(name, "__name__", str(name)))
        for known, figure in self.items():
            if _letters(known) == wanted:
                return figure
        raise InputError(f"there is no model {name!r}. There are {', '.join(self)}.")


def _letters(name: str) -> str:
    return "".join(mark for mark in name.lower() if mark.isalnum())


def _plain(value: float | None) -> Any:
    if value is None or math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
