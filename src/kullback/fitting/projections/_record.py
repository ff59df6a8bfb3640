"""What a projection gives: the law, how far it is in both directions, all optima, and why to believe it."""

from dataclasses import dataclass, field
from typing import Any

from kullback._core import Figure, Shown
from kullback.fitting.projections._evidence import Evidence
from kullback.fitting.projections._target import Target

DIRECTIONS = {"forward": "D(target‖fit)", "reverse": "D(fit‖target)"}


@dataclass(frozen=True, eq=False, repr=False)
class Measured(Figure):
    """A divergence in nats with its exactness; `inf` where it is infinite.

    Attributes:
        value: Nats.
        error: Bound of its absolute error, or its standard error where it was estimated from draws.
        method: How it was found.
    """

    value: float
    error: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.6g} nats (± {self.error:.1g}, {self.method})"


@dataclass(frozen=True, eq=False, repr=False)
class StationaryPoint(Shown):
    """A member of the family at which the divergence in the direction of the projection does not change.

    Attributes:
        law: The member.
        kind: "minimum", "saddle", "maximum", or "degenerate" where a curvature is zero.
        forward: D(target‖law); None where the target can neither be integrated nor drawn from.
        reverse: D(law‖target); None for an unnormalized log density in more than three dimensions.
        gradient: Norm of the gradient there, in coordinates relative to the law's own scale.
        curvatures: Eigenvalues of the Hessian in those coordinates, ascending.
        basin: Share of the starts that descend to it; 0 for what is no minimum.
    """

    law: Any
    kind: str
    forward: Measured | None
    reverse: Measured | None
    gradient: float
    curvatures: tuple[float, ...]
    basin: float

    def __str__(self) -> str:
        basin = f", basin {100 * self.basin:.0f} %" if self.kind == "minimum" else ""
        return (
            f"{self.kind:<10} D(target‖fit) = {_short(self.forward)}, D(fit‖target) = {_short(self.reverse)} nats, "
            f"|gradient| {self.gradient:.0e}{basin}: {shown(self.law)}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Matched(Shown):
    """One expectation that forward projection onto an exponential family matches.

    Attributes:
        statistic: The function of an outcome, in words.
        target: Its expectation under the target.
        fit: Its expectation under the fit.
        error: Bound of the error of both together.
    """

    statistic: str
    target: float
    fit: float
    error: float

    @property
    def residual(self) -> float:
        """Fit less target."""
        return self.fit - self.target

    def __str__(self) -> str:
        return f"E[{self.statistic}]: target {self.target:.10g}, fit {self.fit:.10g}, residual {self.residual:.1e}"


@dataclass(frozen=True, eq=False, repr=False)
class Certificate(Shown):
    """Why a forward projection is the nearest member of its family.

    Attributes:
        globally: Whether it is proven to be the global minimum: matched moments in an exponential family.
        moments: The sufficient statistics.
        gradient: Norm of the gradient of the cross-entropy: of the residuals, which are its gradient in natural
            coordinates, or else by the real coordinates of the family.
        pythagoras: D(target‖r) - D(target‖fit) - D(fit‖r) for another member r in nats, 0 in exponential families;
            None where it was not asked.
    """

    globally: bool
    moments: tuple[Matched, ...]
    gradient: float
    pythagoras: float | None

    def __str__(self) -> str:
        proof = "moments match, so this is the global minimum" if self.globally else "no proof that it is global"
        lines = [f"certificate: {proof}; |gradient| {self.gradient:.0e}", *(f"  {one}" for one in self.moments)]
        if self.pythagoras is not None:
            lines.append(f"  Pythagoras: off by {self.pythagoras:.1e} nats")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False, repr=False)
class MissedMass(Shown):
    """What the target has where the fit hardly is.

    Attributes:
        share: Probability under the target of the region outside of the one that holds `reach` of the fit.
        error: Standard error of the share where it was counted among draws, else 0.
        center: Mean of the target's outcomes there.
        reach: Probability under the fit of the region, the one of highest density.
        modes: Places where the target has a mode of its own outside of the region, highest first; in more than one
            dimension the centers of its parts.
    """

    share: float
    error: float
    center: Any
    reach: float
    modes: tuple[Any, ...] = ()

    def __str__(self) -> str:
        words = (
            f"{100 * self.share:.3g} % of the target lies outside of the region that holds {100 * self.reach:g} % of "
            f"the fit, around {_place(self.center)}"
        )
        return words + (f"; it has modes at {', '.join(map(_place, self.modes[:4]))}" if self.modes else "")


