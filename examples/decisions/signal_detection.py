"""A faint constant signal in Gaussian noise: how many looks it needs, exactly and by its divergences.

Exact chances of the best detectors beside the two exponents, and bits sent through noise beside a simulation.

    python examples/decisions/signal_detection.py [--quick] [--output signal_detection.png]
"""

import argparse
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np

from kullback.decisions.hypotheses import bit_error_rate, neyman_pearson, signal_detection
from kullback.families import Normal

mpl.use("Agg")
from matplotlib import pyplot as plt

BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
MEAN, SCALE, LEVEL = 1.0, 2.0, 0.01


def chances(looks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least mean error, and misses at one false alarm in a hundred, for so many looks; both exact."""
    error = [signal_detection(MEAN, SCALE, n=int(n)).errors().risk for n in looks]
    tests = [neyman_pearson(Normal(0, SCALE), Normal(MEAN, SCALE), alpha=LEVEL, n=int(n)) for n in looks]
    return np.array(error), np.array([test.type_ii for test in tests])


def simulated_bits(decibels: np.ndarray, bits: int) -> dict[str, np.ndarray]:
    """Shares of wrong bits of three ways to send them, all of one energy a sending."""
    rng = np.random.default_rng(0)
    found: dict[str, list[float]] = {"antipodal": [], "orthogonal": [], "3 times, majority": []}
    for ratio in 10 ** (decibels / 10):
        amplitude = math.sqrt(2 * ratio)
        found["antipodal"].append(np.mean(rng.normal(size=bits) > amplitude))
        two = rng.normal(size=(2, bits))
        found["orthogonal"].append(np.mean(two[0] + amplitude < two[1]))
        found["3 times, majority"].append(np.mean((rng.normal(size=(3, bits)) > amplitude).sum(axis=0) >= 2))
    return {name: np.array(values) for name, values in found.items()}


def exact_bits(decibels: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "antipodal": bit_error_rate(decibels),
        "orthogonal": bit_error_rate(decibels, signalling="orthogonal"),
        "3 times, majority": bit_error_rate(decibels, repetitions=3, decision="hard"),
    }


def draw(looks: np.ndarray, found: tuple, decibels: np.ndarray, drawn: dict, path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
    one = signal_detection(MEAN, SCALE)
    for exact, exponent, name, color in (
        (found[0], float(one.chernoff), "least mean error", BLUE),
        (found[1], one.stein, f"misses at {LEVEL:.0%} false alarms", VERMILION),
    ):
        left.semilogy(looks, exact, color=color, label=name)
        left.semilogy(looks, np.exp(-looks * exponent), color=color, linestyle="--", linewidth=1)
    left.plot([], [], color="0.4", linestyle="--", linewidth=1, label="exp(-n C) and exp(-n D)")
    left.set_xlabel("looks n, each of d′ = 0.5")
    left.set_ylabel("chance")
    left.set_ylim(1e-9, 2)
    fine = np.linspace(decibels[0], decibels[-1], 200)
    for (name, curve), color, marker in zip(exact_bits(fine).items(), (BLUE, VERMILION, GREEN), "os^", strict=True):
        right.semilogy(fine, curve, color=color, label=name)
        right.semilogy(decibels, np.where(drawn[name] > 0, drawn[name], np.nan), marker, color=color, markersize=4)
    right.plot([], [], "o", color="0.4", markersize=4, label="simulated")
    right.set_xlabel("$E_b/N_0$ of a sending, dB")
    right.set_ylabel("chance of a wrong bit")
    right.set_ylim(1e-6, 1)
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, loc="lower left")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer simulated bits, for a test")
    parser.add_argument("--output", type=Path, default=Path("signal_detection.png"))
    options = parser.parse_args()
    print(signal_detection(MEAN, SCALE))
    looks = np.unique([*np.geomspace(1, 300, 40).astype(int), 10, 30, 100])
    found = chances(looks)
    one = signal_detection(MEAN, SCALE)
    print(f"\n{'looks':>6}{'mean error':>12}{'exp(-nC)':>11}{'misses':>11}{'exp(-nD)':>11}")
    for n in (1, 10, 30, 100, 300):
        error, miss = (values[looks.searchsorted(n)] for values in found)
        seen = looks[looks.searchsorted(n)]
        bounds = math.exp(-seen * float(one.chernoff)), math.exp(-seen * one.stein)
        print(f"{seen:>6}{error:>12.3g}{bounds[0]:>11.3g}{miss:>11.3g}{bounds[1]:>11.3g}")
    decibels = np.arange(-4, 11, 2.0)
    drawn = simulated_bits(decibels, 20_000 if options.quick else 1_000_000)
    print(f"\n{'dB':>4}" + "".join(f"{name + ' exact':>27}{'simulated':>11}" for name in drawn))
    exact = exact_bits(decibels)
    for index, value in enumerate(decibels):
        print(f"{value:>4g}" + "".join(f"{exact[name][index]:>27.3g}{drawn[name][index]:>11.3g}" for name in drawn))
    draw(looks, found, decibels, drawn, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
