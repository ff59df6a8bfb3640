"""Weights of rows that meet targets and are as close to the old ones as possible: entropy balancing, calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kullback._core import Figure, InputError
from kullback.fitting.constraints._dual import (
    Dual,
    explain_infeasible,
    minimize_dual,
    missed,
    refuse,
    tilted_divergence,
)
from kullback.fitting.constraints._points import Floats, floats_of
from kullback.fitting.constraints._tilt import Sense, read_senses, read_targets

_SIGNS = {"equal": 0.0, "at_least": 1.0, "at_most": -1.0}
# The linear program that names a contradiction is asked up to so many rows; then on a sample of extreme rows.
_MOST_ROWS = 200_000


@dataclass(frozen=True, eq=False, repr=False)
class Weights(Figure):
    """Calibrated weights, with what proves them closest.

    Attributes:
        value: D(new weights‖old weights) in nats, both as shares.
        weights: New weights, shape ``(n,)``, of the same total as the old ones (n where none were given).
        multipliers: λ of w ∝ old · exp(λ·f), one for each feature.
        means: Weighted means of the features.
        targets: The means asked for.
        effective_size: (Σw)²/Σw², how many equal rows are as good (Kish).
        largest_ratio: Largest new share over old share.
        gap: Duality gap in nats.
        steps: Newton steps taken.
    """

    value: float
    weights: Floats
    multipliers: Floats
    means: Floats
    targets: Floats
    effective_size: float
    largest_ratio: float
    gap: float
    steps: int

    @property
    def residuals(self) -> Floats:
        """Means less targets."""
        return self.means - self.targets

    def __str__(self) -> str:
        return (
            f"D(new weights‖old weights) = {self.value:.6g} nats ({self.bits:.6g} bits), duality gap {self.gap:.1g} "
            f"nats\n  {len(self.weights)} rows are worth {self.effective_size:.6g} equal ones; largest weight ratio "
            f"{self.largest_ratio:.4g}\n  largest miss of a target {np.abs(self.residuals).max():.1g}"
        )


def tilt_weights(
    features: Any, targets: Any, /, *, weights: Any = None, sense: Sense | Sequence[Sense] = "equal"
) -> Weights:
    r"""Weights of rows whose weighted feature means meet the targets, closest to the old weights.

    $$ \min_w D(w \,\|\, d) \quad \text{with} \quad \sum_i w_i f_{ij} = c_j, \; \sum_i w_i = 1 $$

    Known as entropy balancing in causal inference and as raking or exponential calibration in surveys.

    Args:
        features: Numbers of shape ``(n, k)`` or ``(n,)``.
        targets: Means to meet, shape ``(k,)``.
        weights: Old weights of the rows, zero or larger, shape ``(n,)``; equal where left out.
        sense: "equal", "at_least" or "at_most"; one word for all, or one for each feature.

    Returns:
        The weights, their effective size and the certificate.

    Raises:
        InputError: Shapes do not fit, a number is not finite, or no weights meet the targets (the message names which).

    Note:
        Newton's method on k multipliers: a million rows of ten features take seconds.

    References:
        Deville and Särndal (1992), Journal of the American Statistical Association 87. Hainmueller (2012), Political
        Analysis 20.

    Example:
        >>> import numpy as np
        >>> from kullback.fitting.constraints import tilt_weights
        >>> age = np.array([20.0, 30.0, 40.0, 50.0])
        >>> found = tilt_weights(age, 40.0)
        >>> round(float(found.weights @ age / found.weights.sum()), 9), round(found.effective_size, 4)
        (40.0, 3.3146)
    """
    rows, base = _read(features, weights)
    wanted = read_targets(targets, rows.shape[1])
    signs = np.array([_SIGNS[one] for one in read_senses(sense, rows.shape[1])])
    alive = base > 0
    gaps = rows[alive] - wanted
    logs = np.log(base[alive] / base.sum())
    dual = minimize_dual(gaps, logs, signs)
    if missed(dual, gaps, signs, logs):
        names = [f"mean of feature {j}" for j in range(len(wanted))]
        raise refuse(_why(gaps, signs, names, wanted) or f"the dual did not converge, residuals {dual.residuals}")
    return _record(base, alive, wanted, dual)


def _why(gaps: Floats, signs: Floats, names: list[str], targets: Floats) -> str | None:
    """The linear program on all rows, or on those at the ends of each feature and of random directions."""
    if len(gaps) > _MOST_ROWS:
        directions = np.random.default_rng(0).normal(size=(gaps.shape[1], 200))
        sides = np.concatenate([gaps, gaps @ directions], axis=1)
        gaps = gaps[np.unique(np.concatenate([sides.argmin(axis=0), sides.argmax(axis=0)]))]
    return explain_infeasible(gaps, signs, names, targets)


def _read(features: Any, weights: Any) -> tuple[Floats, Floats]:
    rows = floats_of(features, "features")
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.ndim != 2 or not rows.size:
        raise InputError(
            f"features has shape {np.shape(features)}. Rows of k numbers are needed: shape (n, k) or (n,)."
        )
    if not np.isfinite(rows).all():
        raise InputError("features holds a value that is not finite. Finite numbers are needed; leave such rows out.")
    base = np.ones(len(rows)) if weights is None else floats_of(weights, "weights")
    if base.shape != (len(rows),):
        raise InputError(f"weights has shape {base.shape}. One weight for each of {len(rows)} rows is needed.")
    if not (np.isfinite(base) & (base >= 0)).all() or not base.sum() > 0:
        raise InputError("weights holds a negative value, NaN or no mass at all. Zero or positive numbers are needed.")
    return rows, base


def _record(base: Floats, alive: Any, wanted: Floats, dual: Dual) -> Weights:
    shares = np.zeros(len(base))
    shares[alive] = np.exp(dual.log_weights)
    old = base / base.sum()
    value = tilted_divergence(dual.log_weights, np.log(old[alive]))
    return Weights(
        value=value,
        weights=shares * base.sum(),
        multipliers=dual.multipliers,
        means=wanted + dual.residuals,
        targets=wanted,
        effective_size=float(shares.sum() ** 2 / (shares @ shares)),
        largest_ratio=float((shares[alive] / old[alive]).max()),
        gap=max(value + dual.log_normalizer, 0.0),
        steps=dual.steps,
    )
