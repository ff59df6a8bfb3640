"""Reverse projection in more than three dimensions: variational inference, in the words of a projection."""

from typing import Any

import numpy as np

from kullback._core import InputError
from kullback.estimators._options import Rng
from kullback.families import Law, MultivariateNormal
from kullback.fitting.projections._evidence import Evidence
from kullback.fitting.projections._measure import measure
from kullback.fitting.projections._missed import REACH, missed_mass, warnings_for
from kullback.fitting.projections._record import Measured, MissedMass, Projection, StationaryPoint
from kullback.fitting.projections._target import Target
from kullback.fitting.projections._variational import variational_fit
from kullback.fitting.projections._variational_record import VariationalFit

_KINDS = {"maximum": "minimum", "minimum": "maximum"}


def project_high(target: Target, kind: type[Law], gradient: Any, /, *, diagonal: bool, rng: Rng) -> Projection:
    """The normal law nearest in D(q‖p) to a target in many dimensions.

    Args:
        target: What is projected.
        kind: Must be `MultivariateNormal`.
        gradient: Of an unnormalized log density, where that is no function of tensors.
        diagonal: Whether coordinates are independent.
        rng: Seed or generator.

    Raises:
        InputError: The family is another one, or the search finds no mode.
    """
    if kind is not MultivariateNormal:
        raise InputError(f"{kind.__name__} is no family for {target.dimension} dimensions. Use 'full' or 'diagonal'.")
    known = target.normalized
    fit = variational_fit(
        target.source,
        dimension=None if known else target.dimension,
        covariance="diagonal" if diagonal else "full",
        gradient=gradient,
        evidence=0.0 if known else None,
        rng=rng,
    )
    points = [_point(target, fit, i, rng) for i in range(len(fit.optima))]
    missed = _missed(target, fit, rng)
    figure = points[0].reverse
    evidence = Evidence(fit.evidence.value, fit.evidence.stderr, "importance sampling from all optima and modes")
    return Projection(
        law=fit.law,
        value=fit.gap.value if figure is None else figure.value,
        direction="reverse",
        optima=tuple(points),
        missed=missed,
        khat=fit.khat,
        evidence=None if known else evidence,
        elbo=None if known else fit.elbo.value,
        warnings=warnings_for(missed, points),
        notes=tuple(fit.notes),
        target=target,
    )


def _point(target: Target, fit: VariationalFit, place: int, rng: Rng) -> StationaryPoint:
    """One optimum; against an unnormalized target D(q‖p) is the evidence less its ELBO, both estimated."""
    optimum = fit.optima[place]
    if target.normalized:
        reverse = measure(target, optimum.law, "reverse", None, rng)
    elif place == 0:
        reverse = Measured(fit.gap.value, fit.gap.stderr, "log evidence less ELBO, standard error")
    else:
        words = f"log evidence less ELBO on {fit.nodes:,} nodes, standard error"
        reverse = Measured(fit.evidence.value - optimum.elbo, fit.gap.stderr, words)
    return StationaryPoint(
        law=optimum.law,
        kind=_KINDS.get(optimum.kind, optimum.kind),
        forward=measure(target, optimum.law, "forward", None, rng),
        reverse=reverse,
        gradient=optimum.gradient,
        curvatures=(),
        basin=optimum.starts / max(sum(other.starts for other in fit.optima), 1),
    )


def _missed(target: Target, fit: VariationalFit, rng: Rng) -> MissedMass | None:
    """By draws of the target, or else by the Laplace masses of the modes that the fit does not reach."""
    if target.draw is not None:
        return missed_mass(target, fit.law, None, rng)
    lost = [mode for mode in fit.modes if not mode.covered]
    if not lost:
        return None
    shares = np.array([mode.share for mode in lost])
    places = np.stack([mode.place for mode in lost])
    center = shares @ places / shares.sum() if shares.sum() > 0 else places[0]
    return MissedMass(fit.missed, 0.0, center, REACH, tuple(places))
