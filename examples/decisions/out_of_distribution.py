"""A classifier of the digits 0 to 7 meets 8, 9, noise and broken images: which score sees that they do not belong?

python examples/decisions/out_of_distribution.py [--quick] [--output out_of_distribution.png]
"""

import argparse
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from kullback.decisions.monitoring import KLMatching, evaluate_ood, ood_score, uncertainty_report

mpl.use("Agg")
from matplotlib import pyplot as plt

METHODS = ("entropy", "kl_to_uniform", "uniform_to_q", "max_softmax", "max_logit", "energy", "KL matching")
BLUE, RED = "#0072b2", "#d55e00"


def images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows to learn from with their labels, held-out rows with theirs; the digits 8 and 9 are in neither."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(np.flatnonzero(y < 8))
    fit, held = order[:1000], order[1000:]
    return x[fit] / 16, y[fit], x[held] / 16, y[held]


def strangers(held: np.ndarray) -> dict[str, np.ndarray]:
    """Rows that do not belong."""
    rng = np.random.default_rng(1)
    x, y = load_digits(return_X_y=True)
    return {
        "digits 8, 9": x[y >= 8] / 16,
        "pixels shuffled": rng.permuted(held, axis=1),
        "inverted": 1 - held,
        "uniform noise": rng.uniform(size=held.shape),
        "faint (÷ 4)": held / 4,
    }


def logits_of(model: MLPClassifier, x: np.ndarray) -> np.ndarray:
    """What the network gives before its softmax."""
    for weights, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = np.maximum(x @ weights + bias, 0)
    return x @ model.coefs_[-1] + model.intercepts_[-1]


def trained(x: np.ndarray, y: np.ndarray, members: int, steps: int) -> list[MLPClassifier]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return [MLPClassifier((64,), max_iter=steps, random_state=seed).fit(x, y) for seed in range(members)]


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def draw(table: np.ndarray, names: list[str], rows: list[str], report: object, path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11.4, 4.3), layout="constrained", width_ratios=(1.35, 1))
    shown = left.imshow(table, cmap="cividis", vmin=0.5, vmax=1, aspect="auto")
    left.set_xticks(range(len(names)), names, rotation=20, ha="right", fontsize=8)
    left.set_yticks(range(len(rows)), rows, fontsize=8)
    for place, value in np.ndenumerate(table):
        left.text(*place[::-1], f"{value:.3f}", ha="center", va="center", color="w" if value < 0.8 else "k", fontsize=8)
    left.set_title("AUROC of every score", fontsize=10)
    figure.colorbar(shown, ax=left, label="AUROC (½ is chance)")
    for side, color, name in ((report, BLUE, "held-out 0 to 7"), (report.outliers, RED, "digits 8, 9")):
        right.plot(side.aleatoric / np.log(2), side.epistemic / np.log(2), ".", color=color, alpha=0.45, label=name)
    right.set_xlabel("aleatoric: mean entropy of the members, bits")
    right.set_ylabel("epistemic: mean D(member‖mean), bits")
    right.set_title("what an ensemble does not know", fontsize=10)
    right.legend(fontsize=8)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few steps and members, for a test")
    parser.add_argument("--output", type=Path, default=Path("out_of_distribution.png"))
    options = parser.parse_args()
    x, y, held, labels = images()
    models = trained(x, y, *((3, 40) if options.quick else (7, 200)))
    first = models[0]
    print(f"{first.score(held, labels):.1%} of {len(held)} held-out digits are read rightly")
    # Half of the held-out rows fit the templates, the other half is scored.
    fitted, scored = np.arange(len(held)) % 2 == 0, np.arange(len(held)) % 2 == 1
    matching = KLMatching.fit(softmax(logits_of(first, held[fitted])))
    options_of = {name: matching if name == "KL matching" else name for name in METHODS}
    kinds = strangers(held)

    def scores(rows: np.ndarray) -> dict[str, np.ndarray]:
        by_one = {name: ood_score(logits_of(first, rows), method=method) for name, method in options_of.items()}
        members = np.stack([softmax(logits_of(model, rows)) for model in models])
        found = uncertainty_report(members)
        return by_one | {"ensemble: total": found.total, "ensemble: epistemic": found.epistemic}

    ordinary = scores(held[scored])
    names = list(kinds)
    print(f"{'AUROC':<22}" + "".join(f"{name:>18}" for name in names))
    table = []
    for method in ordinary:
        found = [evaluate_ood(ordinary[method], scores(kinds[name])[method], draws=0).auroc for name in names]
        table.append([one.value for one in found])
        print(f"{method:<22}" + "".join(f"{one.value:>10.3f} ±{one.stderr:<6.3f}" for one in found))
    wrong = evaluate_ood(
        *(
            ood_score(logits_of(first, rows), method="kl_to_uniform", raw=True)
            for rows in (held[scored], kinds[names[0]])
        ),
        draws=0,
    )
    print(
        f"alarm on HIGH D(q‖uniform), as often written: AUROC {wrong.auroc.value:.3f} on {names[0]}, worse than chance"
    )
    inside, outside = (
        np.stack([softmax(logits_of(model, rows)) for model in models]) for rows in (held[scored], kinds[names[0]])
    )
    report = uncertainty_report(inside, labels=labels[scored], outliers=outside, bins=4)
    print(report)
    draw(np.array(table), names, list(ordinary), report, options.output)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
