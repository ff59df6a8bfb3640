"""Code words of whole bits."""

from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, numbers
from kullback.divergences._arrays import checked_shares


def shannon_lengths(probs: Any, /) -> NDArray[np.int64]:
    r"""Lengths $\lceil -\log_2 q_i \rceil$ of Shannon's code.

    Args:
        probs: Probabilities of shape ``(symbols,)``.

    Returns:
        Whole bits of shape ``(symbols,)``; 0 stands for a symbol of probability 0, which has no code word.

    Raises:
        InputError: They are no probabilities.

    Note:
        The mean length under q is less than one bit above the entropy; under p, less than one above H(p) + D(p‖q).

    References:
        Shannon (1948), Bell System Technical Journal 27, section 9; Cover and Thomas (2006), Elements of Information
        Theory, theorem 5.4.3.

    Example:
        >>> shannon_lengths([0.5, 0.3, 0.2]).tolist()
        [1, 2, 3]
    """
    shares = one_law(probs)
    with np.errstate(divide="ignore"):
        # Powers of two must not be rounded up by the last digit of their logarithm.
        lengths = np.ceil(-np.log2(shares) * (1 - 1e-15))
    return np.where(shares > 0, np.maximum(lengths, shares < 1), 0).astype(np.int64)


def huffman_lengths(probs: Any, /) -> NDArray[np.int64]:
    """Lengths of Huffman's code, the prefix code with the least mean length.

    Args:
        probs: Probabilities of shape ``(symbols,)``.

    Returns:
        Whole bits of shape ``(symbols,)``; 0 for symbols of probability 0, and for a symbol that is certain.

    Raises:
        InputError: They are no probabilities.

    References:
        Huffman (1952), Proceedings of the IRE 40.

    Example:
        >>> huffman_lengths([0.5, 0.3, 0.2]).tolist()
        [1, 2, 2]
    """
    shares = one_law(probs)
    lengths = np.zeros(len(shares), dtype=np.int64)
    # The second entry breaks ties, so that equal probabilities give one code on every machine.
    heap = [(float(shares[place]), place, [place]) for place in np.flatnonzero(shares > 0).tolist()]
    heapify(heap)
    while len(heap) > 1:
        (one, first, left), (two, second, right) = heappop(heap), heappop(heap)
        lengths[left + right] += 1
        heappush(heap, (one + two, min(first, second), left + right))
    return lengths


def one_law(probs: Any, /) -> NDArray[np.float64]:
    """Probabilities of one row, checked."""
    _, shares, _ = checked_shares(probs, -1, normalize=False)
    values = np.asarray(numbers(shares), dtype=np.float64)
    if values.ndim != 1:
        raise InputError(f"probs has shape {values.shape}. One row of probabilities is needed. Give them row by row.")
    return values
