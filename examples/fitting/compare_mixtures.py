"""How far apart are two Gaussian mixtures? Exact on the line and in the plane, bracketed in many dimensions.

Two mixtures move apart on the line while the bounds and the published approximations are held against the exact figure.
Then mixtures fitted to the penguins of one island and of the others are compared in four dimensions.

    python examples/fitting/compare_mixtures.py [--quick] [--output compare_mixtures.png]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.mixture import GaussianMixture

import kullback as kl
from kullback.fitting import mixtures

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data" / "penguins.csv"
MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
BOUNDS = {
    "Durrieu, lower": (mixtures.durrieu_lower_bound, "#56b4e9", "--"),
    "Durrieu, upper": (mixtures.durrieu_upper_bound, "#56b4e9", "-"),
    "variational, upper": (mixtures.variational_upper_bound, "#009e73", "-"),
}
APPROXIMATIONS = {
    "variational": (mixtures.variational_approximation, "#d55e00", "-"),
    "products": (mixtures.product_approximation, "#cc79a7", "-"),
    "nearest component": (mixtures.nearest_approximation, "#e69f00", "-"),
    "same moments": (mixtures.moment_approximation, "#0072b2", "-"),
}


def pair(distance: float) -> tuple[kl.families.Mixture, kl.families.Mixture]:
    """Two modes that move apart, against two others that stay."""
    normal = kl.families.Normal
    p = kl.families.Mixture([0.3, 0.7], [normal(-distance, 1.0), normal(distance, 0.7)])
    return p, kl.families.Mixture([0.5, 0.5], [normal(-1.0, 1.2), normal(1.5, 1.0)])


def penguins(quick: bool) -> dict[str, GaussianMixture]:  # noqa: FBT001 - an option of the program
    """Mixtures of three normal laws, fitted to Biscoe's birds and to the other islands'."""
    with DATA.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[name] for name in MEASURES)]
    x = np.array([[float(row[name]) for name in MEASURES] for row in rows])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    biscoe = np.array([row["island"] == "Biscoe" for row in rows])
    options = {"n_components": 3, "random_state": 0, "n_init": 1 if quick else 5, "reg_covar": 1e-2}
    return {
        "Biscoe": GaussianMixture(**options).fit(x[biscoe]),
        "other islands": GaussianMixture(**options).fit(x[~biscoe]),
    }


def curves(count: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    distances = np.linspace(0.2, 4.0, count)
    pairs = [pair(distance) for distance in distances]
    exact = np.array([mixtures.mixture_divergence(*one).value for one in pairs])
    named = {**BOUNDS, **APPROXIMATIONS}
    return distances, exact, {name: np.array([way(*one) for one in pairs]) for name, (way, *_) in named.items()}


def draw(distances: np.ndarray, exact: np.ndarray, found: dict[str, np.ndarray], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
    axes[0].plot(distances, exact, color="black", lw=2.5, label="exact")
    for name, (_, color, style) in BOUNDS.items():
        axes[0].plot(distances, found[name], color=color, ls=style, label=name)
    axes[0].set_ylim(-0.6, None)
    axes[0].set_ylabel("D(p‖q), nats")
    axes[0].set_title("bounds never cross it", fontsize=11)
    axes[1].axhline(0, color="black", lw=2.5, label="exact")
    for name, (_, color, style) in APPROXIMATIONS.items():
        axes[1].plot(distances, 100 * (found[name] / exact - 1), color=color, ls=style, label=name)
    axes[1].set_ylim(-110, 110)
    axes[1].set_ylabel("error of the approximation, %")
    axes[1].set_title("approximations go wrong either way", fontsize=11)
    for axis in axes:
        axis.set_xlabel("modes of p at ± this")
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few distances, for a test")
    parser.add_argument("--output", type=Path, default=Path("compare_mixtures.png"))
    options = parser.parse_args()
    distances, exact, found = curves(9 if options.quick else 60)
    shown = [0, len(distances) // 3, 2 * len(distances) // 3, -1]
    print(f"{'modes of p at ±':<24}" + "".join(f"{distances[i]:>10.2f}" for i in shown) + "   (D(p‖q) in nats)")
    print(f"{'exact':<24}" + "".join(f"{exact[i]:>10.4f}" for i in shown))
    for name, values in found.items():
        print(f"{name:<24}" + "".join(f"{values[i]:>10.4f}" for i in shown))
    models = penguins(options.quick)
    for one, other in (("Biscoe", "other islands"), ("other islands", "Biscoe")):
        print(f"\np = {one}, q = {other}")
        print(mixtures.mixture_divergence(models[one], models[other], rng=0))
    draw(distances, exact, found, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
