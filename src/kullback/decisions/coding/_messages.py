"""What a given message costs: by a fixed code, and by a code that learns as it goes."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from kullback._core import Figure, InputError, printable
from kullback.decisions._options import checked_number
from kullback.decisions.coding._prefix import one_law
from kullback.divergences import divergence, entropy

_BIT = math.log(2.0)
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False, repr=False)
class MessageCost(Figure):
    """What a message costs; prints in bits.

    Attributes:
        value: Cost of the whole message in nats.
        n: Symbols in the message.
        entropy: Of the message's own frequencies, in nats per symbol.
        redundancy: What is paid above that, in nats per symbol: D(frequencies‖q) for a fixed code.
        code: Which code.
    """

    value: float
    n: int
    entropy: float
    redundancy: float
    code: str

    def __str__(self) -> str:
        rate = f"{self.bits / self.n:.6g} bits per symbol = {self.entropy / _BIT:.6g} + {self.redundancy / _BIT:.6g}"
        return (
            f"{self.code}: {self.bits:.8g} bits for {self.n:,} symbols\n  {rate} (entropy of the message + redundancy)"
        )


def message_cost(message: Sequence[Hashable] | NDArray[Any], q: Any, /) -> MessageCost:
    r"""The bits that an ideal code for q spends on a message.

    $$ -\sum_t \log q(x_t) = n \, \bigl( H(\hat p) + D(\hat p \,\|\, q) \bigr) $$

    where $\hat p$ are the frequencies of the message.

    Args:
        message: Symbols: labels of q, or whole numbers 0, 1, … where q is an array. A text is its characters.
        q: Probabilities by label, or an array of shape ``(symbols,)``.

    Returns:
        The cost and its parts, infinite where q has no code word for a symbol.

    Raises:
        InputError: The message is empty, or holds what is not among the symbols of q.

    Example:
        >>> from kullback.decisions.coding import message_cost
        >>> print(message_cost("abracadabra", {"a": 0.4, "b": 0.2, "c": 0.1, "d": 0.1, "r": 0.2}))
        ideal code for q: 22.541209 bits for 11 symbols
          2.0492 bits per symbol = 2.04037 + 0.00882743 (entropy of the message + redundancy)
    """
    labels = list(q.keys()) if hasattr(q, "keys") else None
    shares = one_law([q[label] for label in labels] if labels is not None else q)
    counts = _counted(message, labels, len(shares))
    own = counts / counts.sum()
    n = int(counts.sum())
    inner, gap = float(entropy(own)), float(divergence(own, shares))
    return MessageCost(n * (inner + gap), n, inner, gap, "ideal code for q")


def universal_cost(
    message: Sequence[Hashable] | NDArray[Any], symbols: int | Sequence[Hashable], /, *, alpha: float = 0.5
) -> MessageCost:
    r"""The bits of a code that knows no law and learns from the symbols that have passed.

    Each symbol is coded with the chance $(n_i + α)/(t + Kα)$ that the $t$ symbols before it give. The total does not
    depend on their order:

    $$ \log\Gamma(n + Kα) - \log\Gamma(Kα) - \sum_i \bigl(\log\Gamma(n_i + α) - \log\Gamma(α)\bigr) $$

    Args:
        message: Symbols.
        symbols: All symbols that may come, or their number K where the message holds whole numbers 0 … K − 1.
        alpha: Pseudo-count of each symbol, positive: ½ is the rule of Krichevsky and Trofimov.

    Returns:
        The cost; its redundancy is about (K − 1) log(n) / 2n nats per symbol, the price of not knowing the law.

    Raises:
        InputError: The message is empty, holds what is not among the symbols, or alpha is not positive.

    References:
        Krichevsky and Trofimov (1981), IEEE Transactions on Information Theory 27.

    Example:
        >>> from kullback.decisions.coding import universal_cost
        >>> print(universal_cost([0, 1, 0, 0, 1, 0, 0, 0], 2))
        adaptive code, alpha = 0.5: 8.3706434 bits for 8 symbols
          1.04633 bits per symbol = 0.811278 + 0.235052 (entropy of the message + redundancy)
    """
    words = "A positive number is needed; 0.5 is the rule of Krichevsky and Trofimov."
    checked_number(alpha, "alpha", words, low=math.ulp(0.0), high=_LARGEST)
    if isinstance(symbols, float):
        raise InputError(f"symbols = {symbols!r}. A whole number, or all symbols that may come, are needed.")
    labels = None if isinstance(symbols, int) else list(symbols)
    size = symbols if isinstance(symbols, int) else len(symbols)
    if size < 1:
        raise InputError(f"symbols = {symbols!r} names none. Give all symbols that may come, or their number.")
    counts = _counted(message, labels, size)
    n = int(counts.sum())
    inner = float(entropy(counts / n))
    cost = float(special.gammaln(n + size * alpha) - special.gammaln(size * alpha))
    cost -= float((special.gammaln(counts + alpha) - special.gammaln(alpha)).sum())
    return MessageCost(cost, n, inner, cost / n - inner, f"adaptive code, alpha = {alpha:g}")


def _counted(message: Any, labels: list[Any] | None, size: int) -> NDArray[np.float64]:
    """How often each symbol comes."""
    if isinstance(message, Mapping) or not hasattr(message, "__len__"):
        raise InputError(
            f"message is a {type(message).__name__}. Symbols in order are needed: a text, a list, an array."
        )
    if not len(message):
        raise InputError("The message is empty. At least one symbol is needed.")
    places = {label: place for place, label in enumerate(labels)} if labels is not None else None
    symbols = message.tolist() if isinstance(message, np.ndarray) else list(message)
    counts = np.zeros(size)
    for index, symbol in enumerate(symbols):
        place = places.get(symbol, -1) if places is not None else _whole(symbol)
        if not 0 <= place < size:
            known = "the symbols of the code" if places is not None else f"whole numbers from 0 to {size - 1}"
            raise InputError(
                f"message holds {printable(repr(symbol), 40)} at {index}, not among {known}. Add it to them."
            )
        counts[place] += 1
    return counts


def _whole(symbol: Any) -> int:
    is_whole = isinstance(symbol, int | float) and not isinstance(symbol, bool) and symbol == math.floor(symbol)
    return int(symbol) if is_whole else -1
