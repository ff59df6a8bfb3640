"""The divergence at exact float64 parameters, the working precision raised until two runs agree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from mpmath import mp, mpf
from tools.oracle import _counts, _halfline, _interval, _law, _line, _vectors

LAWS = {**_halfline.LAWS, **_line.LAWS, **_interval.LAWS, **_counts.LAWS}
FULL = 50
QUADRATURE_PRECISION = 70
LARGEST_PRECISION = 12_000
ZERO_PRECISION = 800  # what vanishes here is below every float64
LARGEST = mpf(2) ** 1023
SMALLEST = mpf(2) ** -1022


def exact(value: Any) -> Any:
    """A float or nested list of floats as multiprecision numbers, digit for digit."""
    return [exact(v) for v in value] if isinstance(value, list) else mpf(value)


def divergence(family_p: str, p: dict[str, Any], family_q: str, q: dict[str, Any]) -> Any:
    """D(p‖q) at the working precision."""
    p, q = ({name: exact(value) for name, value in law.items()} for law in (p, q))
    if family_p in _vectors.DIVERGENCES:
        return _vectors.DIVERGENCES[family_p](p, q)
    return _law.divergence(LAWS[family_p](**p), LAWS[family_q](**q))


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from numbers(part)
    else:
        yield float(value)


def first_precision(p: dict[str, Any], q: dict[str, Any]) -> int:
    """Digits enough to tell 1 from 1 plus the product of two parameters."""
    sizes = [abs(math.log10(abs(x))) for x in numbers([p, q]) if x and math.isfinite(x)]
    # A logit speaks of a probability of its exponential.
    logits = [abs(x) / math.log(10) for law in (p, q) for x in numbers([law.get("logits", 0.0)]) if math.isfinite(x)]
    return 75 + int(2.2 * max([*sizes, *(size for size in logits if size < 1000)], default=0))


def truth(family_p: str, p: dict[str, Any], family_q: str, q: dict[str, Any], digits: int) -> str | None:
    """The divergence to so many digits as text, or None where float64 cannot hold it."""
    if family_p == family_q and p == q:
        return "0"
    # quadrature has no parts that cancel by the size of a parameter, and is slow at many digits
    precision = first_precision(p, q) if digits == FULL else QUADRATURE_PRECISION
    previous = None
    while precision < LARGEST_PRECISION:
        with mp.workdps(precision):
            value = divergence(family_p, p, family_q, q)
            if mp.isinf(value):
                return "inf"
            if value > LARGEST:
                return None
            if precision > ZERO_PRECISION and abs(value) < mpf(10) ** (-0.8 * precision):
                return "0"
            if previous is not None and value > 0 and abs(value - previous) <= mpf(10) ** -(digits + 1) * value:
                return mp.nstr(value, digits) if value >= SMALLEST else None
        previous = value
        precision = int(precision * 1.3) + 25
    raise ArithmeticError(f"{family_p} {p} against {family_q} {q}: no agreement below {LARGEST_PRECISION} digits")
