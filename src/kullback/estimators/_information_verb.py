"""`estimate_mutual_information`: what two variables tell about each other, by the method that suits them."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._count_entropies import ENTROPIES
from kullback.estimators._estimate import Estimate, in_base, noted
from kullback.estimators._information_sides import Side, side_of
from kullback.estimators._ksg import ksg, ksg_of, nothing_varies
from kullback.estimators._mixed_information import counted_information, mixed_of
from kullback.estimators._options import Rng, check_base, check_confidence, check_method, check_neighbors, generator
from kullback.estimators._points import Floats
from kullback.estimators._rows import Rows, read_row_pairs

INFORMATION_METHODS = ("auto", "ksg", "mixed_ksg", *ENTROPIES)
"""Methods of `estimate_mutual_information` by name."""

_FILLED = 3.0  # rows for each pair of labels, below which ordered labels are measured as numbers instead
_LEAST = 3


def estimate_mutual_information(
    x: Any,
    y: Any,
    /,
    *,
    method: str = "auto",
    k: int = 5,
    confidence: float = 0.95,
    base: float | None = None,
    rng: Rng = None,
    weights: Any = None,
    nan_policy: str = "raise",
) -> Estimate:
    r"""Mutual information I(x; y) of the laws behind two samples that are observed row by row, with an interval.

    $$ I(x; y) = D(p_{xy} \,\|\, p_x p_y) $$

    Args:
        x: A sample of shape ``(n,)`` or ``(n, d)`` (an array, a list, a Series, a data frame with columns of any kind).
        y: The same n rows of the other variable, of any kind and number of columns.
        method: "auto" looks at the columns; "ksg" takes all of them for numbers without heavy values; "mixed_ksg" for
            labels beside numbers; "extrapolated", "zhang_grabchak", "grassberger", "miller_madow" and "chao_shen" count
            pairs of distinct rows.
        k: Neighbors, for numbers.
        confidence: Level of the interval.
        base: Base of the logarithm: None for nats, 2 for bits, 10 for hartleys.
        rng: Seed or generator of what is simulated; None is the seed 0. The same input and seed give the same answer.
        weights: Weight of every row, shape ``(n,)``.
        nan_policy: NaN and NULL: "raise" an error or "omit" a row of both where it has one in either.

    Returns:
        The estimate; notes say what was chosen and why. Values are not clipped: independent variables may have a
        figure just below 0.

    Raises:
        InputError: The input cannot be used, as where x and y differ in rows; the message says what to do.

    Note:
        See `ksg` and `mixed_ksg` for how exact the figures are. Units, and any other monotone map of a column, do not
        matter.

    References:
        Kraskov, Stögbauer and Grassberger (2004), Physical Review E 69; Gao, Kannan, Oh and Viswanath (2017), NIPS.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import estimate_mutual_information
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=1000)
        >>> found = estimate_mutual_information(x, np.exp(x + rng.normal(size=1000)))
        >>> found.method, bool(found.interval[0] < 0.5 * np.log(2) < found.interval[1])
        ('ksg', True)
    """
    check_method(method, INFORMATION_METHODS)
    base, level, size, chance = check_base(base), check_confidence(confidence), check_neighbors(k), generator(rng)
    left, right = read_row_pairs(x, y, weights=weights, nan_policy=nan_policy, least=_LEAST)
    if method == "ksg":
        found = _measured(left, right, size, level, chance)
    elif method in ENTROPIES:
        found = counted_information(_as_labels(left), _as_labels(right), left.weights, method, level, chance)
    else:
        one, two = side_of(left, "x", chance), side_of(right, "y", chance)
        choose = _chosen if method == "auto" else mixed_of
        found = noted(choose(one, two, size, left.weights, level, chance), *one.notes, *two.notes)
    return in_base(noted(found, *left.notes), base)


def _measured(x: Rows, y: Rows, k: int, confidence: float, rng: np.random.Generator) -> Estimate:
    for rows, name in ((x, "x"), (y, "y")):
        if rows.label_names:
            raise InputError(
                f"method = 'ksg' takes numbers; column {rows.label_names[0]} of {name} holds labels. Use 'mixed_ksg'."
            )
    return ksg(x.numbers, y.numbers, k=k, weights=x.weights, confidence=confidence, rng=rng)


def _as_labels(rows: Rows) -> Side:
    """Every distinct row as a label."""
    return Side(np.empty((rows.n, 0)), rows.distinct(), None, ())


def _chosen(x: Side, y: Side, k: int, weights: Floats | None, confidence: float, rng: np.random.Generator) -> Estimate:
    if x.is_constant or y.is_constant:
        return nothing_varies(x.n, confidence, "ksg")
    if x.codes is None and y.codes is None:
        return ksg_of(x.scores, y.scores, k, weights, confidence, rng)
    if not (x.is_labels and y.is_labels):
        return noted(mixed_of(x, y, k, weights, confidence, rng), "labels beside numbers: neighbors within labels")
    return _of_labels(x, y, k, weights, confidence, rng)


def _of_labels(
    x: Side, y: Side, k: int, weights: Floats | None, confidence: float, rng: np.random.Generator
) -> Estimate:
    """Labels on both sides are counted, unless there are many pairs of them and an order to measure by."""
    pairs = _kinds(x) * _kinds(y)
    ordered = [side for side in (x, y) if side.ordered is not None]
    if x.n >= _FILLED * pairs or not ordered:
        return counted_information(x, y, weights, "extrapolated", confidence, rng)
    told = f"{pairs:,} pairs of labels are too many to count in {x.n:,} rows"
    if x.ordered is not None and y.ordered is not None:
        found = ksg_of(x.ordered, y.ordered, k, weights, confidence, rng)
        return noted(found, f"{told}: both are measured as numbers, equal ones in an order by chance")
    one, two = (side if side.ordered is None else Side(side.ordered, None, None, ()) for side in (x, y))
    return noted(mixed_of(one, two, k, weights, confidence, rng), f"{told}: the numbers among them are measured")


def _kinds(side: Side) -> int:
    return 0 if side.codes is None else int(side.codes.max()) + 1
