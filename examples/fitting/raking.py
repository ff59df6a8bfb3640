"""A survey that heard too many of one kind: raking of a table, calibration of rows, and what both repair.

The population is known, so that the estimates can be held against the truth.

    python examples/fitting/raking.py [--quick] [--output raking.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.fitting.constraints import fit_margins, tilt_weights

mpl.use("Agg")
from matplotlib import pyplot as plt

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
AGES, TOWNS = ("18-34", "35-54", "55+"), ("city", "suburb", "country")
# Counts of people by age and place, and the share of each cell that says yes.
PEOPLE = np.array([[300_000, 150_000, 50_000], [200_000, 250_000, 100_000], [100_000, 200_000, 150_000]])
YES = np.array([[0.70, 0.60, 0.55], [0.55, 0.45, 0.40], [0.45, 0.35, 0.25]])
# How likely each kind answers: old people at home in the country do.
ANSWERS = np.array([[0.2, 0.3, 0.5], [0.4, 0.5, 0.8], [0.8, 0.9, 1.0]])


def survey(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells of those who answered, and what they said."""
    reached = (PEOPLE * ANSWERS / (PEOPLE * ANSWERS).sum()).ravel()
    cells = rng.choice(9, size=size, p=reached)
    return cells, rng.random(size) < YES.ravel()[cells]


def estimates(cells: np.ndarray, said: np.ndarray) -> tuple[float, float, float]:
    """Share of yes: as heard, from the raked table, from calibrated rows."""
    table = np.bincount(cells, minlength=9).reshape(3, 3)
    raked = fit_margins(table, {0: PEOPLE.sum(axis=1), 1: PEOPLE.sum(axis=0)})
    weights = (raked.table / np.maximum(table, 1)).ravel()[cells]
    features = np.stack([cells // 3 == 0, cells // 3 == 1, cells % 3 == 0, cells % 3 == 1], axis=1).astype(float)
    shares = PEOPLE / PEOPLE.sum()
    targets = [shares[0].sum(), shares[1].sum(), shares[:, 0].sum(), shares[:, 1].sum()]
    rows = tilt_weights(features, targets).weights
    return tuple(float(weight @ said / weight.sum()) for weight in (np.ones(len(said)), weights, rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("raking.png"))
    options = parser.parse_args()

    truth = float((PEOPLE * YES).sum() / PEOPLE.sum())
    rng = np.random.default_rng(0)
    cells, _ = survey(rng, 2_000)
    table = np.bincount(cells, minlength=9).reshape(3, 3)
    found = fit_margins(table, {0: PEOPLE.sum(axis=1), 1: PEOPLE.sum(axis=0)})
    print(found)
    print(f"  odds ratios before {odds(table).round(4)}, after {odds(found.table).round(4)}")
    surveys = np.array([estimates(*survey(rng, 2_000)) for _ in range(100 if options.quick else 1000)])
    print(f"\nShare of yes in the population: {truth:.4f}. Over {len(surveys)} surveys of 2,000:")
    for name, values in zip(("as heard", "raked table", "calibrated rows"), surveys.T, strict=True):
        print(f"  {name:<16} mean {values.mean():.4f}, bias {values.mean() - truth:+.4f}, spread {values.std():.4f}")

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.0, 3.6), layout="constrained")
    shares = (table / table.sum(), found.table / found.table.sum(), PEOPLE / PEOPLE.sum())
    for i, (name, share) in enumerate(zip(("heard", "raked", "population"), shares, strict=True)):
        left.bar(np.arange(9) + 0.27 * (i - 1), share.ravel(), 0.27, color=COLORS[i], label=name)
    left.set_xticks(np.arange(9), [f"{age}\n{town}" for age in AGES for town in TOWNS], fontsize=6)
    left.set_ylabel("share of people")
    left.set_title(f"D(raked‖heard) = {found.value:.3f} nats")
    left.set_ylim(0, 0.27)
    left.legend(loc="upper left", ncols=3)
    for i, (name, values) in enumerate(zip(("as heard", "raked"), surveys.T[:2], strict=True)):
        right.hist(values, 30, color=COLORS[i], alpha=0.8, label=name)
    right.axvline(truth, color="0.2", linestyle=":", label="truth")
    right.set_xlabel("estimated share of yes")
    right.set_ylabel("surveys")
    right.set_title("The bias is gone, the spread is not")
    right.legend()
    figure.savefig(options.output)
    print(f"wrote {options.output}")


def odds(table: np.ndarray) -> np.ndarray:
    """Odds ratios of the first two rows and columns with the next."""
    return table[:-1, :-1] * table[1:, 1:] / (table[:-1, 1:] * table[1:, :-1])


if __name__ == "__main__":
    main()
