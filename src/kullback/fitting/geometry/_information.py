"""The Fisher information of any law."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kullback._core import Array, InputError, is_concrete, numbers
from kullback.adapters import to_law
from kullback.divergences._inputs import is_labelled
from kullback.divergences._read import as_law, back
from kullback.families import (
    FAMILIES,
    Gamma,
    GeneralizedGamma,
    Independent,
    Law,
    Mixture,
    Opaque,
    Product,
    Transformed,
    unchecked,
)
from kullback.families._fisher_matrix import block_diagonal, taken
from kullback.fitting.geometry._coordinates import coordinate_names
from kullback.fitting.geometry._mixture import mixture_information
from kullback.fitting.geometry._record import FisherInformation


def fisher_information(law: Any, /, *, fixed: str | Sequence[str] = ()) -> FisherInformation:
    r"""Fisher information of a law in the parameters that it is given in.

    $$ F_{ij}(\theta) = E\left[\partial_i \log p_\theta(X) \; \partial_j \log p_\theta(X)\right]
       = \partial'_i \partial'_j \, D(p_\theta \,\|\, p_{\theta'}) \Big|_{\theta' = \theta} $$

    Args:
        law: A record of `kullback.families`, any object that is read as one (scipy.stats, torch.distributions), or an
            array of probabilities. Parameters of shape ``(*batch, ...)``.
        fixed: Names of parameters or coordinates that are known and do not move: their rows and columns are left out.

    Returns:
        The matrices, of shape ``(*batch, k, k)`` in nats per squared unit of the parameters, in the law's library and
        float type, with the names of the coordinates. These are the real parameters in the order of the record:
        vectors entry by entry, covariances and triangular factors by their lower triangle, row after row. Whole numbers
        such as `total_count` and the limits of a truncated law do not move. A Markov chain gives the information per
        step.

    Raises:
        InputError: The information is infinite, as the support moves with a parameter or a parameter is on the edge of
            its domain, and that parameter is not `fixed`; a name in `fixed` is unknown, or nothing is left; the law is
            known by its log density alone, or has whole numbers alone.

    Note:
        Closed forms, right to a few ulp (sums over outcomes for BetaBinomial, quadrature to the last digits for the
        count of NegativeBinomial and for TruncatedNormal), differentiable in torch and JAX. A mixture is done
        numerically, in NumPy, and says its error. Logits, unnormalized weights and the length of a mean direction have
        a direction that changes nothing, so their matrix is singular.

    References:
        Kullback (1959), Information Theory and Statistics, section 2.6; Amari (2016), Information Geometry and Its
        Applications, section 1.3.

    Example:
        >>> import kullback as kl
        >>> from kullback.fitting.geometry import fisher_information
        >>> fisher_information(kl.families.Normal(0.0, 2.0))
        Fisher information of Normal(loc=0.0, scale=2.0), nats per squared unit
                loc  scale
        loc    0.25      0
        scale     0    0.5
        >>> float(fisher_information(kl.families.Pareto(1.0, 2.0), fixed="scale"))  # the support moves with the scale
        0.25
    """
    record = _record(law)
    matrix, error = _matrix(record)
    names = coordinate_names(record)
    kept = _kept(record, names, fixed)
    matrix = taken(matrix, kept, kept) if len(kept) < len(names) else matrix
    _check_finite(record, matrix, [names[i] for i in kept])
    return FisherInformation(back(matrix, *_leaves(record)), tuple(names[i] for i in kept), record, error)


def _record(value: Any) -> Law:
    """The law; a foreign gamma law by its rate, whatever its scale was read as."""
    if is_labelled(value):
        raise InputError("law has labels. Give its probabilities as an array: list(law.values()).")
    law = as_law(value, "law")
    if value is law or not isinstance(law, GeneralizedGamma):
        return law
    named = getattr(getattr(value, "dist", None), "name", "")
    if named == "gengamma" or not bool(law.xp.all(law.power == 1)):
        return law
    return unchecked(Gamma, law, concentration=law.concentration, rate=1.0 / law.scale)


def _matrix(law: Law) -> tuple[Array, float]:
    """The whole matrix and its relative error."""
    with np.errstate(all="ignore"):
        if isinstance(law, Transformed):
            return _matrix(law.base)
        if isinstance(law, Mixture):
            return mixture_information(law)
        if isinstance(law, Product):
            return _product(law)
        if isinstance(law, Independent):
            return _independent(law)
        fisher = FAMILIES[type(law)].fisher
        if fisher is None:
            reason = "is known by its log density alone" if isinstance(law, Opaque) else "has whole numbers alone"
            raise InputError(f"{law!r} {reason}: there are no real parameters to move, so no Fisher information.")
        return fisher(law), 0.0


def _leaves(law: Law) -> list[Law]:
    """The laws of one family that a law is made of: their float types are those that came."""
    if isinstance(law, Product | Mixture):
        return [leaf for part in law.components for leaf in _leaves(to_law(part))]
    return _leaves(to_law(law.base)) if isinstance(law, Independent | Transformed) else [law]


def _product(law: Product) -> tuple[Array, float]:
    """Blocks along the diagonal."""
    parts = [_matrix(to_law(part)) for part in law.components]
    xp = to_law(law.components[0]).xp
    shape = np.broadcast_shapes(*(tuple(matrix.shape[:-2]) for matrix, _ in parts))
    blocks = [xp.broadcast_to(matrix, (*shape, *matrix.shape[-2:])) for matrix, _ in parts]
    return block_diagonal(xp, *blocks), max(error for _, error in parts)


def _independent(law: Independent) -> tuple[Array, float]:
    """The last axes of the batch become coordinates, parameter by parameter."""
    base = to_law(law.base)
    matrix, error = _matrix(base)
    xp, size = base.xp, matrix.shape[-1]
    outer = len(base.batch_shape) - law.dimensions
    count = int(np.prod(base.batch_shape[outer:]))
    flat = xp.reshape(matrix, (*base.batch_shape[:outer], count, size, size))
    blocks = [flat[..., i, :, :] for i in range(count)]
    # Draw by draw; then parameter by parameter.
    order = [i * size + a for a in range(size) for i in range(count)]
    return taken(block_diagonal(xp, *blocks), order, order), error


def _kept(law: Law, names: tuple[str, ...], words: str | Sequence[str]) -> list[int]:
    """Places of the coordinates that move."""
    fixed: list[Any] = [words] if isinstance(words, str) or not np.iterable(words) else list(words)
    for name in fixed:
        if not any(_belongs(one, name) for one in names):
            raise InputError(f"fixed = {name!r} is no coordinate of {law!r}. It has {', '.join(names)}.")
    kept = [i for i, one in enumerate(names) if not any(_belongs(one, name) for name in fixed)]
    if not kept:
        raise InputError(f"fixed = {fixed!r} leaves no coordinate of {law!r} to move. It has {', '.join(names)}.")
    return kept


def _belongs(coordinate: str, name: str) -> bool:
    """Whether a coordinate is the named one, or an entry of the named parameter."""
    return coordinate == name or coordinate.startswith((f"{name}[", f"{name}."))


def _check_finite(law: Law, matrix: Array, names: list[str]) -> None:
    if not is_concrete(matrix):
        return
    values = numbers(matrix)
    bad = ~np.isfinite(values).all(axis=tuple(range(values.ndim - 1)))
    endless = [name for name, wrong in zip(names, bad, strict=True) if wrong]
    if not endless:
        return
    moving = [name for name in endless if _is_end(law, name)]
    reason = (
        f"the support of {law!r} moves with it, and the divergence grows faster than the square of a step"
        if moving
        else f"{law!r} has it on the edge of its domain, or its square is out of the range of floats"
    )
    advice = (
        f"Fix it: fisher_information(law, fixed={endless!r})."
        if len(endless) < len(names)
        else "Use kl.divergence of near laws."
        if moving
        else "Move the parameters off the edge."
    )
    raise InputError(f"The information of {', '.join(endless)} is infinite: {reason}. {advice}")


def _is_end(law: Law, name: str) -> bool:
    """Whether a parameter is itself an end of the support."""
    value = law.parameters().get(name)
    if value is None:
        return False
    support = FAMILIES[type(law)].support(law)
    return value is support.low or value is support.high
