"""What variational inference found: the fit, every other optimum, the modes of the target, and what was missed."""

from dataclasses import dataclass
from typing import Any

from kullback._core import Figure, Shown, percent
from kullback.estimators import Estimate
from kullback.fitting.projections._variational_modes import Mode
from kullback.fitting.projections._variational_picture import draw_fit
from kullback.fitting.projections._variational_target import Floats, LogDensity


@dataclass(frozen=True, eq=False, repr=False)
class VariationalOptimum(Shown):
    """One stationary point of the ELBO.

    Attributes:
        law: The normal law there.
        elbo: On the fixed nodes, in nats.
        kind: "maximum" of the ELBO (a minimum of D(q‖p)) or "saddle".
        gradient: Largest entry of the gradient of the ELBO in coordinates in which the law is standard.
        starts: How many ascents ended here.
        modes: Places in the list of modes that draws of the law climb to.
        trace: The ELBO after every step of the first of these ascents.
        natural_steps: How many of these were natural-gradient steps; the rest are L-BFGS.
    """

    law: Any
    elbo: float
    kind: str
    gradient: float
    starts: int
    modes: tuple[int, ...]
    trace: tuple[float, ...]
    natural_steps: int

    def __str__(self) -> str:
        reached = ", ".join(str(i) for i in self.modes) or "none"
        return f"{self.kind}, ELBO = {self.elbo:.6g} nats, {counted(self.starts, 'ascent')}, reaches modes: {reached}"


@dataclass(frozen=True, eq=False, repr=False)
class TargetMode(Shown):
    """A mode of the target.

    Attributes:
        place: Shape ``(d,)``.
        log_prob: Log density there, as the target gives it.
        log_mass: Laplace's log mass of the mode in the same unit; -inf where the target has no curvature there.
        share: Of the sum of these masses.
        covered: Whether draws of the fit climb to it.
    """

    place: Floats
    log_prob: float
    log_mass: float
    share: float
    covered: bool

    def __str__(self) -> str:
        places = ", ".join(f"{value:.3g}" for value in self.place[:4]) + (", …" if len(self.place) > 4 else "")
        return f"({places}) with {percent(self.share)} of the mass, {'covered' if self.covered else 'MISSED'}"


@dataclass(frozen=True, eq=False, repr=False)
class VariationalFit(Figure):
    """The normal law of least D(q‖p) that was found, with what can be said against it.

    Attributes:
        value: Its ELBO in nats, from fresh draws.
        law: The normal law q.
        elbo: The ELBO with its standard error and interval.
        evidence: log Z, known or estimated by importance sampling from all optima and modes together.
        gap: log Z less the ELBO, which is D(q‖p).
        khat: Shape of the tail of the importance weights at draws of q; it knows only where q has been.
        optima: Every stationary point that was found, best first; the first maximum is `law`.
        modes: Every mode of the target that was found, heaviest first.
        missed: Share of the Laplace masses at modes that `law` does not reach.
        covariance: "full", "diagonal" or "low_rank".
        nodes: How many fixed nodes the optimum is taken on.
        notes: What to beware of.
    """

    value: float
    law: Any
    elbo: Estimate
    evidence: Estimate
    gap: Estimate
    khat: float
    optima: tuple[VariationalOptimum, ...]
    modes: tuple[TargetMode, ...]
    missed: float
    covariance: str
    nodes: int
    notes: tuple[str, ...]
    target: LogDensity

    def __str__(self) -> str:
        low, high = self.gap.interval
        words = f"±{self.evidence.stderr:.2g}" if self.evidence.stderr else "known"
        level = f"{100 * self.gap.confidence:g} %"
        lines = [
            f"normal law in {self.target.dimension} dimensions, {self.covariance} covariance, on {self.nodes:,} nodes",
            f"  ELBO = {self.value:.6g} ± {self.elbo.stderr:.2g} nats, log Z = {self.evidence.value:.6g} ({words})",
            f"  D(q‖p) = log Z - ELBO = {self.gap.value:.4g} nats, {level} interval [{low:.4g}, {high:.4g}]"
            + ("" if self.gap.reliable else ", not reliable"),
            f"  {counted(len(self.optima), 'stationary point')} of the ELBO, {counted(len(self.modes), 'mode')} of p",
            *(f"    mode {i}: {mode}" for i, mode in enumerate(self.modes[:4])),
            *(f"  {note}" for note in self.notes),
        ]
        return "\n".join(lines)

    def plot(self, coordinates: tuple[int, int] = (0, 1), /) -> Any:
        """Draw the trace of the ELBO, and the fit with the target in two coordinates.

        Args:
            coordinates: Which two; in one dimension they are left alone.

        Returns:
            A `matplotlib.figure.Figure`: left the ELBO in nats after every step of the ascent from each start, right
            the density of the target through its best mode and ellipses of one and two standard deviations of each
            optimum.

        Raises:
            MissingExtraError: Matplotlib is not installed.
            InputError: There are no such coordinates.
        """
        return draw_fit(self, coordinates)


def counted(number: int, name: str, /) -> str:
    """A number with its noun."""
    return f"{number} {name}" + ("" if number == 1 else "s")


def modes_of(modes: list[Mode], shares: Floats, covered: tuple[int, ...], /) -> tuple[TargetMode, ...]:
    """The modes as they are shown."""
    return tuple(
        TargetMode(mode.place, mode.height, mode.log_mass, float(share), i in covered)
        for i, (mode, share) in enumerate(zip(modes, shares, strict=True))
    )
