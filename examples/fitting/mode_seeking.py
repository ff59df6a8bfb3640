"""Follow every stationary point of both projections of a two-mode mixture as its modes move apart.

The target is ½N(-d, 1) + ½N(d, 1) and the family all normal laws. The forward projection covers. The reverse one is
said to seek a mode, but below d ≈ 2.80 its global optimum is a broad law over both.

    python examples/fitting/mode_seeking.py [--quick] [--output mode_seeking.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy import optimize

from kullback.families import Mixture, Normal, log_prob
from kullback.fitting.projections import Projection, project

mpl.use("Agg")
from matplotlib import pyplot as plt

BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"


def target(distance: float) -> Mixture:
    return Mixture([0.5, 0.5], [Normal(-distance, 1), Normal(distance, 1)])


def reverse(distance: float) -> Projection:
    return project(target(distance), "normal", direction="reverse")


def gap(distance: float) -> float:
    """D(fit‖target) of the broad law less that of the law on one mode."""
    minima = sorted(reverse(distance).minima, key=lambda point: abs(float(point.law.loc)))
    return minima[0].reverse.value - minima[-1].reverse.value


def sweep(distances: np.ndarray) -> list[tuple[float, Projection]]:
    return [(float(distance), reverse(float(distance))) for distance in distances]


def draw_branches(axis: plt.Axes, found: list[tuple[float, Projection]], crossing: float) -> None:
    """The mean of every stationary point against the distance of the modes."""
    kinds = (("minimum", GREEN, "o", "local minimum"), ("saddle", PINK, "x", "saddle"))
    for kind, color, marker, label in kinds:
        points = [
            (distance, float(point.law.loc))
            for distance, fit in found
            for point in fit.optima[1:]
            if point.kind == kind
        ]
        axis.plot(*np.transpose(points), marker, color=color, markersize=4, linestyle="", label=label)
    best = [
        (distance, float(point.law.loc))
        for distance, fit in found
        for point in fit.minima
        if point.reverse.value < fit.value + 1e-9
    ]
    axis.plot(*np.transpose(best), "o", color=VERMILION, markersize=5, linestyle="", label="global minimum")
    axis.axvline(crossing, color="0.4", linewidth=1, linestyle=":")
    axis.annotate(f"d = {crossing:.4f}", (crossing, 0.0), (-8, 40), textcoords="offset points", ha="right", fontsize=8)
    axis.set_xlabel("distance d of each mode from 0, in standard deviations")
    axis.set_ylabel("mean of the normal law")
    axis.set_title("reverse: all stationary points of D(fit‖target)", fontsize=10)
    axis.legend(fontsize=8, loc="upper left")
    axis.grid(alpha=0.3)


def draw_fits(axis: plt.Axes, fit: Projection, forward: Projection) -> None:
    """The target at d = 3 with the forward fit and the minima of the reverse one."""
    x = np.linspace(-8, 8, 600)
    axis.fill_between(x, np.exp(log_prob(target(3), x)), color="0.8", label="target")
    axis.plot(x, np.exp(log_prob(forward.law, x)), color=BLUE, label=f"forward, {forward.value:.3f} nats")
    for point, style, color in zip(fit.minima[1:], ("-", "--"), (VERMILION, GREEN), strict=True):
        words = "one mode" if abs(float(point.law.loc)) > 1 else "broad"
        label = f"reverse, {words}, {point.reverse.value:.3f} nats"
        axis.plot(x, np.exp(log_prob(point.law, x)), style, color=color, label=label)
    axis.set_xlabel("x")
    axis.set_ylabel("density")
    axis.set_ylim(0, 0.55)
    axis.set_title("the fits at d = 3", fontsize=10)
    axis.legend(fontsize=8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few distances, for a test")
    parser.add_argument("--output", type=Path, default=Path("mode_seeking.png"))
    options = parser.parse_args()
    found = sweep(np.linspace(0.5, 4.0, 8 if options.quick else 57))
    crossing = optimize.brentq(gap, 2.75, 2.85, xtol=1e-3 if options.quick else 1e-6)
    names = ("minima", "saddles", "best mean", "best sd", "D(fit‖target)", "missed", "k-hat")
    print(f"{'d':>5} " + " ".join(f"{name:>{len(name)}}" for name in names))
    for distance, fit in found[:: 1 if options.quick else 4]:
        saddles = len(fit.optima) - len(fit.minima)
        law, missed = fit.law, f"{fit.missed.share:.1%}"
        print(
            f"{distance:>5.2f} {len(fit.minima):>6} {saddles:>7} {abs(float(law.loc)):>9.4f} {float(law.scale):>7.4f} "
            f"{fit.value:>13.6f} {missed:>6} {fit.khat:>5.2f}"
        )
    print(f"one mode beats the broad law from d = {crossing:.4f} on (nats are of D(fit‖target))")
    figure, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    draw_branches(axes[0], found, crossing)
    draw_fits(axes[1], reverse(3.0), project(target(3), "normal"))
    figure.savefig(options.output, dpi=100)
    plt.close(figure)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
