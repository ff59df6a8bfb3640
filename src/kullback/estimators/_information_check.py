"""Mutual information as the divergence that it is: of the rows as they are from rows whose sides were drawn apart."""

from dataclasses import replace
from typing import Any

import numpy as np

from kullback.estimators._estimate import Estimate, noted
from kullback.estimators._ksg import QUANTITY, check_rows, nothing_varies
from kullback.estimators._neighbors import neighbors
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.estimators._points import read_sample
from kullback.estimators._scores import rank_scores, varying


def information_as_divergence(
    x: Any, y: Any, /, *, k: int = 5, shuffles: int = 4, confidence: float = 0.95, rng: Rng = None
) -> Estimate:
    r"""Mutual information by the divergence of the rows from rows in which y was shuffled: a check of `ksg`.

    $$ I(x; y) = D(p_{xy} \,\|\, p_x p_y) $$

    Rows (x, y) with y shuffled are a sample of the product of the margins, so every method for divergences is one for
    mutual information. This one takes `neighbors`, which shares nothing with `ksg` but the normal scores.

    Args:
        x: Sample of numbers of shape ``(n,)`` or ``(n, d)``.
        y: The same rows of the other variable, shape ``(n,)`` or ``(n, e)``.
        k: Neighbors.
        shuffles: How many shuffled copies make the sample of the product.
        confidence: Level of the interval.
        rng: Seed or generator of the shuffles and of the order of ties.

    Returns:
        The estimate of I(x; y) in nats. Its standard error takes the copies for independent rows.

    Raises:
        InputError: As in `ksg`.

    Note:
        Less exact than `ksg`, whose two errors cancel where x and y are independent, and too small from strong
        dependence on, as nothing is corrected.

    References:
        Cover and Thomas (2006), Elements of Information Theory, section 2.3.

    Example:
        >>> import numpy as np
        >>> from kullback.estimators import information_as_divergence, ksg
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=2000)
        >>> y = 0.6 * x + 0.8 * rng.normal(size=2000)
        >>> one, other = information_as_divergence(x, y), ksg(x, y)
        >>> bool(abs(one.value - other.value) < 3 * (one.stderr + other.stderr))
        True
    """
    (left, _), (right, _) = read_sample(x, least=3), read_sample(y, name="y", least=3)
    check_rows(len(left), len(right))
    chance = generator(rng)
    one, two = (rank_scores(side[:, varying(side)], chance) for side in (left, right))
    if not one.shape[1] or not two.shape[1]:
        return nothing_varies(len(left), check_confidence(confidence), "neighbors")
    product = [np.concatenate([one, chance.permutation(two)], axis=1) for _ in range(shuffles)]
    found = neighbors(np.concatenate([one, two], axis=1), np.concatenate(product), k=k, confidence=confidence)
    return noted(replace(found, m=0, quantity=QUANTITY), f"against {shuffles} shuffled copies of the rows")
