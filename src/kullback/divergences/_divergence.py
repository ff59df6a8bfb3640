"""`divergence`, and what is made of it directly."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, not_negative, shares_of
from kullback.divergences._arrays import array_divergence, summands
from kullback.divergences._inputs import Pair, check_array, in_base, is_labelled, is_vector, read_pair
from kullback.divergences._ladder import Answer, divergence_of_laws, each_law
from kullback.divergences._read import as_law, back
from kullback.families import Law, Mixture


def divergence(
    p: Any,
    q: Any,
    /,
    *,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Kullback-Leibler divergence of q from p: what is lost when q is expected and p happens.

    $$ D(p \,\|\, q) = E_p \log \frac{p}{q} $$

    Args:
        p: What happens: an array of probabilities, or any distribution object (a record of `kullback.families`, an
            object of scipy.stats, torch.distributions, numpyro, or one with `log_prob` and `support`). Dictionaries
            and pandas Series are matched by label, missing ones count as 0.
        q: What was expected, the same kind of thing; an array and a law on whole numbers go together too.
        base: Base of the logarithm: None for nats, 2 for bits, 10 for hartleys.
        axis: Where the outcomes of arrays are; several axes, or None for all, are one outcome together.
        normalize: Whether arrays are weights or counts, to be divided by their totals. Without it totals must be 1
            within 1e-6 (float32: 1e-4), and x then means x/Σx all the same.

    Returns:
        The divergence, one for each row or law of the batch, in the caller's array library and float type; never
        negative, 0 for equal laws, `inf` where p has mass that q lacks. Differentiable in torch and JAX.

    Raises:
        InputError: The input is no pair of laws on one space, or the pair has no closed form and no numerical one.

    Note:
        Elementary families and arrays are right to 8 ulp over the whole domain, however near the two laws are; see
        `kl.explain` for the way a number was found and its error.

    References:
        Kullback and Leibler (1951), Annals of Mathematical Statistics 22.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.divergence([0.5, 0.5], [0.3, 0.7])), 12)
        0.087176693572
        >>> round(float(kl.divergence(kl.families.Normal(0, 1), kl.families.Normal(1, 2))), 12)
        0.44314718056
    """
    if is_vector(p) and is_vector(q):
        pair = read_pair(p, q, axis=axis)
        return in_base(pair.give_back(array_divergence(pair, normalize=normalize)), base)
    answer, laws = answer_of(p, q, normalize=normalize)
    return in_base(back(answer.value, *laws), base)


def answer_of(p: Any, q: Any, *, normalize: bool = False) -> tuple[Answer, tuple[Any, Any]]:
    """The ladder's answer for two laws, one of which may be an array of probabilities."""
    laws = as_law(p, "p", normalize=normalize), as_law(q, "q", normalize=normalize)
    with np.errstate(all="ignore"):
        return divergence_of_laws(*laws), laws


