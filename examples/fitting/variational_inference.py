"""Fit normal laws to posteriors in 30 and 20 dimensions: natural gradients against Adam, and a mode that k-hat misses.

The first posterior is that of a logistic regression on 569 biopsies with 30 measures. The second has two halves of its
mass 20 standard deviations apart; the best normal law sits on one of them, and its importance weights look perfect.

    python examples/fitting/variational_inference.py [--quick] [--output variational_inference.png]
"""

import argparse
import math
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor

from kullback.fitting.projections import VariationalFit, variational_fit

mpl.use("Agg")
from matplotlib import pyplot as plt

LogProb = Callable[[Tensor], Tensor]
Judge = Callable[[Tensor, Tensor, Tensor], float]
BLUE, VERMILION, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
RATES = ((0.003, GREEN), (0.01, PINK), (0.03, VERMILION))
DRAWS = 16


def biopsies() -> tuple[Tensor, Tensor]:
    """Standardized measures, and +1 or -1."""
    x, y = load_breast_cancer(return_X_y=True)
    return torch.tensor((x - x.mean(0)) / x.std(0)), torch.tensor(2.0 * y - 1.0)


def log_joint(x: Tensor, y: Tensor) -> LogProb:
    """Logistic regression with standard normal coefficients."""

    def log_prob(b: Tensor) -> Tensor:
        prior = -0.5 * (b**2).sum(1) - 0.5 * b.shape[1] * math.log(2 * math.pi)
        return torch.nn.functional.logsigmoid(b @ x.T * y).sum(1) + prior

    return log_prob


def two_modes(d: int, distance: float) -> LogProb:
    center = torch.zeros(d, dtype=torch.float64)
    center[0] = distance

    def log_prob(x: Tensor) -> Tensor:
        sides = [-0.5 * ((x - c) ** 2).sum(1) for c in (center, -center)]
        return torch.logaddexp(*sides) - math.log(2) - 0.5 * d * math.log(2 * math.pi)

    return log_prob


def adam(log_prob: LogProb, d: int, rate: float, steps: int, judge: Judge) -> tuple[np.ndarray, np.ndarray, float]:
    """The usual way: fresh draws at every step; the ELBO on many fixed draws now and then."""
    torch.manual_seed(0)
    mean = torch.zeros(d, dtype=torch.float64, requires_grad=True)
    logs = torch.full((d,), -1.0, dtype=torch.float64, requires_grad=True)
    below = torch.zeros(d, d, dtype=torch.float64, requires_grad=True)
    mover = torch.optim.Adam([mean, logs, below], lr=rate)
    shown, values, spent = [], [], 0.0
    for step in range(steps + 1):
        if step % max(1, steps // 40) == 0:
            shown.append(step)
            values.append(judge(mean, logs, below))
        start = time.process_time()
        factor = below.tril(-1) + torch.diag(logs.exp())
        z = torch.randn(DRAWS, d, dtype=torch.float64)
        loss = -log_prob(mean + z @ factor.T).mean() - logs.sum()
        mover.zero_grad()
        loss.backward()
        mover.step()
        spent += time.process_time() - start
    return np.array(shown), np.array(values), spent


def judge_on(log_prob: LogProb, d: int, draws: int) -> Judge:
    z = torch.randn(draws // 2, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    z = torch.cat([z, -z])

    @torch.no_grad()
    def judge(mean: Tensor, logs: Tensor, below: Tensor) -> float:
        factor = below.tril(-1) + torch.diag(logs.exp())
        entropy = float(logs.sum()) + 0.5 * d * (1 + math.log(2 * math.pi))
        return float(log_prob(mean + z @ factor.T).mean()) + entropy

    return judge


def draw(fit: VariationalFit, runs: list, far: VariationalFit, path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained")
    best = fit.optima[0]
    lack = np.maximum(best.elbo - np.array(best.trace), 1e-7)
    axes[0].plot(np.arange(1, len(lack) + 1), lack, color=BLUE, marker=".", label="natural gradient, then L-BFGS")
    for rate, color, steps, values, _ in runs:
        axes[0].plot(steps + 1, np.maximum(best.elbo - values, 1e-7), color=color, label=f"Adam, rate {rate:g}")
    axes[0].set_xscale("log")
    axes[0].set_yscale("log")
    axes[0].set_xlabel("step")
    axes[0].set_ylabel("optimum of the ELBO less the ELBO, nats")
    axes[0].set_title("logistic regression, 30 coefficients", fontsize=11)
    axes[0].legend(fontsize=8)
    axes[0].grid(alpha=0.3)
    x = np.linspace(-14, 14, 600)
    bells = [np.exp(-0.5 * (x - m) ** 2) / math.sqrt(2 * math.pi) for m in (-10, 10)]
    axes[1].fill_between(x, 0.5 * (bells[0] + bells[1]), color="0.8", label="target p")
    center = float(far.law.loc[0])
    axes[1].plot(x, bells[0] if center < 0 else bells[1], color=BLUE, label="best q")
    for mode in far.modes:
        if not mode.covered:
            axes[1].plot(mode.place[0], 0.01, "x", color=VERMILION, ms=10, mew=2.5, label="missed mode")
    axes[1].set_xlabel("first of 20 coordinates")
    axes[1].set_ylabel("density")
    axes[1].set_title(f"D(q‖p) = {far.gap.value:.3f} nats, {far.missed:.0%} of the mass missed", fontsize=11)
    axes[1].legend(fontsize=8, loc="upper center")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="every sixth row and few steps, for a test")
    parser.add_argument("--output", type=Path, default=Path("variational_inference.png"))
    options = parser.parse_args()
    x, y = (part[::6] if options.quick else part for part in biopsies())
    log_prob = log_joint(x, y)
    start = time.process_time()
    fit = variational_fit(log_prob, dimension=30, starts=3, nodes=512 if options.quick else 2048)
    spent = time.process_time() - start
    print(fit)
    best = fit.optima[0]
    judge = judge_on(log_prob, 30, 512 if options.quick else 2048)
    runs = []
    for rate, color in RATES:
        runs.append((rate, color, *adam(log_prob, 30, rate, 200 if options.quick else 4000, judge)))
    print(f"\n{'way':<34}{'steps':>7}{'seconds':>9}{'ELBO':>10}  (nats, on fixed draws)")
    name = "natural gradient, then L-BFGS"
    print(f"{name:<34}{len(best.trace) - 1:>7}{spent:>9.1f}{best.elbo:>10.3f}  with the search for modes")
    for rate, _, steps, values, seconds in runs:
        print(f"{f'Adam, rate {rate:g}, {DRAWS} draws a step':<34}{steps[-1]:>7}{seconds:>9.1f}{values[-1]:>10.3f}")
    far = variational_fit(two_modes(20, 10.0), dimension=20, starts=4 if options.quick else 10)
    print()
    print(far)
    draw(fit, runs, far, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
