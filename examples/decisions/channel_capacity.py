"""How much gets through a noisy channel, and how little a source needs: certified, not merely converged.

Capacities of three channels by their noise, the gap of Blahut and Arimoto's steps on a hard one, and rate-distortion.

    python examples/decisions/channel_capacity.py [--quick] [--output channel_capacity.png]
"""

import argparse
import math
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy import optimize

from kullback.decisions.channels import DistortionCurve, channel_capacity, rate_distortion, rate_distortion_curve

mpl.use("Agg")
from matplotlib import pyplot as plt

BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
LOG2 = math.log(2)


def channels(noise: float) -> dict[str, list[list[float]]]:
    return {
        "symmetric": [[1 - noise, noise], [noise, 1 - noise]],
        "erasure": [[1 - noise, noise, 0.0], [0.0, noise, 1 - noise]],
        "Z": [[1.0, 0.0], [noise, 1 - noise]],
    }


def hard_channel() -> np.ndarray:
    """An erasure channel with a third input exactly as far from the output law as the other two: just not needed."""
    rows = np.array(channels(0.4)["erasure"])
    output, capacity = rows.mean(axis=0), 0.6 * LOG2

    def off(share: float) -> float:
        row = np.array([share, 1 - 2 * share, share])
        return float((row * np.log(row / output)).sum()) - capacity

    share = optimize.brentq(off, 1e-9, 0.2, xtol=1e-16)
    return np.vstack([rows, [share, 1 - 2 * share, share]])


def blahut_arimoto(rows: np.ndarray, steps: int) -> np.ndarray:
    """Gap between the upper and the lower bound after each step, in nats."""
    p, gaps = np.full(len(rows), 1 / len(rows)), []
    logs = np.where(rows > 0, np.log(np.where(rows > 0, rows, 1.0)), 0.0)
    entropy = (rows * logs).sum(axis=1)
    for _ in range(steps):
        divergences = entropy - rows @ np.log(p @ rows)
        gaps.append(divergences.max() - p @ divergences)
        p = p * np.exp(divergences - divergences.max())
        p /= p.sum()
    return np.array(gaps)


def gaussian_curve(points: int) -> DistortionCurve:
    """A normal source on a grid with squared error, beside ½ log(1/D)."""
    x = np.linspace(-5, 5, 51)
    shares = np.exp(-0.5 * x**2)
    return rate_distortion_curve(shares / shares.sum(), (x[:, None] - x) ** 2, points=points)


def draw(
    noises: np.ndarray, capacities: dict, gaps: np.ndarray, newton: float, curve: DistortionCurve, path: Path
) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(12.0, 3.8), layout="constrained")
    for (name, values), color in zip(capacities.items(), (BLUE, VERMILION, GREEN), strict=True):
        axes[0].plot(noises, values, color=color, label=name)
    axes[0].set_xlabel("chance that a bit is changed or lost")
    axes[0].set_ylabel("capacity, bits a use")
    axes[0].legend(fontsize=8)
    axes[1].loglog(np.arange(1, len(gaps) + 1), gaps, color=BLUE, label="Blahut-Arimoto")
    axes[1].axhline(newton, color=VERMILION, linestyle="--", label="channel_capacity, 20 Newton steps")
    axes[1].set_xlabel("steps")
    axes[1].set_ylabel("gap of the bounds, nats")
    axes[1].set_ylim(1e-15, 10)
    axes[1].legend(fontsize=8, loc="upper right")
    seen = curve.distortions > 0.005
    axes[2].plot(curve.distortions[seen], curve.rates[seen] / LOG2, color=BLUE, label="normal source on a grid")
    dots = np.linspace(0.05, 1, 15)
    axes[2].plot(dots, -0.5 * np.log2(dots), "o", color=VERMILION, markersize=4, label="½ log₂(σ²/D)")
    axes[2].set_xlabel("mean squared error D")
    axes[2].set_ylabel("rate, bits a symbol")
    axes[2].legend(fontsize=8)
    for axis in axes:
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer steps and points, for a test")
    parser.add_argument("--output", type=Path, default=Path("channel_capacity.png"))
    options = parser.parse_args()
    noises = np.linspace(0.0, 0.5, 11 if options.quick else 41)
    capacities = {
        name: [channel_capacity(channels(noise)[name]).bits for noise in noises.tolist()] for name in channels(0.1)
    }
    print(f"{'channel':<12}{'noise':>6}{'capacity, bits':>16}{'gap, nats':>12}")
    for name, rows in channels(0.1).items():
        found = channel_capacity(rows)
        print(f"{name:<12}{0.1:>6}{found.bits:>16.12f}{found.gap:>12.1e}")
    rows = hard_channel()
    found = channel_capacity(rows)
    gaps = blahut_arimoto(rows, 2000 if options.quick else 50_000)
    print(f"\nan input that is just not needed gets a share of {found.inputs[2]:.1e}: capacity {found.bits:.12f} bits")
    print(f"gap after {found.steps} Newton steps {found.gap:.1e}, after {len(gaps):,} of Blahut-Arimoto {gaps[-1]:.1e}")
    curve = gaussian_curve(9 if options.quick else 33)
    print(f"\n{'D':>6}{'R(D), bits':>12}{'½ log₂(1/D)':>14}{'gap, nats':>12}")
    x = np.linspace(-5, 5, 51)
    shares = np.exp(-0.5 * x**2)
    for distortion in (0.1, 0.3, 0.6):
        point = rate_distortion(shares / shares.sum(), (x[:, None] - x) ** 2, at=distortion)
        print(f"{distortion:>6}{point.bits:>12.6f}{-0.5 * math.log2(distortion):>14.6f}{point.gap:>12.1e}")
    draw(noises, capacities, gaps, max(found.gap, 1e-15), curve, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
