"""Numbers as the page writes them."""

import math


def number(value: float | str | None, /) -> float | None:
    """A number of the JSON, where infinity is a text."""
    return None if value is None else float(value)


def bits_text(bits: float | None, /) -> str:
    """A divergence, without its unit."""
    if bits is None:
        return "–"
    if math.isinf(bits):
        return "∞"
    # Estimates of zero may fall a little below it; the digits say no more than that it is small.
    return f"{max(bits, 0.0):.4f}" if bits < 1 else f"{bits:.3f}" if bits < 100 else f"{bits:.4g}"


def rows_text(rows: float, /) -> str:
    """Rows, or a sum of weights."""
    return f"{rows:,.0f}" if float(rows).is_integer() else f"{rows:,.2f}"


def chance_text(chance: float | None, /) -> str:
    """A p-value."""
    if chance is None:
        return "–"
    return f"{chance:.2g}" if chance >= 0.0001 else "< 0.0001"


def factor_text(factor: float, /) -> str:
    """How many times as much, in two digits or whole."""
    return f"{factor:.2g}" if factor < 10 else f"{factor:,.0f}"


def place_text(value: float, /) -> str:
    """A coordinate of a picture."""
    return f"{value:.1f}".removesuffix(".0")
