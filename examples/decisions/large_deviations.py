"""How rare is a mean of 5 from n rolls of a fair die? Exact chances, their exponent, and what such samples look like.

python examples/decisions/large_deviations.py [--quick] [--output large_deviations.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback import divergence
from kullback.decisions.exponents import mean_tail, sanov_exponent

mpl.use("Agg")
from matplotlib import pyplot as plt

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
FACES = np.arange(1, 7)
FAIR = np.full(6, 1 / 6)


def simulated(rolls: int, samples: int) -> tuple[np.ndarray, int]:
    """The mean histogram of samples of fair rolls whose mean is at least 5, and how many there were."""
    rng = np.random.default_rng(0)
    counts = rng.multinomial(rolls, FAIR, size=samples)
    rare = counts[counts @ FACES >= 5 * rolls]
    return rare.mean(axis=0) / rolls, len(rare)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", type=Path, default=Path("large_deviations.png"))
    options = parser.parse_args()

    found = sanov_exponent(FAIR, statistic=FACES, at_least=5)
    print(found)
    sizes = [6, 12, 24, 48, 96, 192, 384]
    die = np.concatenate([[0.0], FAIR])
    tails = [mean_tail(die, n, 5.0) for n in sizes]
    print(f"\n{'rolls':>5} {'P(mean ≥ 5)':>13} {'Chernoff':>10} {'Bahadur-Rao':>12} {'-log P / n':>11}")
    for n, tail in zip(sizes, tails, strict=True):
        print(
            f"{n:>5} {tail.probability:>13.4g} {np.exp(tail.log_chernoff):>10.3g} {np.exp(tail.log_refined):>12.4g} "
            f"{tail.exponent_seen:>11.4f}"
        )

    observed, rare = simulated(20, 200_000 if options.quick else 2_000_000)
    print(f"\n{rare} samples of 20 fair rolls had a mean of at least 5. Their faces, and the tilted law:")
    print("  ", observed.round(3), found.tilted.probs.round(3), sep="  ")
    one = np.array([0.0, 0.0, 0.0, 0.5, 0.0, 0.5])
    print(
        f"Half fours and half sixes have mean 5 as well, and D(that‖fair) = {float(divergence(one, FAIR)):.4f} nats, "
        f"not {found.value:.4f}"
    )

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), layout="constrained")
    left.semilogx(sizes, [tail.exponent_seen for tail in tails], "o-", color=COLORS[0], label="exact -log P / n")
    left.semilogx(sizes, [-tail.log_refined / tail.n for tail in tails], "x", color=COLORS[1], label="Bahadur-Rao")
    left.axhline(found.value, color="0.4", linestyle=":", label="inf D(p‖fair)")
    left.set_xlabel("rolls n")
    left.set_ylabel("nats per roll")
    left.set_title("The exponent comes into sight")
    left.legend()
    width = 0.27
    right.bar(FACES - width, FAIR, width, color=COLORS[5], label="fair die")
    right.bar(FACES, observed, width, color=COLORS[0], label="20 fair rolls with mean ≥ 5")
    right.bar(FACES + width, found.tilted.probs, width, color=COLORS[1], label="tilted law")
    right.set_xlabel("face")
    right.set_ylabel("probability")
    right.set_title("A rare event looks like the tilted law")
    right.legend(loc="upper left")
    figure.savefig(options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