@dataclass(frozen=True, eq=False, repr=False)
class Projection(Figure):
    """The member of a family that is nearest to a target, in one of the two directions.

    Attributes:
        law: The best member, a record of `kullback.families`.
        value: Its divergence in nats: D(target‖law) forward, D(law‖target) reverse.
        direction: "forward" or "reverse".
        optima: All stationary points that were found, lowest first; the first is `law`.
        certificate: Of forward projections.
        missed: Mass of the target that the best member misses; None where it cannot be told.
        khat: Shape of the tail of the weights target/law at draws of the law, see `khat`; None where there are none.
        evidence: Of an unnormalized log density: log Z, with its error. Then log Z = elbo + D(law‖target).
        elbo: E_law[f - log law] in nats for an unnormalized log density f; None else.
        warnings: What makes the result surprising or doubtful.
        notes: What was done.
        target: What was projected, for the picture.
    """

    law: Any
    value: float
    direction: str
    optima: tuple[StationaryPoint, ...]
    certificate: Certificate | None = None
    missed: MissedMass | None = None
    khat: float | None = None
    evidence: Evidence | None = None
    elbo: float | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    target: Target | None = field(default=None)

    @property
    def forward(self) -> Measured | None:
        """D(target‖law); None where it is not known."""
        return self.optima[0].forward

    @property
    def reverse(self) -> Measured | None:
        """D(law‖target); None where it is not known."""
        return self.optima[0].reverse

    @property
    def minima(self) -> tuple[StationaryPoint, ...]:
        """The local minima, lowest first."""
        return tuple(point for point in self.optima if point.kind == "minimum")

    def plot(self) -> Any:
        """The target and every stationary point, as a picture; reverse projections beside the forward one.

        Returns:
            A matplotlib figure: densities on the line, masses on whole numbers, contours in two dimensions.

        Raises:
            InputError: The target has more than two dimensions.
            MissingExtraError: Matplotlib is not installed.
        """
        from kullback.fitting.projections._projection_picture import projection_picture  # noqa: PLC0415 - an extra

        return projection_picture(self)

    def __str__(self) -> str:
        words = {"forward": "moment projection", "reverse": "information projection"}[self.direction]
        both = (("target‖fit", self.forward), ("fit‖target", self.reverse))
        figures = [f"  D({name}) = {'not known' if figure is None else figure}" for name, figure in both]
        lines = [
            f"{self.direction} ({words}): {shown(self.law)}",
            *(figures if self.direction == "forward" else reversed(figures)),
        ]
        if self.evidence is not None and self.elbo is not None:
            lines.append(f"  log evidence = {self.evidence.log_evidence:.10g}, ELBO = {self.elbo:.10g} nats")
        if len(self.optima) > 1:
            lines += [f"  {len(self.optima)} stationary points:", *(f"    {point}" for point in self.optima)]
        if self.certificate is not None:
            lines += [f"  {line}" for line in str(self.certificate).splitlines()]
        if self.khat is not None:
            lines.append(f"  k-hat = {self.khat:.2f} (it knows only where the fit is)")
        lines += [f"  warning: {line}" for line in self.warnings]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def shown(law: Any, /) -> str:
    """A law in few words: numbers with six digits."""
    if hasattr(law, "components"):
        inner = ", ".join(shown(part) for part in law.components)
        weights = getattr(law, "weights", None)
        return f"{type(law).__name__}({'' if weights is None else _place(weights) + ', '}{inner})"
    values = law.parameters().items() if hasattr(law, "parameters") else ()
    return f"{type(law).__name__}({', '.join(f'{name}={_place(value)}' for name, value in values)})"


def _short(figure: Measured | None) -> str:
    return "unknown" if figure is None else f"{figure.value:.6g}"


def _place(value: Any) -> str:
    if getattr(value, "ndim", 0) == 0:
        return f"{float(value):.6g}"
    return "[" + ", ".join(map(_place, value)) + "]" if len(value) <= 6 else f"array of shape {tuple(value.shape)}"
