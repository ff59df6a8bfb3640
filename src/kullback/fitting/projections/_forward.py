"""Forward projection, argmin D(p‖q): moment matching where the family is exponential, else by quadrature."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from kullback._core import InputError, numbers
from kullback.divergences._ladder import divergence_of_laws
from kullback.families import (
    FAMILIES,
    Categorical,
    Dirichlet,
    DiscreteUniform,
    Laplace,
    Law,
    Mixture,
    MultivariateNormal,
    Uniform,
)
from kullback.fitting.projections._coordinates import Coordinates
from kullback.fitting.projections._expectation_maximization import em_mixtures
from kullback.fitting.projections._expectations import Expectations, Statistic, expectation_of
from kullback.fitting.projections._found import Found
from kullback.fitting.projections._hermite import Floats
from kullback.fitting.projections._moments import EQUATIONS, dirichlet
from kullback.fitting.projections._newton import derivatives
from kullback.fitting.projections._nodes import Nodes, mass_between, target_nodes
from kullback.fitting.projections._numeric import (
    forward_objective,
    measured_in,
    mixture_starts,
    numeric_points,
    starts_for,
)
from kullback.fitting.projections._record import Certificate, Matched
from kullback.fitting.projections._target import Target

_EPS = float(np.finfo(np.float64).eps)
Result = tuple[list[Found], Certificate]


def forward_on_line(target: Target, family: Coordinates, nodes: Nodes, /) -> Result:
    """The member of a family on the line that is nearest to the target in D(p‖q).

    Raises:
        InputError: Every member is infinitely far, or there is no nearest one.
    """
    law, family = _known(target), measured_in(family, nodes)
    if family.components > 1:
        return _mixture(family, nodes)
    if family.kind is Categorical:
        return _table(target, nodes)
    check_support(target, family)
    if family.kind in {Uniform, DiscreteUniform}:
        return _hull(target, family)
    if family.kind in EQUATIONS and set(family.fixed) == set(EQUATIONS[family.kind][1]):
        return _matched(law, family, nodes)
    if family.kind is Laplace and not family.fixed and target.kind == "interval":
        return _laplace(target, nodes)
    objective = forward_objective(nodes, family)
    found = numeric_points(objective, starts_for(family, nodes), family)
    return _numerically(found, family)


def _known(target: Target) -> Law:
    if target.law is None:
        raise InputError(f"target = {target.name} has no record of a law on the line.")
    return target.law


def _numerically(found: list[Found], family: Coordinates) -> Result:
    if not found:
        raise InputError(
            f"No member of {family.kind.__name__} was found where D(target‖fit) is least: it falls toward an end of "
            "the family. Hold a parameter with fixed=, or choose another family."
        )
    return found, Certificate(globally=False, moments=(), gradient=found[0].gradient, pythagoras=None)


def check_support(target: Target, family: Coordinates, /) -> None:
    """Refuse targets with mass where no member of the family has any."""
    if family.kind in {Uniform, DiscreteUniform, Categorical}:
        return
    support = FAMILIES[family.kind].support(family.member())
    side = target.side
    kinds = {"interval": "a density", "lattice": "masses on whole numbers"}
    if support.kind != target.kind:
        raise InputError(
            f"target has {kinds.get(target.kind, target.kind)} and {family.kind.__name__} has "
            f"{kinds.get(support.kind, support.kind)}: every divergence is infinite. Choose another family."
        )
    if side is not None and (side.low < float(support.low) or side.high > float(support.high)):
        raise InputError(
            f"target has mass on [{side.low:g}, {side.high:g}] and {family.kind.__name__} only on "
            f"[{float(support.low):g}, {float(support.high):g}]: D(target‖fit) is infinite for every member. "
            "Choose a wider family."
        )


def _matched(law: Law, family: Coordinates, nodes: Nodes) -> Result:
    """Solve the moment equation and look at it from all sides."""
    expect = Expectations(law)
    try:
        parameters = EQUATIONS[family.kind][0](expect, family.fixed)
        fit = family.kind(**parameters, **family.fixed)
    except InputError:
        raise
    except (ValueError, ArithmeticError) as error:
        raise InputError(
            f"The moments of the target are at an end of {family.kind.__name__} ({error}), so no member is nearest. "
            "Choose another family."
        ) from error
    moments = tuple(_match(fit, *asked) for asked in expect.asked)
    here = replace(family, kind=type(fit))
    gradient = float(np.linalg.norm([one.residual for one in moments]))
    curvatures = _curvatures(here, fit, nodes)
    off = _pythagoras(law, fit, here)
    return [Found(fit, gradient, curvatures, 1.0)], Certificate(True, moments, gradient, off)  # noqa: FBT003 - a field


def _match(fit: Law, statistic: Statistic, value: float, error: float, _: str) -> Matched:
    own, off, _ = expectation_of(fit, statistic)
    return Matched(statistic.words, value, own, error + off)


def _curvatures(family: Coordinates, fit: Any, nodes: Nodes) -> Floats:
    """Curvatures of the cross-entropy at the fit, by the nodes."""
    if getattr(fit, "logits", None) is not None:
        fit = type(fit)(probs=special.expit(float(fit.logits)))
    theta = family.of(fit)
    if not np.isfinite(theta).all():
        return np.ones(len(theta))  # at an end of the family, as for a point
    return np.asarray(np.linalg.eigvalsh(derivatives(forward_objective(nodes, family)(theta), theta)[2]))


def _pythagoras(p: Law, fit: Law, family: Coordinates) -> float | None:
    """How far another member is off the theorem: a check of all three divergences at once."""
    if getattr(fit, "logits", None) is not None:
        return None
    theta = family.of(fit)
    if not np.isfinite(theta).all():
        return None
    other = family.law(theta + 0.25)
    with np.errstate(all="ignore"):
        far, near, between = (float(divergence_of_laws(*pair).value) for pair in ((p, other), (p, fit), (fit, other)))
    off = far - near - between
    return off if np.isfinite(off) else None


def _laplace(target: Target, nodes: Nodes) -> Result:
    """Median and mean distance from it."""
    expect = Expectations(_known(target))
    median = _median(target, nodes)
    from_median = Statistic(f"|x - {median:.6g}|", lambda x: np.abs(x - median), ("absolute", median, 1.0))
    fit = Laplace(median, expect(from_median))
    moments = (
        Matched(f"sign(x - {median:.6g})", 1.0 - 2.0 * mass_between(target, -np.inf, median), 0.0, 1e-13),
        _match(fit, *expect.asked[0]),
    )
    height = float(np.exp(target.log_prob(np.array([median]))[0])) * float(fit.scale)
    curvatures = np.sort([2.0 * height, 1.0])
    certificate = Certificate(globally=True, moments=moments, gradient=abs(moments[0].target), pythagoras=None)
    return [Found(fit, abs(moments[0].target), curvatures, 1.0)], certificate


def _median(target: Target, nodes: Nodes) -> float:
    """Where half the mass is: from the nodes, then by Newton's method on panels that end there."""
    cumulated = np.cumsum(nodes.mass) - 0.5 * nodes.mass
    median = float(np.interp(0.5, cumulated, nodes.x))
    for _ in range(6):
        height = float(np.exp(target.log_prob(np.array([median]))[0]))
        if not height > 0:  # in a gap every point is a median
            break
        median -= (mass_between(target, -np.inf, median) - 0.5) / height
    return median


