"""How well does a gas tell its temperature? Fisher information of the law of kinetic energies, worked.

The kinetic energy of a molecule has the density 2/√π a^(-3/2) √x exp(-x/a) with a = kT: a gamma law of shape 3/2. Its
information is 3/2a² nats per squared unit, so a law a little warmer is 3 da²/4a² nats away.

    python examples/fitting/kinetic_energy.py [--quick] [--output kinetic_energy.png]
"""

import argparse

import matplotlib as mpl
import numpy as np

import kullback as kl
from kullback.fitting.geometry import fisher_information, geodesic, natural_gradient, second_order

mpl.use("Agg")
from matplotlib import pyplot as plt

BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
WARM = 2.0
KINDS = (
    ("fisher_rao", "Fisher-Rao: the shortest", BLUE),
    ("exponential", "e: tempered", VERMILION),
    ("mixture", "m: mixed", GREEN),
)


def energies(scale: float) -> kl.families.GeneralizedGamma:
    """The law of kinetic energies with a = scale."""
    return kl.families.GeneralizedGamma(1.5, scale, 1.0)


def information(scale: float) -> float:
    """By the scale alone."""
    return float(fisher_information(energies(scale), fixed=("concentration", "power")))


def expansion() -> None:
    """The quadratic form beside both exact divergences."""
    print("step da   3da²/4a²   D(p(a)‖p(a+da))   D(p(a+da)‖p(a))   nats")
    for step in (0.02, 0.1, 0.5, 1.0):
        found = second_order(energies(WARM), {"scale": step})
        print(f"{step:7.2f}   {found.value:8.6f}   {found.forward:15.6f}   {found.reverse:15.6f}")


def bound(draws: int, trials: int) -> tuple[float, float]:
    """The variance of the maximum likelihood estimate of a beside the Cramér-Rao bound."""
    rng = np.random.default_rng(1)
    found = rng.gamma(1.5, WARM, (trials, draws)).mean(axis=1) / 1.5
    return float(found.var()), 1.0 / (draws * information(WARM))


def descend(start: float, rate: float, *, natural: bool, tolerance: float = 1e-6) -> int:
    """Steps that gradient descent on D(p(2)‖p(a)) takes from a start to within the tolerance."""
    scale = start
    for step in range(1, 10_001):
        slope = 1.5 * (scale - WARM) / scale**2
        if natural:
            (slope,) = natural_gradient(energies(scale), [slope], fixed=("concentration", "power"))
        scale -= rate * float(slope)
        if abs(scale - WARM) < tolerance:
            return step
    return 10_000


def draw(path: str) -> None:
    """Left the expansion, right three geodesics between two normal laws."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    steps = np.linspace(-1.2, 2.4, 91)
    curves = second_order(energies(WARM), {"scale": 1.0}).along(steps)
    left.plot(WARM + steps, curves["forward"], color=BLUE, label="D(p(2)‖p(a))")
    left.plot(WARM + steps, curves["reverse"], color=VERMILION, label="D(p(a)‖p(2))")
    left.plot(WARM + steps, curves["second order"], color="black", linestyle="--", label="3(a-2)²/4·2²")
    left.set(
        xlabel="scale a (units of energy)",
        ylabel="nats",
        ylim=(0, 0.8),
        title="Law of kinetic energies and its neighbors",
    )
    left.legend(frameon=False)
    p, q = kl.families.Normal(-2.0, 1.0), kl.families.Normal(2.0, 0.5)
    for kind, label, color in KINDS:
        laws = geodesic(p, q, np.linspace(0.0, 1.0, 200), kind=kind)
        right.plot(laws.loc, laws.scale, color=color, label=label)
    right.plot([-2.0, 2.0], [1.0, 0.5], "o", color="black")
    right.annotate("p", (-2.0, 1.0), xytext=(-12, 0), textcoords="offset points")
    right.annotate("q", (2.0, 0.5), xytext=(8, -4), textcoords="offset points")
    right.set(xlabel="mean", ylabel="standard deviation", ylim=(0, None), title="Three geodesics from p to q")
    right.legend(frameon=False)
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer simulated gases")
    parser.add_argument("--output", default="kinetic_energy.png", metavar="FILE", help="picture to write")
    options = parser.parse_args()
    print(f"information of a = 2.5: {information(2.5):.4g} nats per squared unit (3/2a² = 0.24)\n")
    expansion()
    draws, trials = 50, 4_000 if options.quick else 40_000
    variance, least = bound(draws, trials)
    print(f"\nvariance of the estimate of a from {draws} energies: {variance:.5f}; Cramér-Rao bound {least:.5f}")
    print("\nsteps of gradient descent on D(p(2)‖p(a)) until |a - 2| < 1e-6")
    for start in (0.2, 20.0):
        # The plain rate is what the steepest start bears.
        plain, natural = descend(start, 0.02, natural=False), descend(start, 1.0, natural=True)
        print(f"from a = {start:4.1f}: plain {plain:5d}, natural {natural:2d}")
    draw(options.output)


if __name__ == "__main__":
    main()
