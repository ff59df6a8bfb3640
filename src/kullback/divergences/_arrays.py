"""The exact verbs on arrays of probabilities."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kullback._core import (
    Array,
    InputError,
    Namespace,
    itakura_saito_products,
    log_ratio,
    not_negative,
    phi,
    product_gap,
    relative_gap,
    shares_gap,
    shares_of,
    weights_gap,
)
from kullback.divergences._blocks import rows_gap
from kullback.divergences._inputs import Pair, check_array, check_totals, complain_about_entries, read_one, tolerance_of


def array_divergence(pair: Pair, *, normalize: bool) -> Array:
    """D(p‖q) of every row of a pair, in nats, not yet given back."""
    if pair.xp is np:
        return _numpy_divergence(pair, normalize=normalize)
    with np.errstate(all="ignore"):  # a strict array API namespace may stand on NumPy
        return _generic_divergence(pair, normalize=normalize)


def _generic_divergence(pair: Pair, *, normalize: bool) -> Array:
    xp = pair.xp
    masks = [
        check_array(xp, name, array, pair.tolerance, normalize=normalize)
        for name, array in (("p", pair.p), ("q", pair.q))
    ]
    value = (weights_gap if normalize else shares_gap)(pair.p, pair.q)
    for mask in masks:
        value = value if mask is None else xp.where(mask, value, xp.nan)
    return value


def _numpy_divergence(pair: Pair, *, normalize: bool) -> Any:
    shape = pair.p.shape
    p, q = (array.reshape(-1, shape[-1]) for array in (pair.p, pair.q))
    values, p_totals, q_totals, least = rows_gap(p, q)
    # NaN and infinity show in a total, negative entries in the smallest one: the work itself was the check.
    if not least >= 0 or not np.isfinite(p_totals).all() or not np.isfinite(q_totals).all():
        complain_about_entries(("p", pair.p), ("q", pair.q))
    check_totals("p", p_totals, pair.tolerance, normalize=normalize)
    check_totals("q", q_totals, pair.tolerance, normalize=normalize)
    return values.reshape(shape[:-1])


def checked_shares(
    value: Any, axis: int | tuple[int, ...] | None, *, normalize: bool
) -> tuple[Namespace, Array, Callable[[Array], Array]]:
    """One array of probabilities, checked, each row divided by its total."""
    xp, array, give_back = read_one(value, axis=axis)
    mask = check_array(xp, "p", array, tolerance_of(value), normalize=normalize)
    shares = shares_of(xp, array)
    if mask is not None:
        shares = xp.where(mask[..., None], shares, xp.nan)
    return xp, shares, give_back


def shares_entropy(xp: Namespace, shares: Array) -> Array:
    """-Σ p log p; an entry near 1 keeps the digits of what it lacks."""
    some = xp.where(shares > 0, shares, xp.ones_like(shares))
    # -p log p = (1 - p) - [p log p - p + 1], both exact near p = 1
    near = some > 0.9
    rest = xp.where(near, 1.0 - some, 0.5)
    close = rest - relative_gap(xp.where(near, some, 0.5), xp.ones_like(some))
    return not_negative(xp, xp.sum(xp.where(near, close, -some * xp.log(some)), axis=-1))


def shares_cross_entropy(xp: Namespace, p: Array, q: Array) -> Array:
    """-Σ p log q; inf where q has no mass under p."""
    some = xp.where(p > 0, q, xp.ones_like(q))
    terms = xp.where(p > 0, -p * xp.log(xp.where(some > 0, some, xp.ones_like(q))), xp.zeros_like(p))
    lost = xp.any((p > 0) & (q == 0), axis=-1)
    return xp.where(lost, xp.inf, not_negative(xp, xp.sum(terms, axis=-1)))


def independence_gap(xp: Namespace, joint: Array) -> Array:
    """D(joint ‖ product of its margins) along the last two axes.

    The margins are rounded sums, but the product of them is compared exactly, and the margins are where the
    divergence is
    least: their rounding enters squared.
    """
    rows, columns = xp.sum(joint, axis=-1, keepdims=True), xp.sum(joint, axis=-2, keepdims=True)
    one = xp.ones_like(joint)
    total = xp.sum(rows, axis=-2, keepdims=True) * one
    mass = joint > 0
    factors = xp.where(mass, rows * one, one), xp.where(mass, columns * one, one), xp.where(mass, joint, one), total
    factors = (*factors[:3], xp.where(mass, total, one))
    share = joint / total
    zero = xp.zeros_like(joint)
    gaps = xp.where(mass, share * itakura_saito_products(*factors), zero)
    moved = xp.where(mass, share * product_gap(*factors), zero)
    free = xp.sum(xp.where(mass, zero, rows * columns / total / total), axis=(-2, -1))
    drift = xp.sum(moved, axis=(-2, -1)) + free
    return not_negative(xp, xp.sum(gaps, axis=(-2, -1)) + free - phi(drift))


def summands(pair: Pair, form: str) -> Array:
    """The contributions of the outcomes to D, of rows divided by their totals."""
    xp = pair.xp
    p, q = shares_of(xp, pair.p), shares_of(xp, pair.q)
    if form == "bregman":
        return relative_gap(p, q)
    if form == "textbook":
        both = (p > 0) & (q > 0)
        logs = log_ratio(xp.where(both, p, 1.0), xp.where(both, q, 1.0))
        return xp.where(p > 0, xp.where(q > 0, p * logs, xp.inf), xp.zeros_like(p))
    raise InputError(f"form = {form!r} is unknown. Use 'bregman' (none negative) or 'textbook' (p log p/q).")
