"""Items chosen for their scores and for a list that keeps the proportions of a profile."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, Shown, numbers, relative_gap
from kullback.decisions._options import checked_number, checked_whole
from kullback.decisions.recommenders._calibration import check_alpha, item_shares
from kullback.divergences._arrays import checked_shares

_LEAST = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class CalibratedRanking(Shown):
    """A list of items and what it is made of; prints as a short text.

    Attributes:
        items: Places of the chosen items, in the order in which they were chosen.
        score: Sum of their scores.
        best_score: Sum of the highest scores, which a list without calibration has.
        divergence: D(profile‖list) in nats, alpha mixed in.
        best_divergence: The same of the list without calibration.
        shares: Shares of the categories in the list.
    """

    items: tuple[int, ...]
    score: float
    best_score: float
    divergence: float
    best_divergence: float
    shares: NDArray[np.float64]

    def __str__(self) -> str:
        return (
            f"{len(self.items)} items: {', '.join(map(str, self.items[:12]))}{', …' if len(self.items) > 12 else ''}\n"
            f"  D(profile‖list) = {self.divergence / np.log(2):.4g} bits (by scores alone "
            f"{self.best_divergence / np.log(2):.4g}), sum of scores {self.score:.6g} (by scores alone "
            f"{self.best_score:.6g})"
        )


def calibrated_ranking(
    scores: Any, categories: Any, profile: Any, /, *, size: int, weight: float = 0.5, alpha: float = 0.01
) -> CalibratedRanking:
    r"""Choose items for high scores and a small divergence from a profile.

    $$ \max_{|I| = \text{size}} \; (1-λ) \sum_{i \in I} s_i - λ\, D\bigl(p \,\|\, (1-α)\, q_I + α\, p\bigr) $$

    one item after the other, each the one that gains most.

    Args:
        scores: Of shape ``(items,)``, higher is better. Their scale matters against nats.
        categories: Of shape ``(items, categories)``, see `category_profile`.
        profile: Shares of the categories, of shape ``(categories,)``.
        size: Length of the list, at most the number of items.
        weight: λ from 0 (scores alone) to 1 (calibration alone).
        alpha: As in `calibration_gap`, above 0 here.

    Returns:
        The list, beside it what scores alone would give.

    Raises:
        InputError: Shapes do not fit, or a number is out of its range.

    Note:
        The greedy list is not always the best one; for the part of the objective that grows by diminishing returns it
        reaches 1 − 1/e of it. Work is items × categories × size.

    References:
        Steck (2018), Calibrated Recommendations, RecSys, section 4.

    Example:
        >>> found = calibrated_ranking([0.9, 0.8, 0.7, 0.1], [[1, 0], [1, 0], [1, 0], [0, 1]], [0.5, 0.5], size=2)
        >>> found.items
        (0, 3)
    """
    values = np.asarray(numbers(scores), dtype=np.float64)
    shares = item_shares(categories)
    target = np.asarray(numbers(checked_shares(profile, -1, normalize=False)[1]), dtype=np.float64)
    _check(values, shares, target, size=size, weight=weight)
    check_alpha(alpha)
    alpha = max(alpha, _LEAST)
    chosen: list[int] = []
    held = np.zeros(shares.shape[1])
    free = np.ones(len(values), dtype=bool)
    for count in range(1, size + 1):
        gaps = _gaps(target, (held + shares) / count, alpha)
        gain = np.where(free, (1 - weight) * values - weight * gaps, -np.inf)
        best = int(np.argmax(gain))
        chosen.append(best)
        held, free[best] = held + shares[best], False
    plain = np.argsort(-values, kind="stable")[:size]
    return CalibratedRanking(
        items=tuple(chosen),
        score=float(values[chosen].sum()),
        best_score=float(values[plain].sum()),
        divergence=float(_gaps(target, held / size, alpha)),
        best_divergence=float(_gaps(target, shares[plain].mean(axis=0), alpha)),
        shares=held / size,
    )


def _gaps(p: NDArray[np.float64], q: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """D(p‖(1 − α) q + α p) of every row of q."""
    gaps: NDArray[np.float64] = relative_gap(p, (1 - alpha) * q + alpha * p).sum(axis=-1)
    return gaps


def _check(
    values: NDArray[np.float64], shares: NDArray[np.float64], target: NDArray[np.float64], *, size: int, weight: float
) -> None:
    if values.shape != (len(shares),) or not np.isfinite(values).all():
        raise InputError(f"scores of shape {values.shape} for {len(shares)} items. One finite number each is needed.")
    if target.shape != (shares.shape[1],):
        raise InputError(
            f"profile has shape {target.shape} for {shares.shape[1]} categories. One share each is needed."
        )
    checked_whole(size, "size", most=len(values))
    words = "A number from 0 (scores alone) to 1 (calibration alone) is needed."
    checked_number(weight, "weight", words, low=0.0, high=1.0)
