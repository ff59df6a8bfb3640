"""The tables of out-of-distribution scores: which separates, which way up, and what is lost without logarithms."""

import warnings
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from bench.figures import grid
from kullback import decisions

METHODS = ("entropy", "kl_to_uniform", "uniform_to_q", "max_softmax", "max_logit", "energy")
SEEDS, QUICK, ROWS, CLASSES, SPREAD = 5, 1, 1000, 10, 1e4
Matrix = NDArray[np.float64]
NOTE = (
    "A network of 64 hidden units learns the digits 0 to 7 (1,000 rows, scikit-learn); held-out 0 to 7 against what "
    "does not belong. AUROC, mean of {} networks ± their standard deviation; ½ is chance. *as often written*: alarm "
    "on a high D(q‖uniform), or a low D(uniform‖q), the wrong way up. scikit-learn's `roc_auc_score` and "
    "`decisions.evaluate_ood` differ by {:.0e} at most."
)


def strangers(*, quick: bool = False) -> str:
    """The tables."""
    found, apart = aurocs(QUICK if quick else SEEDS)
    kinds = list(next(iter(found.values())))
    rows = []
    for name, by_kind in found.items():
        cells = [f"{np.mean(some):.3f} ± {np.std(some):.3f}" for some in by_kind.values()]
        rows.append([name, *cells])
    seeds = QUICK if quick else SEEDS
    return f"{NOTE.format(seeds, apart)}\n\n{grid(('score', *kinds), rows)}\n\n{steep()}"


def aurocs(seeds: int) -> tuple[Mapping[str, Mapping[str, list[float]]], float]:
    """By score and kind of stranger, of every network; and how far sklearn's are from ours."""
    found: dict[str, dict[str, list[float]]] = {}
    apart = 0.0
    for seed in range(seeds):
        model, held = _learned(seed)
        ordinary = _logits(model, held)
        for kind, x in _strangers(held, seed).items():
            other = _logits(model, x)
            for name, raw, sign in _ways():
                method = name.split(",")[0]
                sides = [sign * decisions.ood_score(z, method=method, raw=raw) for z in (ordinary, other)]
                auroc = decisions.evaluate_ood(*sides, draws=0).auroc.value
                truth = roc_auc_score(np.repeat([0, 1], [len(side) for side in sides]), np.concatenate(sides))
                apart = max(apart, abs(auroc - truth))
                found.setdefault(name, {}).setdefault(kind, []).append(auroc)
    return found, apart


def _ways() -> list[tuple[str, bool, float]]:
    """Name, whether the raw quantity, and its sign."""
    wrong = [("kl_to_uniform, as often written", True, 1.0), ("uniform_to_q, as often written", True, 1.0)]
    return [(name, False, 1.0) for name in METHODS] + wrong


def _learned(seed: int) -> tuple[MLPClassifier, Matrix]:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(y < 8))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = MLPClassifier((64,), max_iter=100, random_state=seed).fit(x[order[:1000]] / 16, y[order[:1000]])
    return model, x[order[1000:]] / 16


def _strangers(held: Matrix, seed: int) -> dict[str, Matrix]:
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    return {
        "digits 8, 9": x[y >= 8] / 16,
        "pixels shuffled": rng.permuted(held, axis=1),
        "inverted": 1 - held,
        "uniform noise": rng.uniform(size=held.shape),
        "faint (÷ 4)": held / 4,
    }


def _logits(model: MLPClassifier, x: Matrix) -> Matrix:
    hidden = np.maximum(x @ model.coefs_[0] + model.intercepts_[0], 0)
    return hidden @ model.coefs_[1] + model.intercepts_[1]


def steep() -> str:
    """Rows of logits that lie far apart: softmax and then logarithms, against ours."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(ROWS, CLASSES)) * SPREAD
    q = special.softmax(z, axis=1)
    log_q = special.log_softmax(z, axis=1)
    uniform = np.full(CLASSES, 1 / CLASSES)
    with np.errstate(all="ignore"):
        naive = {
            "entropy": -(q * np.log(q)).sum(axis=1),
            "kl_to_uniform": (q * np.log(q / uniform)).sum(axis=1),
            "uniform_to_q": (uniform * np.log(uniform / q)).sum(axis=1),
        }
    exact = {
        "entropy": -(q * log_q).sum(axis=1),
        "kl_to_uniform": np.log(CLASSES) + (q * log_q).sum(axis=1),
        "uniform_to_q": -np.log(CLASSES) - log_q.mean(axis=1),
    }
    rows = []
    for name, theirs in naive.items():
        ours = np.asarray(decisions.ood_score(z, method=name, raw=True))
        other = {
            "entropy": lambda: stats.entropy(q, axis=1),
            "kl_to_uniform": lambda: stats.entropy(q, uniform[None], axis=1),
            "uniform_to_q": lambda: stats.entropy(np.broadcast_to(uniform, q.shape), q, axis=1),
        }[name]()
        off = np.abs(ours - exact[name]) / np.maximum(np.abs(exact[name]), 1)
        rows.append([name, *map(_lost, (theirs, other, ours)), f"{off.max():.0e}"])
    head = (
        f"{ROWS:,} rows of {CLASSES} logits from N(0, (1e4)²): how many scores come out NaN + infinite. Softmax, then "
        "the sum of p log p as written; the same with scipy.stats.entropy; `decisions.ood_score` from the logits, "
        "with its largest error beside log-softmax (all D(uniform‖q) are finite, about 1e4 nats)."
    )
    return (
        f"{head}\n\n{grid(('score', 'softmax and log', 'softmax and scipy.stats.entropy', 'kullback', 'error'), rows)}"
    )


def _lost(values: NDArray[np.float64]) -> str:
    return f"{np.isnan(values).sum()} + {np.isinf(values).sum()}"
