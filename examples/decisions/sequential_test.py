"""Accept a delivery or send it back: 2 % defective parts against 6 %, one part after the other.

A sequential test against one of fixed size with the same error chances: exact figures beside simulated deliveries.

    python examples/decisions/sequential_test.py [--quick] [--output sequential_test.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.decisions.hypotheses import SequentialTest, neyman_pearson, sprt
from kullback.families import Bernoulli

mpl.use("Agg")
from matplotlib import pyplot as plt

BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
GOOD, BAD, ALPHA, BETA = 0.02, 0.06, 0.05, 0.10
SHOWN = 12


def fixed_size() -> int:
    """Fewest parts with which the most powerful test of the same level misses no more."""
    low, high = 10, 2000
    while low < high:
        middle = (low + high) // 2
        test = neyman_pearson(Bernoulli(GOOD), Bernoulli(BAD), alpha=ALPHA, n=middle)
        low, high = (low, middle) if test.type_ii <= BETA else (middle + 1, high)
    return low


def simulate(test: SequentialTest, chance: float, runs: int, rng: np.random.Generator) -> tuple[float, np.ndarray]:
    """Share of deliveries sent back, and parts looked at."""
    found = [test.run((rng.random(4000) < chance).astype(int)) for _ in range(runs)]
    return float(np.mean([run.decision == "reject null" for run in found])), np.array([run.rows for run in found])


def path_of(test: SequentialTest, chance: float, rng: np.random.Generator) -> np.ndarray:
    run, ratios = test.start(), [0.0]
    while run.decision == "continue":
        run.update(int(rng.random() < chance))
        ratios.append(run.log_ratio)
    return np.array(ratios)


def draw(test: SequentialTest, fixed: int, positions: np.ndarray, walks: list, path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(12.0, 3.8), layout="constrained")
    rng = np.random.default_rng(1)
    for chance, color in ((GOOD, BLUE), (BAD, VERMILION)):
        for index in range(SHOWN // 2):
            ratios = path_of(test, chance, rng)
            label = f"{chance:.0%} defective" if index == 0 else None
            axes[0].plot(ratios, color=color, linewidth=0.9, label=label)
    for bound, text in ((test.upper, "send back"), (test.lower, "accept")):
        axes[0].axhline(bound, color="0.3", linewidth=1)
        axes[0].text(0.98, bound, text, transform=axes[0].get_yaxis_transform(), ha="right", va="bottom", fontsize=8)
    axes[0].set_xlabel("parts looked at")
    axes[0].set_ylabel("log(bad/good), nats")
    axes[0].set_ylim(top=test.upper + 1.5)
    chances = _chances(positions)
    axes[1].plot(chances, [1 - walk.reject for walk in walks], color=BLUE)
    axes[1].set_ylabel("chance of acceptance")
    axes[2].plot(chances, [walk.rows for walk in walks], color=BLUE, label="sequential, exact mean")
    axes[2].axhline(fixed, color=GREEN, linestyle="--", label=f"fixed size {fixed}")
    axes[2].set_ylabel("parts looked at")
    axes[2].set_ylim(bottom=0)
    for axis in axes[1:]:
        axis.set_xlabel("share of defective parts, %")
        for chance in (GOOD, BAD):
            axis.axvline(100 * chance, color="0.7", linewidth=0.8, linestyle=":")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8, loc="upper right")
    axes[2].legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _chances(positions: np.ndarray) -> np.ndarray:
    """Defective share in % of the law between good and bad: log odds move on a line."""
    odds = np.log([GOOD / (1 - GOOD), BAD / (1 - BAD)])
    return 100 / (1 + np.exp(-(odds[0] + positions * (odds[1] - odds[0]))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few simulated deliveries, for a test")
    parser.add_argument("--output", type=Path, default=Path("sequential_test.png"))
    options = parser.parse_args()
    test = sprt(Bernoulli(GOOD), Bernoulli(BAD), alpha=ALPHA, beta=BETA)
    print(test)
    fixed = fixed_size()
    runs = 200 if options.quick else 3000
    rng = np.random.default_rng(0)
    print(f"\nfixed size for {ALPHA:.0%} and {BETA:.0%}: {fixed} parts, exactly")
    print(f"{'defective':>9}{'sent back':>11}{'simulated':>11}{'mean parts':>12}{'simulated':>16}")
    for chance, walk in ((GOOD, test.under_null), (BAD, test.under_alternative)):
        share, rows = simulate(test, chance, runs, rng)
        error = rows.std() / np.sqrt(runs)
        print(f"{chance:>9.0%}{walk.reject:>11.4f}{share:>11.4f}{walk.rows:>12.2f}{rows.mean():>9.2f} ± {error:.2f}")
    positions = np.linspace(0.0, 1.0, 9 if options.quick else 33)
    walks = [test.operating_characteristic(float(position)) for position in positions]
    draw(test, fixed, positions, walks, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
