"""Variational inference with normal laws: the reverse projection of an unnormalized log density in many dimensions."""

import math
from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._options import Rng, check_confidence, generator
from kullback.fitting.projections._variational_judgment import judge
from kullback.fitting.projections._variational_modes import dispersed, find_modes
from kullback.fitting.projections._variational_nodes import normal_nodes
from kullback.fitting.projections._variational_record import VariationalFit
from kullback.fitting.projections._variational_search import Search, find_optima
from kullback.fitting.projections._variational_target import Floats, centers_of, check_whole_space, read_log_density

_COVARIANCES = ("full", "diagonal", "low_rank")
_STARTS, _DRAWS, _LEAST_DRAWS = 20, 10_000, 1_000
# Nodes cost little where there are few coordinates, and the error falls faster than 1/n there.
_NODES, _NODES_BELOW_6, _NODES_BELOW_3 = 2048, 8192, 16_384


def variational_fit(
    log_prob: Any,
    /,
    *,
    dimension: int | None = None,
    covariance: str = "full",
    rank: int = 2,
    gradient: Any = None,
    starts: Any = _STARTS,
    nodes: int | None = None,
    draws: int = _DRAWS,
    evidence: float | None = None,
    confidence: float = 0.95,
    rng: Rng = None,
) -> VariationalFit:
    r"""Normal law of least D(q‖p) to a target p that is known up to a constant: the one of greatest ELBO.

    $$ \max_q E_q[\log \tilde p(x) - \log q(x)] = \log Z - \min_q D(q \,\|\, p), \qquad p = \tilde p / Z $$

    The expectation is taken on fixed quasi-random nodes, so there is a definite optimum to climb to: by natural
    gradients on mean and precision with Hessians from Stein's identity, then by L-BFGS in coordinates in which the
    law is standard. It starts at every mode of the target that climbs from dispersed and heated points find, and from
    one broad law over all of them.

    Args:
        log_prob: log p̃ in nats: a function of float64 tensors of shape ``(n, d)`` to shape ``(n,)``, one of NumPy
            arrays beside `gradient`, or a law.
        dimension: d, for functions.
        covariance: "full", "diagonal" (mean field) or "low_rank" (a diagonal plus `rank` factors).
        rank: Of "low_rank", from 1 to d - 1.
        gradient: Of a NumPy function, ``(n, d)`` to ``(n, d)``.
        starts: How many dispersed points to climb from, or the points themselves, ``(k, d)``.
        nodes: How many fixed nodes, a power of 2 above 2d; None for 2,048, more below 6 and above
            128 dimensions.
        draws: Fresh draws for the ELBO, the evidence and k-hat, at least 1,000.
        evidence: log Z where it is known; otherwise importance sampling from all fits and modes estimates it.
        confidence: Of the intervals.
        rng: Seed or generator; the same one gives the same fit.

    Returns:
        The fit with its ELBO from fresh draws, the gap to log Z, every optimum, every mode and what it misses.

    Raises:
        InputError: The target gives NaN or a wrong shape, has no mode that was found, or an option is wrong.
        MissingExtraError: Gradients need torch, and it is not installed.

    Note:
        A normal target is met to 1e-8. Elsewhere the optimum has the error of the nodes, which `elbo` and `gap`, from
        fresh draws, do not have. No search proves that there is no other mode.

    References:
        Opper and Archambeau (2009), Neural Computation 21; Khan and Rue (2023), Journal of Machine Learning Research
        24; Giordano, Ingram and Broderick (2024), Journal of Machine Learning Research 25, for fixed draws.

    Example:
        >>> import numpy as np
        >>> from kullback.fitting.projections import variational_fit
        >>> precision = np.array([[2.0, 0.6], [0.6, 1.0]])
        >>> def log_prob(x):
        ...     return -0.5 * np.einsum("ni,ij,nj->n", x, precision, x)
        >>> fit = variational_fit(log_prob, gradient=lambda x: -x @ precision, dimension=2)
        >>> factor = np.asarray(fit.law.scale_tril)
        >>> bool(np.allclose(factor @ factor.T, np.linalg.inv(precision), atol=1e-9)), round(abs(fit.gap.value), 9)
        (True, 0.0)
    """
    level, chance = check_confidence(confidence), generator(rng)
    check_whole_space(log_prob)
    target = read_log_density(log_prob, dimension, gradient)
    _check_options(covariance, rank, draws, target.dimension)
    columns = target.dimension + (rank if covariance == "low_rank" else 0)
    search = Search(target, normal_nodes(columns, _node_count(nodes, columns), chance), covariance, rank, chance)
    points = _read_starts(starts, target.dimension, chance)
    modes = find_modes(target, np.concatenate([centers_of(log_prob, target.dimension), points]), chance)
    if not modes:
        raise InputError("log_prob has no mode that climbs from the starts reach. Give starts= where it is positive.")
    optima = find_optima(search, modes)
    if not optima:
        raise InputError(
            "log_prob is -inf where every normal law draws, so D(q‖p) is infinite for all of them. Map the support to "
            "the whole space first: logarithms of positive numbers, logits of shares, with the log Jacobian."
        )
    return judge(search, modes, optima, int(draws), evidence, level)


def _check_options(covariance: Any, rank: Any, draws: Any, dimension: int) -> None:
    if covariance not in _COVARIANCES:
        raise InputError(f"covariance = {covariance!r} is not known. Choose from {', '.join(_COVARIANCES)}.")
    whole = isinstance(rank, int | np.integer) and not isinstance(rank, bool)
    if covariance == "low_rank" and not (whole and 1 <= rank < dimension):
        raise InputError(
            f"rank = {rank!r} in {dimension} dimensions. A whole number from 1 to {dimension - 1} is needed."
        )
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < _LEAST_DRAWS:
        raise InputError(
            f"draws = {draws!r} is no number of draws. A whole number of at least {_LEAST_DRAWS} is needed."
        )


def _node_count(nodes: Any, columns: int) -> int:
    if nodes is None:
        least = _NODES_BELOW_3 if columns < 3 else _NODES_BELOW_6 if columns < 6 else _NODES
        return max(least, 1 << math.ceil(math.log2(16 * columns)))
    whole = isinstance(nodes, int | np.integer) and not isinstance(nodes, bool)
    if not whole or nodes <= 2 * columns or nodes & (nodes - 1):
        raise InputError(f"nodes = {nodes!r}. A power of 2 above {2 * columns} is needed, such as {_NODES}.")
    return int(nodes)


def _read_starts(starts: Any, dimension: int, rng: np.random.Generator) -> Floats:
    if isinstance(starts, int | np.integer) and not isinstance(starts, bool):
        if starts < 1:
            raise InputError(f"starts = {starts!r}. At least one is needed.")
        return dispersed(dimension, int(starts), rng)
    points = np.asarray(starts, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != dimension or not len(points) or not np.isfinite(points).all():
        raise InputError(
            f"starts has shape {points.shape}. A number, or finite points of shape (k, {dimension}), is needed."
        )
    return points
