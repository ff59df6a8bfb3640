"""Train three f-GANs on a ring of eight Gaussians and compare the critic's bound with a divergence from samples.

KL punishes a generator for every real row it could not have made, so it spreads out; the reverse punishes it for every
fake row that could not be real, so it may stay at one mode; Jensen-Shannon is in between.

python examples/training/ring_of_gaussians_gan.py [--quick] [--output ring_of_gaussians_gan.png]
"""

import argparse
import math
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from torch import Tensor

import kullback as kl
from kullback import nn

mpl.use("Agg")
from matplotlib import pyplot as plt

GAMES = ("kl", "reverse_kl", "jensen_shannon")
NAMES = {"kl": "D(real‖fake)", "reverse_kl": "D(fake‖real)", "jensen_shannon": "JS(real, fake)"}
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
MODES, RADIUS, SPREAD, ROWS, NOISE, SHOWN = 8, 2.0, 0.15, 256, 8, 1000


@dataclass
class Run:
    """What came of one game."""

    rows: Tensor
    steps: list[int] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    references: list[float] = field(default_factory=list)
    covered: int = 0
    near: float = 0.0


def centers() -> Tensor:
    angles = torch.arange(MODES) * (2 * math.pi / MODES)
    return RADIUS * torch.stack([angles.cos(), angles.sin()], dim=1)


def real_rows(count: int, chance: torch.Generator) -> Tensor:
    place = torch.randint(MODES, (count,), generator=chance)
    return centers()[place] + SPREAD * torch.randn(count, 2, generator=chance)


def network(inputs: int, outputs: int) -> torch.nn.Sequential:
    layers = [torch.nn.Linear(inputs, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(64, outputs))


def train(divergence: str, steps: int, looks: int) -> Run:
    torch.manual_seed(0)
    chance = torch.Generator().manual_seed(0)
    game, generator, critic = nn.FGAN(divergence), network(NOISE, 2), network(2, 1)
    rates = ((critic, 1e-3), (generator, 3e-4))
    movers = [torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.9)) for net, rate in rates]
    run = Run(torch.empty(0))
    for step in range(1, steps + 1):
        for _ in range(2):
            fake = generator(torch.randn(ROWS, NOISE, generator=chance)).detach()
            descend(movers[0], game.discriminator_loss(critic(real_rows(ROWS, chance)), critic(fake)))
        scores = critic(generator(torch.randn(ROWS, NOISE, generator=chance)))
        descend(movers[1], game.generator_loss(scores))
        if step % (steps // looks) == 0:
            look(run, step, (game, generator, critic), chance)
    near, run.covered = coverage(run.rows)
    run.near = float(near)
    return run


def descend(mover: torch.optim.Optimizer, loss: Tensor) -> None:
    mover.zero_grad()
    loss.backward()
    mover.step()


@torch.no_grad()
def look(run: Run, step: int, players: tuple, chance: torch.Generator) -> None:
    """The critic's bound on rows it has not seen, and the divergence that `kl.estimate` finds without a critic."""
    game, generator, critic = players
    run.rows, real = generator(torch.randn(2000, NOISE, generator=chance)), real_rows(2000, chance)
    run.steps.append(step)
    run.bounds.append(float(game.bound(critic(real), critic(run.rows))))
    run.references.append(reference(game.divergence, real.numpy(), run.rows.numpy()))


def reference(divergence: str, real: np.ndarray, fake: np.ndarray) -> float:
    if divergence == "kl":
        return neighbors(real, fake)
    if divergence == "reverse_kl":
        return neighbors(fake, real)
    half = len(real) // 2
    mixed = np.concatenate([real[half:], fake[half:]])
    return 0.5 * (neighbors(real[:half], mixed) + neighbors(fake[:half], mixed))


def neighbors(x: np.ndarray, y: np.ndarray) -> float:
    return kl.estimate(x, y, method="neighbors", rng=0).value


def coverage(rows: Tensor) -> tuple[Tensor, int]:
    """Share of rows within three spreads of a center, and how many centers have a fifth of their due."""
    gaps = torch.cdist(rows, centers())
    near = gaps.amin(dim=1) < 3 * SPREAD
    counts = torch.bincount(gaps.argmin(dim=1)[near], minlength=MODES)
    return near.float().mean(), int((counts >= len(rows) / MODES / 5).sum())


def draw(runs: dict[str, Run], path: Path) -> None:
    figure, axes = plt.subplots(2, len(runs), figsize=(10.5, 6.4), layout="constrained", height_ratios=(3, 2))
    real = real_rows(SHOWN, torch.Generator().manual_seed(1))
    for column, (name, run) in enumerate(runs.items()):
        top, bottom = axes[0, column], axes[1, column]
        top.scatter(*real.T, s=3, color="0.75", label="real", rasterized=True)
        top.scatter(*run.rows[:SHOWN].T, s=3, color=ORANGE, alpha=0.5, label="fake", rasterized=True)
        top.set(aspect="equal", xlim=(-3, 3), ylim=(-3, 3), xlabel="x", ylabel="y" if not column else "")
        top.set_title(f"{name}: {run.covered} of {MODES} modes,\n{run.near:.0%} of fake rows near one", fontsize=10)
        bottom.plot(run.steps, run.bounds, color=BLUE, marker="o", markersize=3, label="critic's bound")
        bottom.plot(run.steps, run.references, color=GREEN, linestyle="--", label="kl.estimate")
        bottom.axhline(0, color="0.6", linewidth=0.8)
        top_end = 1.1 * max(run.references + run.bounds)
        bottom.set(xlabel="steps of the generator", ylabel=f"{NAMES[name]}, nats", ylim=(-0.15 * top_end, top_end))
        if outside := [bound for bound in run.bounds if bound < -0.15 * top_end]:
            text = f"below the frame: {len(outside)}, least {min(outside):.2g}"
            bottom.text(0.5, 0.02, text, transform=bottom.transAxes, fontsize=7, ha="center")
    axes[0, 1].legend(loc="center", fontsize=8, markerscale=3, frameon=False)
    axes[1, 0].legend(fontsize=8)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few steps, for a test")
    parser.add_argument("--output", type=Path, default=Path("ring_of_gaussians_gan.png"))
    options = parser.parse_args()
    steps, looks = (80, 1) if options.quick else (3000, 12)
    runs = {name: train(name, steps, looks) for name in GAMES}
    print(f"{'game':<16}{'modes':>6}{'near one':>10}{'bound':>9}{'kl.estimate':>13}  (nats, at the end)")
    for name, run in runs.items():
        print(f"{name:<16}{run.covered:>6}{run.near:>10.1%}{run.bounds[-1]:>9.3f}{run.references[-1]:>13.3f}")
    draw(runs, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
