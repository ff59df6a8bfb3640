"""What a code built for q costs per symbol of p."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import Figure, InputError, numbers, printable
from kullback.decisions.coding._prefix import huffman_lengths, shannon_lengths
from kullback.divergences import contributions, divergence, entropy
from kullback.divergences._arrays import array_divergence
from kullback.divergences._inputs import read_pair

_BIT = math.log(2.0)
_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class CodingCost(Figure):
    """What symbols of p cost in a code built for q; prints in bits.

    Attributes:
        value: H(p) + D(p‖q), the mean length of an ideal code for q, in nats per symbol.
        entropy: H(p), what the best code would need, in nats per symbol.
        divergence: D(p‖q), the price of the wrong code, in nats per symbol.
        shannon: Mean length in bits of Shannon's whole-bit code for q.
        huffman: Mean length in bits of Huffman's code for q.
        huffman_right: Mean length in bits of Huffman's code for p.
        extra: What each symbol adds to D(p‖q) in nats, none negative, in the order of the symbols.
        labels: Names of the symbols, None where they had none.
        cause: The symbols that q has no code word for, None where there are none.
    """

    value: float
    entropy: float
    divergence: float
    shannon: float
    huffman: float
    huffman_right: float
    extra: NDArray[np.float64]
    labels: tuple[Any, ...] | None = None
    cause: str | None = None

    def __str__(self) -> str:
        lines = [
            f"cost of symbols of p in a code for q: {self.bits:.6g} bits per symbol",
            f"  = H(p) {self.entropy / _BIT:.6g} + D(p‖q) {self.divergence / _BIT:.6g} bits per symbol",
        ]
        if self.cause is not None:
            return "\n".join([*lines, f"  {self.cause}"])
        whole = f"  in whole bits: Shannon {self.shannon:.6g}, Huffman {self.huffman:.6g}"
        return "\n".join([*lines, f"{whole}; Huffman built for p {self.huffman_right:.6g}"])

    def plot(self) -> Any:
        """Bars of what each symbol adds to D(p‖q); a figure of matplotlib."""
        from kullback.decisions.coding._picture import drawn  # noqa: PLC0415 - only who draws pays for it

        return drawn(self)


def coding_cost(p: Any, q: Any, /) -> CodingCost:
    r"""What symbols of p cost when the code was built for q.

    $$ -\sum_i p_i \log q_i = H(p) + D(p \,\|\, q) $$

    Args:
        p: Probabilities of the symbols that come, of shape ``(symbols,)``, or a dict or Series of them by label.
        q: Probabilities that the code was built for, of the same symbols.

    Returns:
        The cost and its two parts, beside it whole-bit codes. Infinite where q has no code word for a symbol of p.

    Raises:
        InputError: They are no probabilities, or not of the same symbols.

    Note:
        Arithmetic and range coders come within a few bits per message of the ideal; a code word of whole bits per
        symbol loses up to one bit per symbol more.

    References:
        Shannon (1948), Bell System Technical Journal 27; Cover and Thomas (2006), Elements of Information Theory,
        theorem 5.4.3.

    Example:
        >>> from kullback.decisions.coding import coding_cost
        >>> print(coding_cost([0.5, 0.5], [0.25, 0.75]))
        cost of symbols of p in a code for q: 1.20752 bits per symbol
          = H(p) 1 + D(p‖q) 0.207519 bits per symbol
          in whole bits: Shannon 1.5, Huffman 1; Huffman built for p 1
    """
    pair = read_pair(p, q)
    array_divergence(pair, normalize=False)  # it checks both sides
    left, right = (np.asarray(numbers(side), dtype=np.float64) for side in (pair.p, pair.q))
    if left.ndim != 1:
        raise InputError(f"p and q have shape {left.shape}. One law each is needed. Give them row by row.")
    gap, inner = float(divergence(left, right)), float(entropy(left))
    missing = np.flatnonzero((left > 0) & (right == 0))
    blocked = missing.size > 0
    return CodingCost(
        value=inner + gap,
        entropy=inner,
        divergence=gap,
        shannon=math.inf if blocked else float(left @ shannon_lengths(right)),
        huffman=math.inf if blocked else float(left @ huffman_lengths(right)),
        huffman_right=float(left @ huffman_lengths(left)),
        extra=np.asarray(contributions(left, right), dtype=np.float64),
        labels=pair.labels,
        cause=_cause(missing, left, pair.labels) if blocked else None,
    )


def _cause(missing: NDArray[np.intp], p: NDArray[np.float64], labels: tuple[Any, ...] | None) -> str:
    names = [printable(str(labels[place]) if labels else f"#{place}", 30) for place in missing[:_SHOWN].tolist()]
    rest = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"infinite: q has no code word for {', '.join(names)}{rest}, which p uses {p[missing].sum():.3g} of the time"