def _hull(target: Target, family: Coordinates) -> Result:
    """The smallest interval that holds the target."""
    side = target.side
    if side is None or not np.isfinite(side.high - side.low):
        raise InputError("The target has no bounded support, so every uniform law is infinitely far.")
    fit: Law = (Uniform if family.kind is Uniform else DiscreteUniform)(side.low, side.high)
    return [Found(fit, 0.0, np.ones(2), 1.0)], Certificate(globally=True, moments=(), gradient=0.0, pythagoras=None)


def _table(target: Target, nodes: Nodes) -> Result:
    """All laws on the outcomes 0, 1, …: the target itself, where it has no others."""
    if target.kind != "lattice" or nodes.x[0] < 0 or not np.isfinite(target.side.high if target.side else np.inf):
        raise InputError("Categorical laws have outcomes 0, 1, … up to a last one. The target has others.")
    probs = np.concatenate([np.zeros(int(nodes.x[0])), nodes.mass])
    fit = Categorical(probs / probs.sum())
    return [Found(fit, 0.0, np.ones(1), 1.0)], Certificate(globally=True, moments=(), gradient=0.0, pythagoras=None)


def _mixture(family: Coordinates, nodes: Nodes) -> Result:
    """EM to the neighborhood of each optimum, Newton's method from there."""
    starts = mixture_starts(family, list(em_mixtures(family, nodes)))
    found = numeric_points(forward_objective(nodes, family), starts, family)
    if not found:  # a flat way through equal mixtures: more components than the target has
        objective = forward_objective(nodes, family)
        values = [float(objective(start)(start[None])[0]) for start in starts]
        best = starts[int(np.argmin(values))]
        _, gradient, hessian = derivatives(objective(best), best)
        curvatures = np.asarray(np.linalg.eigvalsh(hessian))
        found = [Found(family.law(best), float(np.linalg.norm(gradient)), curvatures, 1.0)]
    return _numerically(found, family)


