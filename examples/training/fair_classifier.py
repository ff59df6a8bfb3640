"""Train classifiers that must not let a penguin's sex show, and see what it costs on penguins they never saw.

Above the median mass, or not? Males are heavier, so the accurate answer gives the sexes different predictions.

    python examples/training/fair_classifier.py [--quick] [--output fair_classifier.png]
"""

import argparse
import csv
from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch
from torch import Tensor

from kullback import nn

mpl.use("Agg")
from matplotlib import pyplot as plt

DATA = Path(__file__).resolve().parents[1] / "data" / "penguins.csv"
MEASURES = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm")
SPECIES = ("Adelie", "Chinstrap", "Gentoo")
TICKS = (0.05, 0.02, 0.01, 0.005, 0.002)
WEIGHTS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
# Name of a line, options of the penalty, color and marker.
PENALTIES = (
    ("Jensen-Shannon", {"direction": "jensen_shannon"}, "#0072b2", "o"),
    ("forward D(female‖male)", {"direction": "forward"}, "#d55e00", "s"),
    ("reverse D(male‖female)", {"direction": "reverse"}, "#009e73", "^"),
    ("Jensen-Shannon given the label", {"conditional_on_label": True, "classes": 2}, "#cc79a7", "D"),
)


def penguins() -> tuple[Tensor, Tensor, Tensor]:
    """Measures and species, whether the mass is above the median, and the sex (1 = male)."""
    with DATA.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["sex"] and row["body_mass_g"]]
    x = torch.tensor([[float(row[name]) for name in MEASURES] for row in rows])
    kinds = torch.tensor([[float(row["species"] == name) for name in SPECIES] for row in rows])
    mass = torch.tensor([float(row["body_mass_g"]) for row in rows])
    sex = torch.tensor([int(row["sex"] == "male") for row in rows])
    return torch.cat([(x - x.mean(0)) / x.std(0), kinds], dim=1), (mass > mass.median()).long(), sex


def train(x: Tensor, y: Tensor, sex: Tensor, weight: float, options: dict, steps: int) -> torch.nn.Module:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    penalty = nn.FairnessPenalty(groups=2, **options)
    labels = (y,) if penalty.conditional_on_label else ()
    mover = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-3)
    for _ in range(steps):
        logits = model(x)[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y.float())
        if weight:
            loss = loss + weight * penalty(logits, sex, *labels)
        mover.zero_grad()
        loss.backward()
        mover.step()
    return model


@torch.no_grad()
def measure(model: torch.nn.Module, x: Tensor, y: Tensor, sex: Tensor) -> tuple[float, float, float]:
    """Accuracy, and the divergence between the sexes over all rows and among rows of one label."""
    logits = model(x)
    parity = nn.group_divergences(logits, sex).jensen_shannon
    odds = nn.group_divergences(logits, sex, labels=y).jensen_shannon
    return float(((logits[:, 0] > 0) == (y == 1)).float().mean()), float(parity), float(odds)


def curves(splits: int, steps: int) -> dict[str, np.ndarray]:
    """Means over the splits: for each penalty an array of weights by (accuracy, parity, odds)."""
    x, y, sex = penguins()
    found: dict[str, list] = {name: [] for name, *_ in PENALTIES}
    for split in range(splits):
        order = torch.randperm(len(y), generator=torch.Generator().manual_seed(split))
        fit, held = order[: len(y) // 2], order[len(y) // 2 :]
        plain = measure(train(x[fit], y[fit], sex[fit], 0.0, {}, steps), x[held], y[held], sex[held])
        for name, options, *_ in PENALTIES:
            rows = [plain]
            for weight in WEIGHTS[1:]:
                model = train(x[fit], y[fit], sex[fit], weight, options, steps)
                rows.append(measure(model, x[held], y[held], sex[held]))
            found[name].append(rows)
    return {name: np.mean(rows, axis=0) for name, rows in found.items()}


def draw(found: dict[str, np.ndarray], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.4), layout="constrained", sharey=True)
    titles = ("over all penguins (demographic parity)", "given the label (equalized odds)")
    for axis, column, title in zip(axes, (1, 2), titles, strict=True):
        for name, _, color, marker in PENALTIES:
            axis.plot(found[name][:, column], 100 * found[name][:, 0], color=color, marker=marker, label=name)
        axis.set_xscale("log")
        axis.invert_xaxis()
        axis.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
        axis.minorticks_off()
        axis.margins(0.08)
        axis.set_xlabel("Jensen-Shannon divergence of the sexes, nats")
        axis.set_title(title, fontsize=11)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("accuracy on held-out penguins, %")
    start = found[PENALTIES[0][0]][0]
    axes[0].annotate("no penalty", (start[1], 100 * start[0]), (8, 6), textcoords="offset points", fontsize=8)
    axes[0].legend(title="penalty, weight 0.3 to 30", fontsize=8, title_fontsize=8, loc="lower left")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one split and few steps, for a test")
    parser.add_argument("--output", type=Path, default=Path("fair_classifier.png"))
    options = parser.parse_args()
    found = curves(*((1, 25) if options.quick else (4, 150)))
    print(f"{'penalty':<32}{'weight':>7}{'accuracy':>10}{'parity':>9}{'odds':>9}  (JS in nats, held out)")
    for name, rows in found.items():
        for weight, (accuracy, parity, odds) in zip(WEIGHTS, rows, strict=True):
            print(f"{name:<32}{weight:>7g}{accuracy:>10.1%}{parity:>9.4f}{odds:>9.4f}")
    draw(found, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
