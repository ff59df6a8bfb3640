"""Which forecasts count as the same one."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.decisions.forecasts._inputs import Codes, Floats, Forecasts

# So many rows for each distinct forecast make bins unnecessary.
_ENOUGH_ROWS = 20
_FEWEST, _MOST = 5, 20


def bins_of(read: Forecasts, bins: Any, /) -> tuple[Codes, str]:
    """The bin of every row, and what the bins are.

    Args:
        read: Forecasts and outcomes.
        bins: Number of bins, "distinct", one label for each row, or None.

    Returns:
        Codes of shape ``(rows,)`` and a word.

    Raises:
        InputError: `bins` is none of these.
    """
    rows = len(read.probs)
    if bins is None or (isinstance(bins, str) and bins == "distinct"):
        codes = np.unique(read.probs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        needed = (
            _ENOUGH_ROWS if rows >= 2 * _ENOUGH_ROWS else 2
        )  # too few rows for two bins: repeated forecasts are all
        if bins is not None or (codes.max() + 1) * needed <= rows:
            return codes, f"{codes.max() + 1} distinct forecasts"
        bins = max(1, min(int(np.clip(round(rows ** (1 / 3)), _FEWEST, _MOST)), rows // _ENOUGH_ROWS))
    if isinstance(bins, int | np.integer) and not isinstance(bins, bool):
        if bins < 1:
            raise InputError(f"bins = {bins}. A whole number of at least 1 is needed.")
        return _quantile_bins(read, int(bins)), f"{bins} quantile bins" + ("" if read.binary else " of each prediction")
    labels = np.asarray(bins)
    if labels.shape != (rows,):
        raise InputError(
            f"bins = {type(bins).__name__} of shape {labels.shape} is not known. Give a whole number, 'distinct', or "
            f"one label for each of the {rows} rows."
        )
    codes = np.unique(labels.astype(str), return_inverse=True)[1].astype(np.int64)
    return codes, f"{codes.max() + 1} given bins"


def _quantile_bins(read: Forecasts, bins: int) -> Codes:
    """Bins of the chance of outcome 1; of many outcomes, of the chance of the likeliest one, apart for each."""
    if read.binary:
        return _cut(read.probs[:, 1], bins)
    top = read.probs.argmax(axis=1)
    codes = np.zeros(len(top), dtype=np.int64)
    for one in np.unique(top):
        here = top == one
        codes[here] = one * bins + _cut(read.probs[here, one], bins)
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _cut(values: Floats, bins: int) -> Codes:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))[1:-1]
    return np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)[1].astype(np.int64)
