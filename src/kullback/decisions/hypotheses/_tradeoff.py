"""Pairs of exponents: how fast misses can fall while false alarms fall at a given rate."""

from dataclasses import dataclass
from typing import Any

from scipy import optimize

from kullback._core import Figure, InputError
from kullback.decisions.hypotheses._chernoff import path_between
from kullback.decisions.hypotheses._inputs import check_number
from kullback.divergences import divergence


@dataclass(frozen=True, eq=False, repr=False)
class Tradeoff(Figure):
    """Two exponents that can be had together.

    Attributes:
        value: Largest exponent of the misses, in nats a row.
        rate: Exponent of the false alarms, in nats a row.
        weight: Weight of p in the law v = p^s q^(1-s) / Z: the exponents are D(v‖p) and D(v‖q).
    """

    value: float
    rate: float
    weight: float

    def __str__(self) -> str:
        return (
            f"false alarms exp(-{self.rate:.6g} n), misses exp(-{self.value:.6g} n) at best, nats a row "
            f"(p null, q alternative; law p^{self.weight:.4g} q^{1 - self.weight:.4g})"
        )


def hoeffding_tradeoff(p: Any, q: Any, rate: float, /) -> Tradeoff:
    r"""Best exponent of misses where false alarms fall like exp(-rate · n).

    $$ E(r) = \min_{v :\, D(v \| p) \le r} D(v \,\|\, q)
       = \sup_{0 \le s < 1} \frac{-\log \int p^s q^{1-s} - s r}{1-s} $$

    At rate 0 this is Stein's D(p‖q), at a rate equal to the Chernoff information both exponents agree, and from D(q‖p)
    on misses need not fall at all.

    Args:
        p: The null hypothesis: row of probabilities, or a law.
        q: The alternative.
        rate: Exponent of the false alarms in nats a row, zero or larger.

    Returns:
        The exponent of the misses in nats a row, with the law in between that decides.

    Raises:
        InputError: The laws cannot be compared, forbid each other's rows, or the rate is negative.

    References:
        Hoeffding (1965), Annals of Mathematical Statistics 36; Blahut (1974), IEEE Transactions on Information Theory
        20.

    Example:
        >>> from kullback.decisions.hypotheses import hoeffding_tradeoff
        >>> round(hoeffding_tradeoff([0.5, 0.5], [0.2, 0.8], 0.0).value, 6)
        0.223144
        >>> round(hoeffding_tradeoff([0.5, 0.5], [0.2, 0.8], 0.1).value, 6)
        0.018444
    """
    wanted = check_number(rate, "rate")
    if wanted < 0:
        raise InputError(f"rate = {rate!r}. An exponent of at least 0 is needed.")
    path = path_between(p, q, ("p", "q"))
    there, back = float(divergence(p, q)), float(divergence(q, p))
    if path is None or max(there, back) == float("inf"):
        raise InputError("p and q forbid each other's outcomes, or diverge: exponents are then infinite. Bin them.")
    if wanted == 0:
        return Tradeoff(there, 0.0, 1.0)
    if wanted >= back:
        return Tradeoff(0.0, wanted, 0.0)

    def to_null(s: float) -> float:
        # D(v‖p) = f(s) + (1 - s) f'(s) for the exponent f of the path.
        return path.exponent(s) + (1 - s) * path.slope(s) - wanted

    weight = float(optimize.brentq(to_null, 0.0, 1.0, xtol=1e-15, rtol=1e-15))
    value = path.exponent(weight) - weight * path.slope(weight)
    return Tradeoff(max(value, 0.0), wanted, weight)
