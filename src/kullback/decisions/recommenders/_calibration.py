"""How far recommendations are from a person's profile."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import COLORS, Figure, InputError, new_picture, numbers, printable, relative_gap
from kullback.decisions._options import checked_number
from kullback.divergences._arrays import array_divergence
from kullback.divergences._inputs import read_pair

_SHOWN = 3


@dataclass(frozen=True, eq=False, repr=False)
class CalibrationGap(Figure):
    """D(profile‖recommended) with its parts; prints in bits.

    Attributes:
        value: In nats, with the recommended shares mixed with a little of the profile.
        plain: D(profile‖recommended) without that, infinite where a category is never recommended.
        contributions: What each category adds to `value`, none negative.
        profile: Shares of the profile.
        recommended: Shares of the recommendations.
        labels: Names of the categories, None where they had none.
        alpha: Share of the profile in the mixture.
    """

    value: float
    plain: float
    contributions: NDArray[np.float64]
    profile: NDArray[np.float64]
    recommended: NDArray[np.float64]
    labels: tuple[Any, ...] | None
    alpha: float

    def __str__(self) -> str:
        order = np.argsort(-self.contributions, kind="stable")[:_SHOWN].tolist()
        parts = [
            f"{self.name(place)} {self.profile[place]:.0%} of the profile, {self.recommended[place]:.0%} recommended"
            for place in order
            if self.contributions[place] > 0
        ]
        plain = "inf" if math.isinf(self.plain) else f"{self.plain / math.log(2):.4g}"
        head = f"D(profile‖recommended) = {self.bits:.4g} bits (alpha = {self.alpha:g}; {plain} bits without)"
        return "\n".join([head, *(f"  {part}" for part in parts)])

    def name(self, place: int, /) -> str:
        """The name of a category."""
        return printable(str(self.labels[place]), 30) if self.labels else f"#{place}"

    def plot(self) -> Any:
        """The two profiles side by side; a figure of matplotlib."""
        figure = new_picture(max(4.5, 1.6 + 0.4 * len(self.profile)), 3.4)
        axis = figure.subplots()
        places = np.arange(len(self.profile))
        axis.bar(places - 0.2, self.profile, 0.4, color=COLORS[0], label="profile")
        axis.bar(places + 0.2, self.recommended, 0.4, color=COLORS[1], label="recommended")
        axis.set_xticks(places, [self.name(place).replace("$", r"\$") for place in places.tolist()], rotation=30)
        axis.set_ylabel("share")
        axis.set_title(f"D(profile‖recommended) = {self.bits:.3g} bits", fontsize=10)
        axis.legend(frameon=False, fontsize=8)
        return figure


def category_profile(categories: Any, /, *, weights: Any = None) -> NDArray[np.float64]:
    r"""Shares of categories in a list of items.

    Args:
        categories: One row for each item, of shape ``(items, categories)``, not negative: which categories it belongs
            to, in any scale; rows are divided by their totals.
        weights: How much each item counts, of shape ``(items,)``: how recent it is, how high it ranks. Alike if None.

    Returns:
        Shares of shape ``(categories,)``.

    Raises:
        InputError: An item has no category, or a number is negative or not finite.

    References:
        Steck (2018), Calibrated Recommendations, RecSys, equations 2 and 3.

    Example:
        >>> category_profile([[1, 0], [1, 0], [1, 1], [0, 1]]).tolist()
        [0.625, 0.375]
    """
    shares = item_shares(categories)
    each = np.ones(len(shares)) if weights is None else np.asarray(numbers(weights), dtype=np.float64)
    if each.shape != (len(shares),) or not np.isfinite(each).all() or (each < 0).any() or not each.sum() > 0:
        raise InputError(
            f"weights of shape {each.shape} for {len(shares)} items. One finite number from 0 up for each is needed, "
            "some of them positive."
        )
    profile: NDArray[np.float64] = each @ shares / each.sum()
    return profile


def item_shares(categories: Any, /) -> NDArray[np.float64]:
    """The categories of items, each row with a total of 1."""
    table = np.asarray(numbers(categories), dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise InputError(
            f"categories has shape {table.shape}. A row for each item is needed, a column for each category."
        )
    bad = ~np.isfinite(table).all(axis=1) | (table < 0).any(axis=1) | ~(table.sum(axis=1) > 0)
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(
            f"item {place} has the categories {table[place].tolist()}. Finite numbers from 0 up are needed, one of "
            "them positive. Give items without a category one of their own."
        )
    shares: NDArray[np.float64] = table / table.sum(axis=1, keepdims=True)
    return shares


def calibration_gap(profile: Any, recommended: Any, /, *, alpha: float = 0.01) -> CalibrationGap:
    r"""How far the categories of recommendations are from those of a person's history.

    $$ D\bigl(p \,\|\, (1-α)\, q + α\, p\bigr) $$

    Args:
        profile: Shares p of categories in what the person chose, an array or by label.
        recommended: Shares q of the same categories in what is recommended.
        alpha: Share of p that is mixed into q so that a category that is never recommended has a finite price;
            0 leaves it infinite.

    Returns:
        The divergence, zero only where the shares agree. At most log(1/alpha).

    Raises:
        InputError: They are no probabilities of the same categories, or alpha is not in [0, 1).

    References:
        Steck (2018), Calibrated Recommendations, RecSys, equations 4 and 5.

    Example:
        >>> from kullback.decisions.recommenders import calibration_gap
        >>> print(calibration_gap({"drama": 0.7, "comedy": 0.3}, {"drama": 1.0, "comedy": 0.0}))
        D(profile‖recommended) = 1.636 bits (alpha = 0.01; inf bits without)
          comedy 30% of the profile, 0% recommended
          drama 70% of the profile, 100% recommended
    """
    check_alpha(alpha)
    pair = read_pair(profile, recommended)
    plain = array_divergence(pair, normalize=False)
    p, q = (np.asarray(numbers(side), dtype=np.float64) for side in (pair.p, pair.q))
    if p.ndim != 1:
        raise InputError(f"profile and recommended have shape {p.shape}. One person at a time is needed.")
    parts = relative_gap(p, (1 - alpha) * q + alpha * p)
    return CalibrationGap(float(parts.sum()), float(plain), parts, p, q, pair.labels, float(alpha))


def check_alpha(alpha: float, /) -> None:
    """A share below 1."""
    words = "A number from 0 up and below 1 is needed, such as 0.01."
    checked_number(alpha, "alpha", words, low=0.0, high=math.nextafter(1.0, 0.0))
