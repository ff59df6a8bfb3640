"""Fit laws to real data by maximum likelihood, see that this minimizes D(empirical‖model), and choose among them.

Three questions: which chance do 7 successes of 10 speak for, how long are the flippers of penguins, and how many
species are there in them?

    python examples/fitting/fit_and_select.py [--quick] [--output fit_and_select.png]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.fitting.likelihood import fit, select

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data" / "penguins.csv"
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
FAMILIES = ("normal", "lognormal", "gamma", "weibull", "gumbel", "logistic", "laplace", "cauchy", "uniform")


def flippers() -> np.ndarray:
    """Lengths in mm."""
    with DATA.open(newline="") as file:
        return np.array([float(row["flipper_length_mm"]) for row in csv.DictReader(file) if row["flipper_length_mm"]])


def coin(axes: plt.Axes) -> None:
    """The divergence and the log likelihood of 7 of 10 are one curve, mirrored and moved."""
    grid = np.linspace(0.2, 0.98, 79)
    fits = [fit({1: 7, 0: 3}, "bernoulli", fixed={"probs": p}) for p in grid]
    best = fit({1: 7, 0: 3}, "bernoulli")
    axes.plot(grid, [one.divergence for one in fits], color=BLUE, label="D(empirical‖model)")
    axes.plot(grid, [one.cross_entropy for one in fits], color=ORANGE, label="−log L / n")
    axes.axhline(best.entropy, color="0.6", linewidth=0.8, linestyle="--")
    axes.annotate(
        "entropy of the sample", (0.21, best.entropy), xytext=(0, -10), textcoords="offset points", fontsize=8
    )
    axes.axvline(0.7, color="0.6", linewidth=0.8)
    axes.set(xlabel="chance of success in the model", ylabel="nats per trial", title="7 of 10: least at 0.7")
    axes.set_ylim(bottom=-0.02)
    axes.legend(frameon=False, fontsize=8, loc="upper center")
    print(f"7 of 10: {best.parameters}, log L = {best.log_likelihood:.4f} = -10 × ({best.entropy:.4f} + 0) nats")


def one_law(axes: plt.Axes, x: np.ndarray, chosen: object) -> None:
    """AIC above the best, with the distance from the data."""
    rows = chosen.candidates[::-1]
    axes.barh([one.name for one in rows], [one.delta for one in rows], color=BLUE)
    for place, one in enumerate(rows):
        axes.text(one.delta + 4, place, f"D ≈ {one.divergence:.2f}", va="center", fontsize=8)
    axes.set(xlabel="AIC above the best (nats × 2)", title=f"{len(x)} flippers: none of these fits")
    axes.set_xlim(right=1.25 * rows[0].delta)
    axes.tick_params(labelsize=8)


def several(axes: plt.Axes, x: np.ndarray, single: object, mixed: object) -> None:
    """The data with the best single law and the best mixture."""
    grid = np.linspace(x.min() - 5, x.max() + 5, 400)
    bins = np.arange(x.min() - 0.5, x.max() + 2.5, 3.0)
    axes.hist(x, bins=bins, density=True, color=BLUE, alpha=0.3, label="data")
    axes.plot(grid, np.exp(single.log_prob(grid)), color=PINK, label=f"{single.family}, AIC {single.aic:.0f}")
    axes.plot(grid, np.exp(mixed.log_prob(grid)), color=ORANGE, label=f"two normal laws, AIC {mixed.aic:.0f}")
    axes.set(xlabel="flipper length, mm", ylabel="density, 1/mm", title="A mixture does")
    axes.legend(frameon=False, fontsize=8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer mixtures and starts")
    parser.add_argument("--output", type=Path, default=Path("fit_and_select.png"))
    options = parser.parse_args()
    x = flippers()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.7), layout="constrained")
    coin(left)
    chosen = select(x, list(FAMILIES))
    print(chosen)
    one_law(middle, x, chosen)
    counts, starts = ((2, 3), 3) if options.quick else ((2, 3, 4), 20)
    mixtures = [fit(x, "mixture", components=k, starts=starts) for k in counts]
    ranked = select([chosen.best.fit, *mixtures], criterion="bic")
    print(ranked)
    several(right, x, chosen.best.fit, mixtures[0])
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(options.output, dpi=110)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
