"""Learning digits 5 to 9 without forgetting 0 to 4: elastic weight consolidation.

Split digits: one network with five outputs learns the handwritten digits 0-4 (task A), then 5-9 (task B) with the same
five outputs, never seeing A again. This is domain-incremental learning: an answer is right if the digit's place within
its task is, and the network is not told the task. Permuted digits: three tasks in a row, all ten digits with the pixels
in another order each time, to compare separate anchors with the online form.

The strength of each penalty is the best of a grid by mean accuracy on validation rows of all tasks (rows of old tasks,
which a real sequence may not have). "squared batch mean" is the common mistake at the strength of the exact diagonal,
and again at a strength of its own. Figures are on test rows that nothing was chosen by, averaged over three networks.

    python examples/training/split_digits_ewc.py [--quick] [--output split_digits_ewc.png]
"""

import argparse
import copy
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from matplotlib.figure import Figure
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

from kullback import nn

TRAIN, VALIDATE, TEST = slice(0, 1000), slice(1000, 1300), slice(1300, None)
BATCH = 32
MISTAKE, TUNED = "squared batch mean", "the same, own λ"
Rows = tuple[torch.Tensor, torch.Tensor]
Task = list[Rows]
"""Training, validation and test rows: pixels and labels."""
COLORS = {
    "fine-tuning": "#000000",
    "diagonal": "#0072b2",
    "Kronecker": "#009e73",
    MISTAKE: "#d55e00",
    TUNED: "#e69f00",
    "separate": "#0072b2",
    "online": "#cc79a7",
}
STYLES = {"fine-tuning": ":", MISTAKE: "--", TUNED: "-.", "online": "--"}


@dataclass
class Run:
    """Test accuracy after each epoch, one row for each task, and that on validation rows at the end."""

    curves: list[list[float]] = field(default_factory=list)
    validation: float = 0.0


def read() -> Rows:
    digits = load_digits()
    order = torch.randperm(len(digits.target), generator=torch.Generator().manual_seed(0))
    return torch.tensor(digits.data / 16.0, dtype=torch.float32)[order], torch.tensor(digits.target)[order]


