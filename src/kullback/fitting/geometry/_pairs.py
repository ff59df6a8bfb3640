"""Two laws of one family, brought to one array library."""

from typing import Any

import numpy as np

from kullback._core import Array, InputError, special
from kullback.divergences._ladder import together
from kullback.divergences._read import as_law
from kullback.families import (
    Bernoulli,
    Binomial,
    Categorical,
    Law,
    Multinomial,
    MultivariateNormal,
    Product,
    domain_of,
    lift_together,
)
from kullback.families._categories import weights_of
from kullback.families._triangular import cholesky, full


def read_pair(p: Any, q: Any, /) -> tuple[Law, Law]:
    """The laws as members of the nearest family that holds both, with arrays of one library."""
    first, second = _read(p, "p"), _read(q, "q")
    lifted = (first, second) if type(first) is type(second) else lift_together(first, second)
    if lifted is None:
        raise InputError(
            f"{first!r} and {second!r} are of different families. A path between them within one family is needed."
        )
    if isinstance(lifted[0], Product):
        return lifted
    _check_shapes(*lifted)
    return together(*lifted)[1:]


def _check_shapes(p: Law, q: Law) -> None:
    """Batches broadcast, vectors and matrices have one size."""
    for name in p.parameters().keys() & q.parameters().keys():
        dimensions = domain_of(p, name).ndim
        shapes = [tuple(getattr(law, name).shape) for law in (p, q)]
        sizes = {shape[len(shape) - dimensions :] for shape in shapes}
        try:
            np.broadcast_shapes(p.batch_shape, q.batch_shape)
        except ValueError:
            sizes = {p.batch_shape, q.batch_shape}
        if len(sizes) > 1:
            raise InputError(
                f"{name} has the shapes {shapes[0]} and {shapes[1]}. Vectors of one size are "
                "needed, and batches that broadcast."
            )


def _read(value: Any, name: str) -> Law:
    law = as_law(value, name)
    if isinstance(value, list | tuple):  # plain numbers follow the library of the other side
        object.__setattr__(law, "plain", True)
    return law


def shares(law: Any, /) -> Array:
    """Probabilities of the outcomes along the last axis, of laws of one draw or so many alike."""
    xp = law.xp
    if isinstance(law, Bernoulli | Binomial):
        logits = getattr(law, "logits", None)
        both = [1.0 - law.probs, law.probs] if logits is None else [special("expit", -logits), special("expit", logits)]
        return xp.stack(both, axis=-1)
    weights = weights_of(law) if isinstance(law, Categorical) else law.probs
    return weights / xp.sum(weights, axis=-1, keepdims=True)


def draws(p: Any, q: Any, /) -> Array | float:
    """The number of draws of two laws, which must agree."""
    if not isinstance(p, Binomial | Multinomial):
        return 1.0
    if not bool(p.xp.all(p.total_count == q.total_count)):
        raise InputError(
            f"total_count is {p.total_count} and {q.total_count}. Both laws need the same number of draws."
        )
    return p.total_count


def factor_of(law: MultivariateNormal, /) -> Array:
    """The lower triangular factor of a covariance, however it is given."""
    if law.scale_tril is not None:
        return law.scale_tril
    if law.scale_diag is not None:
        return full(law.xp, law.scale_diag)
    return cholesky(law.xp, law.covariance_matrix)