def jeffreys(
    p: Any,
    q: Any,
    /,
    *,
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Jeffreys' divergence, $D(p\|q) + D(q\|p)$: both directions together.

    Args:
        p: As in `divergence`.
        q: As in `divergence`.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes of arrays are.
        normalize: Whether arrays are weights or counts.

    Returns:
        The sum of the two divergences, like `divergence`.

    Raises:
        InputError: As in `divergence`.

    References:
        Jeffreys (1946), Proceedings of the Royal Society A 186.

    Example:
        >>> import kullback as kl
        >>> round(float(kl.jeffreys([0.2, 0.8], [0.7, 0.3])), 6)
        1.116796
    """
    options: dict[str, Any] = {"base": base, "axis": axis, "normalize": normalize}
    return divergence(p, q, **options) + divergence(q, p, **options)


def contributions(
    p: Any,
    q: Any,
    /,
    *,
    form: str = "bregman",
    base: float | None = None,
    axis: int = -1,
    normalize: bool = False,
) -> Any:
    r"""The summands of the divergence, outcome by outcome.

    Args:
        p: Probabilities: an array, or labels with values.
        q: The same.
        form: "bregman" gives $p \log(p/q) - p + q$, none of which is negative; "textbook" gives $p \log(p/q)$. Both
            add up to the divergence.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes are.
        normalize: Whether the arrays are weights or counts.

    Returns:
        An array of the shape of the input with the outcomes at `axis`; for labelled input a dictionary of label to
        summand.

    Raises:
        InputError: The input is no pair of probability arrays, or the form is unknown.

    Example:
        >>> import kullback as kl
        >>> parts = kl.contributions({"a": 0.5, "b": 0.5}, {"a": 0.3, "b": 0.7})
        >>> {name: round(value, 4) for name, value in parts.items()}
        {'a': 0.0554, 'b': 0.0318}
    """
    if not (is_vector(p) and is_vector(q)):
        raise InputError("contributions needs two arrays of probabilities. For laws see kl.explain(p, q).")
    pair = read_pair(p, q, axis=axis)
    _check(pair, normalize=normalize)
    with np.errstate(all="ignore"):
        parts = in_base(pair.give_back(summands(pair, form)), base)
    if pair.labels is not None and is_labelled(p):
        return dict(zip(pair.labels, parts.tolist(), strict=True))
    return pair.xp.moveaxis(parts, -1, axis)


def _check(pair: Pair, *, normalize: bool) -> None:
    for name, array in (("p", pair.p), ("q", pair.q)):
        check_array(pair.xp, name, array, pair.tolerance, normalize=normalize)


def jensen_shannon(
    p: Any,
    q: Any,
    /,
    *,
    weights: tuple[float, float] = (0.5, 0.5),
    base: float | None = None,
    axis: int | tuple[int, ...] | None = -1,
    normalize: bool = False,
) -> Array:
    r"""Jensen-Shannon divergence: the mean divergence of p and q from their mixture. Not its root.

    $$ w_1 D(p \,\|\, m) + w_2 D(q \,\|\, m), \qquad m = w_1 p + w_2 q $$

    Args:
        p: As in `divergence`; laws must be on the line.
        q: The same.
        weights: Weights of p and q, zero or larger; divided by their sum.
        base: Base of the logarithm, None for nats.
        axis: Where the outcomes of arrays are.
        normalize: Whether arrays are weights or counts.

    Returns:
        The divergence, at most the entropy of the weights (log 2 for equal ones).

    Raises:
        InputError: As in `divergence`, the weights are no weights, or one law has a density and the other masses.

    References:
        Lin (1991), IEEE Transactions on Information Theory 37.

    Example:
        >>> import kullback as kl
        >>> float(kl.jensen_shannon([1, 0], [0, 1], base=2))
        1.0
    """
    one, two = _read_weights(weights)
    if not (is_vector(p) and is_vector(q)):
        laws = as_law(p, "p", normalize=normalize), as_law(q, "q", normalize=normalize)
        return in_base(_mixture_divergence(laws, one, two), base)
    pair = read_pair(p, q, axis=axis)
    xp = pair.xp
    _check(pair, normalize=normalize)
    left, right = (shares_of(xp, array) for array in (pair.p, pair.q))
    middle = one * left + two * right
    parts = [
        weight * array_divergence(Pair(xp, side, middle, pair.give_back, None, pair.tolerance), normalize=True)
        for weight, side in ((one, left), (two, right))
        if weight > 0
    ]
    return in_base(pair.give_back(not_negative(xp, sum(parts[1:], start=parts[0]))), base)


def _read_weights(weights: tuple[float, float]) -> tuple[float, float]:
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (2,) or not np.all(values >= 0) or not 0 < values.sum() < np.inf:
        raise InputError(f"weights = {weights!r}. Two numbers are needed, zero or larger, not both zero.")
    one, two = (values / values.sum()).tolist()
    return one, two


def _mixture_divergence(laws: tuple[Law, Law], one: float, two: float) -> Array:
    def single(*pair: Law) -> float:
        middle = Mixture([one, two], pair)
        parts = [(weight, law) for weight, law in zip((one, two), pair, strict=True) if weight > 0]
        return sum(weight * float(divergence_of_laws(law, middle).value) for weight, law in parts)

    with np.errstate(all="ignore"):
        return back(each_law(laws, single), *laws)