def split_tasks() -> list[Task]:
    x, y = read()
    parts = [(x[rows], y[rows]) for rows in (TRAIN, VALIDATE, TEST)]
    return [[(x[y // 5 == half], y[y // 5 == half] % 5) for x, y in parts] for half in (0, 1)]


def permuted_tasks() -> list[Task]:
    x, y = read()
    orders = [torch.randperm(64, generator=torch.Generator().manual_seed(seed)) for seed in range(3)]
    return [[(x[rows][:, order], y[rows]) for rows in (TRAIN, VALIDATE, TEST)] for order in orders]


def network(outputs: int, seed: int) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, outputs))


def accuracy(model: torch.nn.Module, rows: Rows) -> float:
    x, y = rows
    with torch.no_grad():
        return float((model(x).argmax(-1) == y).double().mean())


def learn(
    model: torch.nn.Module, tasks: list[Task], now: int, epochs: int, *, run: Run, ewc: nn.EWC | None = None
) -> None:
    """Train on one task, with the penalty, and record the accuracy on all."""
    x, y = tasks[now][0]
    optimizer, generator = torch.optim.Adam(model.parameters(), lr=1e-3), torch.Generator().manual_seed(now)
    for _ in range(epochs):
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):
            optimizer.zero_grad()
            loss = cross_entropy(model(x[rows]), y[rows]) + (0.0 if ewc is None else ewc.penalty())
            loss.backward()
            optimizer.step()
        run.curves.append([accuracy(model, task[2]) for task in tasks])


def squared_batch_mean(model: torch.nn.Module, rows: Rows) -> nn.FisherEstimate:
    """The common mistake: squares of the gradients of batch means, in place of those of single examples."""
    x, y = rows
    estimate = nn.fisher_diagonal(model, [(x, y)], kind="empirical")
    values = {name: torch.zeros_like(value) for name, value in estimate.values.items()}
    batches = list(zip(x.split(BATCH), y.split(BATCH), strict=True))
    for some, labels in batches:
        slopes = torch.autograd.grad(cross_entropy(model(some), labels), list(model.parameters()))
        for name, slope in zip(values, slopes, strict=True):
            values[name] += slope.square() / len(batches)
    return replace(estimate, values=values)


def consolidate(ewc: nn.EWC, method: str, rows: Rows) -> None:
    if method in {MISTAKE, TUNED}:
        ewc.add(squared_batch_mean(ewc.model, rows))
    else:
        ewc.consolidate(rows[0], structure="kronecker" if method == "Kronecker" else "diagonal")


def sequence(first: torch.nn.Module, tasks: list[Task], method: str, strength: float, epochs: int) -> Run:
    """All tasks one after the other, from a model that has learnt the first."""
    model, run = copy.deepcopy(first), Run()
    ewc = nn.EWC(model, strength=strength, mode="online" if method == "online" else "separate")
    for now in range(1, len(tasks)):
        if method != "fine-tuning":
            consolidate(ewc, method, tasks[now - 1][0])
        learn(model, tasks, now, epochs, ewc=ewc, run=run)
    run.validation = sum(accuracy(model, task[1]) for task in tasks) / len(tasks)
    return run


def best_strength(
    first: torch.nn.Module, tasks: list[Task], method: str, grid: tuple[float, ...], epochs: int
) -> float:
    if method == TUNED:  # its Fisher matrix is about as many times too small
        grid = tuple(BATCH * strength for strength in grid)
    return max(grid, key=lambda strength: sequence(first, tasks, method, strength, epochs).validation)


def mean_curves(runs: list[Run]) -> torch.Tensor:
    return torch.tensor([run.curves for run in runs], dtype=torch.float64).mean(0)


def compare(
    tasks: list[Task], outputs: int, methods: tuple[str, ...], grid: tuple[float, ...], *, epochs: int, seeds: int
) -> tuple[dict[str, float], dict[str, torch.Tensor]]:
    """Strength and curves (epochs, tasks) of every method, averaged over networks."""
    learnt, curves = [], []
    for seed in range(seeds):
        model, run = network(outputs, seed), Run()
        learn(model, tasks, 0, epochs, run=run)
        learnt.append(model)
        curves.append(run)
    strengths, found = {"fine-tuning": 0.0}, {}
    for method in methods:
        if method == MISTAKE:
            strengths[method] = strengths["diagonal"]
        elif method not in strengths:
            strengths[method] = best_strength(learnt[0], tasks, method, grid, epochs)
        runs = [sequence(model, tasks, method, strengths[method], epochs) for model in learnt]
        found[method] = torch.cat([mean_curves(curves), mean_curves(runs)])
    return strengths, found


def print_table(
    title: str, names: tuple[str, ...], strengths: dict[str, float], found: dict[str, torch.Tensor]
) -> None:
    print(f"{title}\n{'method':<20}{'λ':>7}  " + "".join(f"{name:>8}" for name in names) + f"{'mean':>8}")
    for method, curves in found.items():
        last = curves[-1].tolist()
        cells = "".join(f"{value:8.3f}" for value in [*last, sum(last) / len(last)])
        print(f"{method:<20}{strengths[method]:>7g}  {cells}")


def draw(split: dict[str, torch.Tensor], permuted: dict[str, torch.Tensor], epochs: tuple[int, int]) -> Figure:
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    titles = ("split digits: task A (0-4)", "split digits: task B (5-9)", "permuted digits: mean of the tasks so far")
    for place, (panel, title) in enumerate(zip(panels, titles, strict=True)):
        for method, curves in (permuted if place == 2 else split).items():
            seen = curves[:, place] if place < 2 else so_far(curves, epochs[1])
            panel.plot(range(1, len(seen) + 1), seen, STYLES.get(method, "-"), color=COLORS[method], label=method)
        each = epochs[place // 2]
        for border in range(each, len(curves), each):
            panel.axvline(border + 0.5, color="0.6", linewidth=0.8)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("epoch (lines: the next task begins)")
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("accuracy on test rows")
    panels[0].set_ylim(0.0, 1.02)
    panels[0].legend(fontsize=8, loc="lower left")
    panels[2].legend(fontsize=8, loc="lower left")
    return figure


def so_far(curves: torch.Tensor, epochs: int) -> list[float]:
    return [float(row[: epoch // epochs + 1].mean()) for epoch, row in enumerate(curves)]


def main(arguments: list[str] | None = None) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer epochs, networks and strengths")
    parser.add_argument("--output", type=Path, default=Path("split_digits_ewc.png"), help="picture to write")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    epochs, seeds = ((3, 2), 1) if options.quick else ((25, 10), 3)
    grid = (100.0,) if options.quick else (3.0, 10.0, 30.0, 100.0, 300.0)
    ways = ("fine-tuning", "diagonal", "Kronecker", MISTAKE, TUNED)
    strengths, split = compare(split_tasks(), 5, ways, grid, epochs=epochs[0], seeds=seeds)
    print_table("Split digits, after task B: accuracy on test rows", ("A", "B"), strengths, split)
    ways = ("fine-tuning", "separate", "online")
    strengths, permuted = compare(permuted_tasks(), 10, ways, grid[:3], epochs=epochs[1], seeds=seeds)
    print_table("\nPermuted digits, after three tasks", ("1", "2", "3"), strengths, permuted)
    draw(split, permuted, epochs).savefig(options.output, dpi=100)
    return split, permuted


if __name__ == "__main__":
    main()
