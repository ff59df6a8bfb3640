"""Bits sent through Gaussian noise: how often one arrives wrong."""

import math
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError
from kullback.decisions.hypotheses._inputs import check_rows
from kullback.decisions.hypotheses._outcomes import Floats

# Squared distance of the two signals in units of the energy of a bit, over four.
_DISTANCES = {"antipodal": 1.0, "orthogonal": 0.5, "on-off": 0.5}
_DECISIONS = ("soft", "hard")


def bit_error_rate(
    decibels: Any, /, *, signalling: str = "antipodal", repetitions: int = 1, decision: str = "soft"
) -> Floats | float:
    r"""Chance that a bit sent through white Gaussian noise is read wrong by the best receiver.

    $$ P_e = Q\!\left(\sqrt{2 E_b/N_0}\right) \text{ (antipodal)}, \quad
       P_e = Q\!\left(\sqrt{E_b/N_0}\right) \text{ (orthogonal, on-off)} $$

    The two signals are normal laws whose d′ is $2\sqrt{2E_b/N_0}$ (antipodal), so that P_e = Φ(-d′/2).

    Args:
        decibels: $E_b/N_0$ in dB of one sending, a number or an array.
        signalling: "antipodal" (BPSK), "orthogonal" (FSK), or "on-off" with the mean energy of a bit $E_b$.
        repetitions: Times that every bit is sent, each with the energy $E_b$.
        decision: "soft" adds up what arrives; "hard" decides each sending and takes the majority, ties by a coin.

    Returns:
        The chance, of the shape of `decibels`; right to a few ulp down to the smallest float.

    Raises:
        InputError: A word is not known, or the energy is no number.

    References:
        Proakis and Salehi (2008), Digital Communications, section 4.2.

    Example:
        >>> from kullback.decisions.hypotheses import bit_error_rate
        >>> round(bit_error_rate(6.0), 6), round(bit_error_rate(6.0, signalling="orthogonal"), 6)
        (0.002388, 0.023007)
    """
    if signalling not in _DISTANCES:
        raise InputError(f"signalling = {signalling!r} is not known. Known: {', '.join(_DISTANCES)}.")
    if decision not in _DECISIONS:
        raise InputError(f"decision = {decision!r} is not known. Known: soft, hard.")
    times = check_rows(repetitions, "repetitions")
    try:
        energy = np.asarray(decibels, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"decibels = {decibels!r}. A number of dB, or an array of them, is needed.") from None
    if np.isnan(energy).any():
        raise InputError("decibels holds NaN. Numbers of dB are needed.")
    ratio = 10.0 ** (energy / 10.0)
    sent = 1 if decision == "hard" else times
    root = np.sqrt(2.0 * ratio * _DISTANCES[signalling] * sent)
    wrong = special.ndtr(-root)
    result = _majority(wrong, times) if decision == "hard" else wrong
    return float(result) if result.ndim == 0 else np.asarray(result)


def _majority(wrong: Any, times: int) -> Any:
    """More than half wrong, and half of the ties: sums of positive terms."""
    total = np.zeros_like(wrong)
    for count in range(math.ceil(times / 2), times + 1):
        share = 0.5 if 2 * count == times else 1.0
        total = total + share * math.comb(times, count) * wrong**count * (1.0 - wrong) ** (times - count)
    return total
