"""A variational autoencoder on handwritten digits: what the weight β buys, how latents collapse, and what helps.

The pixels are counts from 0 to 16, so the likelihood is Binomial(16, p): rate and distortion are honest nats, and their
sum bounds the negative log-likelihood of an image. All figures are of digits that were not trained on.

    python examples/training/digits_vae.py [--quick] [--output FILE.png]
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import softplus

from kullback import nn

LATENTS, HIDDEN, PIXELS, LEVELS, BATCH = 16, 128, 64, 16, 128
LOG_CHOOSE = torch.tensor([comb(LEVELS, count) for count in range(LEVELS + 1)]).log()
BETAS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0)
HIGH = 16.0
BLUE, ORANGE = "#0072b2", "#d55e00"
QUICK_BETAS = (0.5, 4.0, 64.0)


class Autoencoder(torch.nn.Module):
    """Two small networks: the posterior of the latents, and the logits of the pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = torch.nn.Sequential(
            torch.nn.Linear(PIXELS, HIDDEN), torch.nn.SiLU(), torch.nn.Linear(HIDDEN, 2 * LATENTS)
        )
        self.decoder = torch.nn.Sequential(
            torch.nn.Linear(LATENTS, HIDDEN), torch.nn.SiLU(), torch.nn.Linear(HIDDEN, PIXELS)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.encoder(2 * x / LEVELS - 1).chunk(2, dim=-1)
        return mean, log_var

    def decode(self, z: Tensor) -> Tensor:
        return LEVELS * self.decoder(z).sigmoid()

    def distortion(self, z: Tensor, x: Tensor) -> Tensor:
        """Negative log-likelihood of each image in nats: a sum over its pixels."""
        logits = self.decoder(z)
        return (LEVELS * softplus(logits) - x * logits - LOG_CHOOSE[x.long()]).sum(dim=-1)


@dataclass(frozen=True)
class Run:
    """A trained model and what the held-out digits say about it."""

    name: str
    model: Autoencoder
    report: nn.CollapseReport


def drawn(mean: Tensor, log_var: Tensor, rng: torch.Generator) -> Tensor:
    return mean + (0.5 * log_var).exp() * torch.randn(mean.shape, generator=rng)


def train(x: Tensor, steps: int, schedule: Callable[[float], float], *, floor: float = 0.0) -> Autoencoder:
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(1)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(steps):
        rows = x[torch.randint(len(x), (BATCH,), generator=rng)]
        mean, log_var = model.encode(rows)
        kl = nn.gaussian_kl(mean, log_var)
        # Both terms are sums for each image and means over images: β = 1 is the evidence bound.
        loss = model.distortion(drawn(mean, log_var, rng), rows).mean() + schedule(step) * nn.free_bits(kl, nats=floor)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def judged(name: str, model: Autoencoder, x: Tensor, draws: int = 8) -> Run:
    rng = torch.Generator().manual_seed(2)
    with torch.no_grad():
        mean, log_var = model.encode(x)
        losses = torch.stack([model.distortion(drawn(mean, log_var, rng), x) for _ in range(draws)]).mean(dim=0)
        return Run(name, model, nn.collapse_report(mean, log_var, reconstruction=losses))


def data() -> tuple[Tensor, Tensor]:
    """Training and held-out digits."""
    x = torch.tensor(load_digits().data, dtype=torch.float32)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order[:1400]], x[order[1400:]]


def sweep(betas: Sequence[float], steps: int, x: Tensor, held_out: Tensor) -> list[Run]:
    return [judged(f"β = {beta:g}", train(x, steps, nn.ConstantBeta(beta)), held_out) for beta in betas]


