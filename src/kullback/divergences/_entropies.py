"""Entropy and its relatives: what is known about one law, a pair, or a joint table."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, not_negative, shares_of
from kullback.divergences._arrays import checked_shares, independence_gap, shares_cross_entropy, shares_entropy
from kullback.divergences._divergence import answer_of
from kullback.divergences._inputs import check_array, in_base, is_vector, read_one, read_pair, tolerance_of
from kullback.divergences._ladder import density, each_law, single
from kullback.divergences._read import as_law, back
from kullback.families import FAMILIES, Independent, Law, NoMoment, Product, Transformed, find
from kullback.numerics import expectation, lattice_expectation


def entropy(
    p: Any,
    /,
    *,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Entropy $-E_p \log p$: of masses, or the differential entropy of a density.

    Args:
        p: An array of probabilities or any distribution object, as in `divergence`.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes of an array are.
        normalize: Whether an array holds weights or counts.

    Returns:
        The entropy, one for each row or law of the batch; that of a density may be negative. For a Markov chain the
        rate per step.

    Raises:
        InputError: The input is no law, or no entropy is known for it.

    References:
        Shannon (1948), Bell System Technical Journal 27.

    Example:
        >>> import kullback as kl
        >>> float(kl.entropy([0.25] * 4, base=2))
        2.0
    """
    if is_vector(p):
        xp, shares, give_back = checked_shares(p, axis, normalize=normalize)
        with np.errstate(all="ignore"):
            return in_base(give_back(shares_entropy(xp, shares)), base)
    law = as_law(p, "p", normalize=normalize)
    with np.errstate(all="ignore"):
        return in_base(back(entropy_of_law(law), law), base)


def entropy_of_law(law: Law) -> Array:
    """The entropy of a law in nats."""
    law = single(law)
    if isinstance(law, Product):
        return sum((entropy_of_law(part) for part in law.components[1:]), start=entropy_of_law(law.components[0]))
    if isinstance(law, Independent):
        inner = entropy_of_law(law.base)
        return law.base.xp.sum(inner, axis=tuple(range(-law.dimensions, 0)))
    if isinstance(law, Transformed):
        law = law.outer
    found = find(law, "entropy")
    if found is not None:
        try:
            value = found[1](found[0])
        except NoMoment:
            return _numeric_entropy(law)
        unit = FAMILIES[type(found[0])].unit
        return value if unit is None else value + law.xp.log(unit(found[0]))
    return _numeric_entropy(law)


def _numeric_entropy(law: Law) -> Array:
    return each_law((law,), _entropy_on_the_line)


def _entropy_on_the_line(law: Law) -> float:
    side = density(law)
    if side is None:
        raise InputError(f"No entropy is known for {law!r} in closed form. Sample it and use kl.estimate_entropy(x).")
    engine = lattice_expectation if FAMILIES[type(law)].support(law).kind == "lattice" else expectation
    return engine(side, lambda x: -np.where(np.isfinite(side.log_at(x)), side.log_at(x), 0.0)).value


def cross_entropy(
    p: Any,
    q: Any,
    /,
    *,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Cross-entropy $-E_p \log q$: the mean code length of p under a code made for q; entropy plus divergence.

    Args:
        p: What happens, as in `divergence`.
        q: What was expected.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes of arrays are.
        normalize: Whether arrays are weights or counts.

    Returns:
        The cross-entropy, `inf` where p has mass that q lacks.

    Raises:
        InputError: As in `divergence`.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.cross_entropy([0.2, 0.8], [0.7, 0.3])), 6)
        1.034513
    """
    if not (is_vector(p) and is_vector(q)):
        answer, laws = answer_of(p, q, normalize=normalize)
        with np.errstate(all="ignore"):
            return in_base(back(answer.value + entropy_of_law(laws[0]), *laws), base)
    pair = read_pair(p, q, axis=axis)
    xp = pair.xp
    for name, array in (("p", pair.p), ("q", pair.q)):
        check_array(xp, name, array, pair.tolerance, normalize=normalize)
    left, right = (shares_of(xp, array) for array in (pair.p, pair.q))
    with np.errstate(all="ignore"):
        return in_base(pair.give_back(shares_cross_entropy(xp, left, right)), base)


def _joint(joint: Any, *, normalize: bool) -> tuple[Any, Array, Any]:
    xp, flat, give_back = read_one(joint, axis=None)
    if getattr(joint, "ndim", np.ndim(joint)) < 2:
        raise InputError("A joint table is needed, with one variable along each of its last two axes. A vector came.")
    array = xp.reshape(flat, tuple(joint.shape) if hasattr(joint, "shape") else np.shape(joint))
    rows = xp.reshape(array, (*array.shape[:-2], array.shape[-2] * array.shape[-1]))
    mask = check_array(xp, "joint", rows, tolerance_of(joint), normalize=normalize)
    array = xp.reshape(shares_of(xp, rows), tuple(array.shape))
    return xp, array if mask is None else xp.where(mask[..., None, None], array, xp.nan), give_back


def mutual_information(joint: Any, /, *, base: float | None = None, normalize: bool = False) -> Array:
    r"""Mutual information of the two variables of a joint table: $D(\text{joint} \,\|\, \text{product of margins})$.

    Args:
        joint: Probabilities of shape (..., x, y).
        base: Base of the logarithm, None for nats.
        normalize: Whether the table holds weights or counts.

    Returns:
        The mutual information, of the shape of the batch; 0 for independent variables.

    Raises:
        InputError: The table is no joint law.

    Note:
        Nearly independent tables keep their digits: no entropies are subtracted.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.mutual_information([[0.3, 0.1], [0.2, 0.4]])), 6)
        0.086305
    """
    xp, table, give_back = _joint(joint, normalize=normalize)
    with np.errstate(all="ignore"):
        return in_base(give_back(independence_gap(xp, table)), base)


def conditional_entropy(joint: Any, /, *, given: int = -2, base: float | None = None, normalize: bool = False) -> Array:
    r"""Conditional entropy $H(Y \mid X)$ of a joint table with X along its rows and Y along its columns.

    Args:
        joint: Probabilities of shape (..., x, y).
        given: The axis of the variable that is known, -2 or -1.
        base: Base of the logarithm, None for nats.
        normalize: Whether the table holds weights or counts.

    Returns:
        The mean entropy of the other variable, of the shape of the batch.

    Raises:
        InputError: The table is no joint law, or `given` is another axis.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.conditional_entropy([[0.3, 0.1], [0.2, 0.4]])), 6)
        0.606843
    """
    if given not in {-2, -1}:
        raise InputError(f"given = {given!r}. It is the axis of the known variable, -2 for rows or -1 for columns.")
    xp, table, give_back = _joint(joint, normalize=normalize)
    table = table if given == -2 else xp.matrix_transpose(table)
    known = xp.sum(table, axis=-1, keepdims=True)
    shares = table / xp.where(known > 0, known, xp.ones_like(known))
    weights = known[..., 0] / xp.sum(known, axis=(-2, -1), keepdims=True)[..., 0]
    with np.errstate(all="ignore"):
        inner = shares_entropy(xp, shares)
    return in_base(give_back(not_negative(xp, xp.sum(weights * inner, axis=-1))), base)
