"""The constant before a form, taken apart: base of the logarithm, divisor, and what is left."""

import math
from typing import NamedTuple

from kullback.divergences._audit._forms import short
from kullback.divergences._audit._probes import OTHER_SHAPE, SHAPE, Function, pairs
from kullback.divergences._audit._recognition import SAME, Match, fitted, observe

_DIVISORS = {"": (0, 0), " / R": (1, 0), " / (R·V)": (1, 1), " / V": (0, 1)}
_WORDS = {
    ("total", ""): "sum over rows and outcomes",
    ("total", " / R"): "mean of the rows",
    ("total", " / (R·V)"): "mean of all entries",
    ("total", " / V"): "sum over rows, mean over outcomes",
    ("row", ""): "one value per row",
    ("row", " / V"): "one value per row, mean over outcomes",
    ("entry", ""): "one value per outcome",
    ("vector", ""): "one value per pair of vectors",
    ("vector", " / V"): "one value per pair of vectors, mean over outcomes",
}


class Scale(NamedTuple):
    """constant = factor / divisor / log(base); `divisor` is None where the shape enters in some other way."""

    base: float
    factor: float
    divisor: str | None
    reduction: str

    def factor_words(self, temperature: float) -> str:
        """The factor as it stands before a quantity."""
        if self.factor in {1.0, -1.0}:
            return "" if self.factor > 0 else "−"
        return "T² · " if temperature != 1 and self.factor == temperature**2 else f"{short(self.factor)} · "


def scale(function: Function, match: Match, /) -> Scale:
    """Base, divisor and factor, from the constants at two shapes."""
    tolerance = SAME + 10 * match.spread
    other = observe(function, match.reading, *pairs(match.reading, OTHER_SHAPE))
    constant = math.nan if other is None or other.level != match.form.level else fitted(match.form, other).constant
    vector = match.reading.layout == "vector"
    level = "vector" if vector and match.form.level == "total" else match.form.level
    for divisor, (rows, outcomes) in _DIVISORS.items():
        first, second = ((1 if vector else r) ** rows * v**outcomes for r, v in (SHAPE, OTHER_SHAPE))
        whole = match.constant * first
        if (level, divisor) in _WORDS and math.isclose(whole, constant * second, rel_tol=tolerance):
            words = _WORDS[level, divisor].replace("row", "column" if match.reading.layout == "columns" else "row")
            return Scale(*_base_and_factor(match, whole, tolerance), divisor, words)
    return Scale(math.e, match.constant, None, "changes with the shape in an unknown way")


def _base_and_factor(match: Match, whole: float, tolerance: float) -> tuple[float, float]:
    """The base that leaves the plainest factor."""
    power = 0.5 if match.form.quantity.root else 1.0
    for factor in (1.0, -1.0, match.form.temperature**2, 0.5, 2.0, match.form.temperature):
        for base in (math.e, 2.0, 10.0):
            if math.isclose(whole * math.log(base) ** power, factor, rel_tol=tolerance):
                return base, factor
    return math.e, whole