def remedies(steps: int, x: Tensor, held_out: Tensor) -> list[Run]:
    """Where a high β made latents collapse: what schedules and free bits change."""
    options = {
        "warm-up": (nn.WarmupBeta(HIGH, steps=steps // 2), 0.0),
        "cyclical": (nn.CyclicalBeta(HIGH, period=steps // 4, cycles=4), 0.0),
        "free bits": (nn.ConstantBeta(HIGH), 0.5),
    }
    return [
        judged(f"β = {HIGH:g}, {name}", train(x, steps, schedule, floor=floor), held_out)
        for name, (schedule, floor) in options.items()
    ]


def table(runs: Sequence[Run]) -> str:
    lines = [f"{'model':<20}{'rate':>8}{'distortion':>12}{'sum':>8}{'active':>8}  verdict (all in nats per digit)"]
    for run in runs:
        report = run.report
        lines.append(
            f"{run.name:<20}{report.rate:>8.2f}{report.distortion:>12.2f}{report.negative_elbo:>8.2f}"
            f"{report.active:>5}/{len(report.kl)}  {report.verdict}"
        )
    return "\n".join(lines)


def draw_rates(axis: Axes, swept: Sequence[Run], helped: Sequence[Run]) -> None:
    """Left: what a nat of rate buys in distortion."""
    points = [(run.report.rate, run.report.distortion) for run in swept]
    axis.plot(*zip(*points, strict=True), "o-", color=BLUE, label="β alone")
    for run, (rate, distortion) in zip(swept, points, strict=True):
        axis.annotate(
            run.name.removeprefix("β = "),
            (rate, distortion),
            (-5, -6),
            textcoords="offset points",
            fontsize=9,
            ha="right",
            va="top",
        )
    for run, mark in zip(helped, "s^D", strict=True):
        label = run.name.removeprefix("β = ")
        axis.plot(
            run.report.rate, run.report.distortion, mark, color=ORANGE, markerfacecolor="none", label=f"β = {label}"
        )
    axis.margins(x=0.12, y=0.08)
    axis.set_xlabel("rate, nats per digit")
    axis.set_ylabel("distortion, nats per digit")
    axis.set_title("Rate and distortion, labeled by β", fontsize=10)
    axis.legend(fontsize=8, frameon=False)


def draw_latents(axis: Axes, figure: Figure, runs: Sequence[Run]) -> None:
    """Middle: the divergence of each dimension, largest first; what is dark carries nothing."""
    kl = np.array([sorted(run.report.kl, reverse=True) for run in runs])
    shown = axis.imshow(np.log10(np.maximum(kl, 1e-4)), aspect="auto", cmap="cividis", vmin=-4, vmax=1)
    axis.set_yticks(range(len(runs)), [run.name.removeprefix("β = ") for run in runs], fontsize=8)
    axis.set_xticks([0, 5, 10, 15], ["1", "6", "11", "16"])
    axis.set_xlabel("latent dimension, largest KL first")
    axis.set_ylabel("β")
    axis.set_title("Mean KL of each dimension", fontsize=10)
    bar = figure.colorbar(shown, ax=axis, ticks=[-4, -3, -2, -1, 0, 1])
    bar.ax.set_yticklabels(["≤ 0.0001", "0.001", "0.01", "0.1", "1", "10"], fontsize=8)
    bar.set_label("nats per digit", fontsize=8)


def draw_digits(axis: Axes, runs: Sequence[Run], x: Tensor) -> None:
    """Right: five held-out digits as each model gives them back, and five that it makes up."""
    noise = torch.randn(5, LATENTS, generator=torch.Generator().manual_seed(4))
    rows = [torch.cat([x, torch.zeros_like(x)])]
    with torch.no_grad():
        rows += [torch.cat([run.model.decode(run.model.encode(x)[0]), run.model.decode(noise)]) for run in runs]
    tiles = torch.stack(rows).reshape(-1, 10, 8, 8)
    tiles = torch.nn.functional.pad(tiles, (1, 1, 1, 1), value=LEVELS / 4)
    axis.imshow(tiles.permute(0, 2, 1, 3).reshape(10 * len(rows), 100).numpy(), cmap="gray_r", vmin=0, vmax=LEVELS)
    axis.set_yticks([10 * row + 5 for row in range(len(rows))], ["digits", *(run.name for run in runs)], fontsize=8)
    axis.set_xticks([25, 75], ["given back", "made up"])
    axis.set_title("Held-out digits and samples", fontsize=10)


def picture(swept: Sequence[Run], helped: Sequence[Run], x: Tensor) -> Figure:
    figure = Figure(figsize=(15, 5), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1.1, 1])
    draw_rates(left, swept, helped)
    draw_latents(middle, figure, [*swept, *helped])
    draw_digits(right, [*swept, *helped], x)
    return figure


def main(arguments: Sequence[str] | None = None) -> tuple[list[Run], list[Run]]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer weights and fewer steps")
    parser.add_argument("--output", type=Path, default=Path("digits_vae.png"), help="where the picture goes")
    options = parser.parse_args(arguments)
    betas, steps = (QUICK_BETAS, 150) if options.quick else (BETAS, 1200)
    x, held_out = data()
    swept, helped = sweep(betas, steps, x, held_out), remedies(steps, x, held_out)
    print(table([*swept, *helped]))
    print(f"\nfree bits at β = {HIGH:g} in full:\n{helped[-1].report}")
    picture(swept, helped, held_out[:5]).savefig(options.output, dpi=90)
    print(f"\npicture: {options.output}")
    return swept, helped


if __name__ == "__main__":
    main()
