"""The weight of a penalty, steered so that the divergence stays near a target."""

import math
from collections.abc import Mapping
from typing import Any

from kullback._core import InputError
from kullback.nn.policies._checks import check_number, check_word

_RULES = ("proportional", "doubling")
_CLIP, _BAND, _FACTOR = 0.2, 1.5, 2.0


class AdaptivePenalty:
    r"""Weight β of a penalty that grows while the divergence is above a target, and falls while it is below.

    "proportional": with the error e = D/target − 1 clipped to ±0.2,

    $$ β ← β\,\Big(1 + e\,\frac{\text{items}}{\text{horizon}}\Big); $$

    "doubling": β doubles where D is above 1.5 targets, halves where it is below the target over 1.5.

    Attributes:
        beta: The weight to use now.
        target: Divergence to hold, nats.
        rule: "proportional" or "doubling".
        horizon: Items after which a steady error of 0.2 has changed β by 20 %.
        bounds: Least and greatest β.

    Args:
        target: Divergence to hold, nats, positive; in the unit of what is given to `update` (per token or sequence).
        beta: First weight, inside the bounds.
        rule: "proportional" or "doubling".
        horizon: See above; 10 with one item for each update is the paper's gain of 0.1.
        bounds: β stays within, so that it comes back soon after a long run on one side.

    Raises:
        InputError: A number outside its domain, or an unknown rule.

    Note:
        Give `update` the exact divergence where there is one, else a mean of k1 or k3 over a batch; a slightly
        negative estimate is fine.

    References:
        Ziegler et al. (2019), arXiv:1909.08593, section 2.2. Schulman et al. (2017), arXiv:1707.06347, section 4.

    Example:
        >>> from kullback.nn import AdaptivePenalty
        >>> penalty = AdaptivePenalty(0.01, beta=0.1)
        >>> round(penalty.update(0.05), 6)  # five times the target
        0.102
    """

    def __init__(
        self,
        target: float,
        *,
        beta: float = 0.1,
        rule: str = "proportional",
        horizon: float = 10.0,
        bounds: tuple[float, float] = (1e-6, 1e3),
    ) -> None:
        check_word("rule", rule, _RULES)
        self.target = check_number("target", target)
        self.rule = rule
        self.horizon = check_number("horizon", horizon)
        self.bounds = _bounds(bounds)
        self.beta = self._inside(beta)

    def __repr__(self) -> str:
        """Weight, target and rule."""
        return f"AdaptivePenalty(beta={self.beta:.4g}, target={self.target:g} nats, rule={self.rule!r})"

    def update(self, divergence: Any, /, *, items: float = 1.0) -> float:
        """Move β after a divergence was measured.

        Args:
            divergence: The divergence just reached, nats: a number, or a tensor of one.
            items: How many items it was measured on, in the unit of `horizon`; at most the horizon.

        Returns:
            The new β.

        Raises:
            InputError: A divergence that is NaN or infinite, or too many items; β stays as it was.
        """
        value = _finite(divergence)
        share = check_number("items", items) / self.horizon
        if share > 1.0:
            raise InputError(f"items is {items!r}, more than the horizon of {self.horizon:g}. Give a longer horizon.")
        if self.rule == "doubling":
            above, below = value > _BAND * self.target, value < self.target / _BAND
            factor = _FACTOR if above else 1.0 / _FACTOR if below else 1.0
        else:
            factor = 1.0 + min(max(value / self.target - 1.0, -_CLIP), _CLIP) * share
        low, high = self.bounds
        self.beta = min(max(self.beta * factor, low), high)
        return self.beta

    def state_dict(self) -> dict[str, float]:
        """What a checkpoint needs.

        Returns:
            A dict of plain numbers for `load_state_dict`.
        """
        return {"beta": self.beta, "target": self.target}

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Take up where a checkpoint ended.

        Args:
            state: What `state_dict` gave.

        Raises:
            InputError: Other keys, or numbers outside their domain; nothing is changed then.
        """
        if set(state) != {"beta", "target"}:
            raise InputError(f"state has {sorted(state)}. 'beta' and 'target' are needed, as state_dict() gives them.")
        beta, target = self._inside(state["beta"]), check_number("target", state["target"])
        self.beta, self.target = beta, target

    def _inside(self, beta: Any) -> float:
        number, (low, high) = check_number("beta", beta), self.bounds
        if not low <= number <= high:
            raise InputError(f"beta is {beta!r}. It must lie within bounds={self.bounds!r}.")
        return number


def _bounds(bounds: Any) -> tuple[float, float]:
    try:
        low, high = (float(one) for one in bounds)
    except (TypeError, ValueError) as error:
        raise InputError(f"bounds is {bounds!r}. A pair of numbers is needed.") from error
    if not 0.0 < low < high < math.inf:
        raise InputError(f"bounds is {bounds!r}. Two finite numbers above zero are needed, the lower one first.")
    return low, high


def _finite(divergence: Any) -> float:
    try:
        value = float(divergence.detach() if hasattr(divergence, "detach") else divergence)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"divergence is {divergence!r}. One number is needed.") from error
    if not math.isfinite(value):
        raise InputError(f"divergence is {value}. A finite number is needed; beta stays as it was.")
    return value
