"""Texts that were meant as numbers."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kullback._core import percent
from kullback.tables._messages import Message

# Signs, currencies, percent, thousands separated by commas, points or spaces, a decimal comma or point.
_NUMBER = re.compile(r"\s*[-+(]?\s*[$€£¥]?\s*\d[\d.,' \u00a0]*(?:[eE][-+]?\d+)?\s*[%€)]?\s*")
_MISSING = {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "None", "none", "-", "--", ".", "?", r"\N"}
_MOST = 0.9
_LOOKED_AT = 1000


def number_note(name: str, values: Sequence[str], counts: NDArray[np.float64], /) -> list[str]:
    """A remark if nearly all rows of a text column read like numbers, which text hides the size of.

    Args:
        name: Column name.
        values: Distinct texts.
        counts: Rows of each.
    """
    looked, weights = values[:_LOOKED_AT], counts[:_LOOKED_AT]
    numbers = np.array([_NUMBER.fullmatch(value) is not None for value in looked], dtype=bool)
    missing = np.array([value.strip() in _MISSING for value in looked], dtype=bool)
    total = float(weights.sum())
    if not total or not numbers.any() or len(looked) < 2:
        return []
    share = float(weights[numbers | missing].sum()) / total
    # Codes of one length, with leading zeros, are texts on purpose.
    if share < _MOST or len({len(value) for value in looked}) == 1:
        return []
    odd = sorted({value.strip() for value, gone in zip(looked, missing, strict=True) if gone})
    if odd:
        hint = " ".join(f"--null {text!r}" for text in odd[:3])
        return [
            Message(
                "{share} of the rows read like numbers, the rest like missing ones: try {hint}",
                share=percent(share),
                hint=hint,
            )
        ]
    return [
        Message(
            "{share} of the rows read like numbers but are written as text: try --as {name}=numeric",
            share=percent(share),
            name=name,
        )
    ]