def forward_in_space(target: Target, kind: type[Law], nodes: Nodes | None, /, *, diagonal: bool) -> Result:
    """Normal or Dirichlet laws in several dimensions."""
    if kind is Dirichlet:
        return _dirichlet(target)
    if kind is not MultivariateNormal:
        raise InputError(f"{kind.__name__} is no family for {target.dimension} dimensions. Use 'full' or 'diagonal'.")
    mean, covariance, error = _normal_moments(target, nodes)
    spread = {"scale_diag": np.sqrt(np.diag(covariance))} if diagonal else {"covariance_matrix": covariance}
    fit = MultivariateNormal(mean, **spread)
    own = np.diag(np.diag(covariance)) if diagonal else 0.5 * (covariance + covariance.T)
    moments = [Matched(f"x{i + 1}", float(mean[i]), float(numbers(fit.loc)[i]), error) for i in range(len(mean))]
    kept = [(i, j) for i in range(len(mean)) for j in range(i + 1) if i == j or not diagonal]
    moments += [
        Matched(f"(x{i + 1} - m{i + 1})(x{j + 1} - m{j + 1})", float(covariance[i, j]), float(own[i, j]), error)
        for i, j in kept
    ]
    # In its own coordinates the cross-entropy of a normal law has curvatures 1 and 2 at matched moments.
    curvatures = np.sort(np.concatenate([np.ones(len(mean)), np.where([i == j for i, j in kept], 2.0, 1.0)]))
    gradient = float(np.linalg.norm([one.residual for one in moments]))
    return [Found(fit, gradient, curvatures, 1.0)], Certificate(True, tuple(moments), gradient, None)  # noqa: FBT003


def _normal_moments(target: Target, nodes: Nodes | None) -> tuple[Floats, Floats, float]:
    """Mean and covariance of a law in space, and their error: by formula, or by the grid."""
    if target.parts is not None and target.evidence is None:
        weights, means, covariances = target.parts
        mean = weights @ means
        off = means - mean
        between = np.einsum("k,ki,kj->ij", weights, off, off)
        return mean, np.einsum("k,kij->ij", weights, covariances) + between, 1e-15
    if nodes is None:
        raise InputError(
            f"target = {target.name} has {target.dimension} dimensions and no formula for its moments. Draw a sample x "
            "and use kl.fit(x, 'full'), or project in reverse."
        )
    mean, covariance = _grid_moments(nodes)
    other = _grid_moments(target_nodes(target, 1.3))
    error = max(float(np.abs(a - b).max()) for a, b in zip((mean, covariance), other, strict=True))
    # What a box leaves out of a law with heavy tails is seen in its mass.
    error += abs(float(nodes.mass.sum()) - 1.0) * float(np.ptp(nodes.x, axis=0).max()) ** 2
    if error > 1e-4 * float(np.diag(covariance).max()):
        raise InputError(
            f"target = {target.name} has tails too heavy for moments by a grid. Draw a sample x and use kl.fit(x, "
            "'full'), or project in reverse."
        )
    return mean, covariance, error


def _grid_moments(nodes: Nodes) -> tuple[Floats, Floats]:
    mass = nodes.mass / nodes.mass.sum()
    mean = mass @ nodes.x
    off = nodes.x - mean
    return mean, np.asarray((off * mass[:, None]).T @ off)


def _dirichlet(target: Target) -> Result:
    """Dirichlet laws and mixtures of them: E log x by digamma functions."""
    law = target.law
    parts = law.components if isinstance(law, Mixture) else (law,)
    if not all(isinstance(part, Dirichlet) for part in parts):
        raise InputError(f"Onto Dirichlet only Dirichlet laws and mixtures of them are projected, not {target.name}.")
    weights = numbers(law.weights) if isinstance(law, Mixture) else np.ones(1)
    shapes = [numbers(part.concentration) for part in parts]
    means = np.stack([special.digamma(a) - special.digamma(a.sum()) for a in shapes])
    logarithms = weights @ means / weights.sum()
    a = dirichlet(logarithms)
    own = special.digamma(a) - special.digamma(a.sum())
    moments = tuple(
        Matched(f"log x{i + 1}", float(logarithms[i]), float(own[i]), 16.0 * _EPS * (1.0 + abs(float(own[i]))))
        for i in range(len(a))
    )
    hessian = (np.diag(special.polygamma(1, a)) - special.polygamma(1, a.sum())) * np.outer(a, a)
    gradient = float(np.linalg.norm(a * (own - logarithms)))
    return [Found(Dirichlet(a), gradient, np.linalg.eigvalsh(hessian), 1.0)], Certificate(True, moments, gradient, None)  # noqa: FBT003
