"""Choose which handwritten digits to label: at random, by BALD, as a batch (BatchBALD), and for predictions (EPIG).

The cold facts too: duplicates in the pool, where the largest scores buy the same digit many times.

    python examples/decisions/active_learning.py [--quick] [--output active_learning.png]
"""

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier

from kullback.decisions.queries import bald, batch_bald, expected_predictive_information_gain

mpl.use("Agg")
from matplotlib import pyplot as plt

START, BATCH, MEMBERS, COPIES = 20, 10, 40, 4
CANDIDATES, TARGETS, CONFIGURATIONS = 200, 40, 50
STRATEGIES = (
    ("random", "0.4", "o"),
    ("BALD, largest scores", "#d55e00", "s"),
    ("BatchBALD", "#0072b2", "^"),
    ("EPIG, largest gains", "#009e73", "D"),
)


def member_probs(model: ExtraTreesClassifier, x: np.ndarray) -> np.ndarray:
    """What each tree predicts, (members, points, 10); a tree knows only the classes that it was shown."""
    probs = np.full((MEMBERS, len(x), 10), 0.02)
    for member, tree in enumerate(model.estimators_):
        probs[member][:, model.classes_.astype(int)] += tree.predict_proba(x)
    return probs / probs.sum(axis=2, keepdims=True)


def choose(strategy: str, model: ExtraTreesClassifier, pool: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Places in the pool to label next."""
    looked = chance.choice(len(pool), size=min(CANDIDATES, len(pool)), replace=False)
    probs = member_probs(model, pool[looked])
    if strategy.startswith("random"):
        return looked[:BATCH]
    if strategy.startswith("BatchBALD"):
        found = batch_bald(probs, size=BATCH, configurations=CONFIGURATIONS, rng=chance)
        return looked[list(found.indices)]
    if strategy.startswith("EPIG"):
        targets = member_probs(model, pool[chance.choice(len(pool), size=TARGETS, replace=False)])
        scores = expected_predictive_information_gain(probs, targets)
    else:
        scores = bald(probs)
    return looked[np.argsort(-scores)[:BATCH]]


def run(strategy: str, seed: int, labels: int, copies: int) -> list[float]:
    """Accuracy on digits held back, after each batch."""
    x, y = load_digits(return_X_y=True)
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(y))
    held, pool = order[:600], np.repeat(order[600 : 600 + 1000 // copies], copies)
    known = list(chance.permutation(len(pool))[:START])
    scores = []
    while True:
        model = ExtraTreesClassifier(MEMBERS, random_state=seed, n_jobs=1).fit(x[pool[known]], y[pool[known]])
        scores.append(float((model.predict(x[held]) == y[held]).mean()))
        if len(known) >= labels:
            return scores
        rest = np.setdiff1d(np.arange(len(pool)), known)
        known += rest[choose(strategy, model, x[pool[rest]], chance)].tolist()


def curves(seeds: int, labels: int, copies: int) -> dict[str, np.ndarray]:
    """Accuracies of shape (seeds, steps) by strategy."""
    return {name: np.array([run(name, seed, labels, copies) for seed in range(seeds)]) for name, *_ in STRATEGIES}


def report(found: dict[str, np.ndarray], title: str) -> None:
    """Print final accuracy, and the gain over random seed by seed with its error."""
    print(f"{title}\n  {'strategy':<24}{'at the end':>18}{'mean gain over random, all steps':>36}")
    for name, rows in found.items():
        gains = (rows - found["random"]).mean(axis=1)
        error = f"± {gains.std(ddof=1) / np.sqrt(len(gains)):.1%}" if len(gains) > 1 else ""
        end = f"{rows[:, -1].mean():.1%} ± {rows[:, -1].std(ddof=min(1, len(rows) - 1)) / np.sqrt(len(rows)):.1%}"
        print(f"  {name:<24}{end:>18}{f'{gains.mean():+.1%} {error}':>36}")


def draw(panels: list[tuple[str, dict[str, np.ndarray]]], path: Path) -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 4.2), layout="constrained", sharey=True)
    for axis, (title, found) in zip(axes, panels, strict=True):
        for name, color, marker in STRATEGIES:
            rows = 100 * found[name]
            labels = START + BATCH * np.arange(rows.shape[1])
            error = rows.std(axis=0, ddof=min(1, len(rows) - 1)) / np.sqrt(len(rows))
            axis.errorbar(labels, rows.mean(axis=0), error, color=color, marker=marker, markersize=4, label=name)
        axis.set_xlabel("labelled digits")
        axis.set_title(title, fontsize=11)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("accuracy on 600 others, %")
    axes[0].legend(fontsize=8, loc="lower right")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one seed and few labels, for a test")
    parser.add_argument("--output", type=Path, default=Path("active_learning.png"))
    options = parser.parse_args()
    seeds, labels = (1, 40) if options.quick else (5, 100)
    panels = []
    for copies, title in ((1, "1,000 different digits"), (COPIES, f"250 digits, each {COPIES} times")):
        found = curves(seeds, labels, copies)
        report(found, f"{title}; mean of {seeds} seeds ± standard error")
        panels.append((title, found))
    draw(panels, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
