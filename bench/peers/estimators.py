"""Estimates of other packages: `python estimators.py PACKAGE FOLDER`. Prints one line of JSON.

The folder holds pairs of samples as `….npz` with x, y and `kinds`, what fits them: "neighbors", "counts" or both. For
each file the answer is, by method, the estimate in nats or the text of the refusal, and the seconds that it took. The
methods are those that a package offers for the kind, with its defaults unless a comment says why not.
"""

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

Method = Callable[[np.ndarray, np.ndarray], float]
Methods = dict[str, dict[str, Method]]


def infomeasure() -> Methods:
    """Of its approaches for counts only these two have a cross-entropy without a prior to choose."""
    import infomeasure as im  # noqa: PLC0415 - each package has its turn

    logging.disable(logging.WARNING)

    def approach(name: str) -> Method:
        return lambda x, y: im.kld(x, y, approach=name, base="e")

    return {
        "neighbors": {"kl": approach("kl")},
        "counts": {"discrete": approach("discrete"), "miller_madow": approach("miller_madow")},
    }


def npeet_plus() -> Methods:
    """It has no divergence of counts."""
    from npeet_plus import kldiv  # noqa: PLC0415

    return {"neighbors": {"kldiv": lambda x, y: kldiv(columns(x), columns(y), base=np.e)}}


def universal_divergence() -> Methods:
    """Its own choice of k takes most of a minute for 1,000 rows; k = 5 instead. It has no divergence of counts."""
    from universal_divergence import estimate  # noqa: PLC0415

    return {"neighbors": {"k = 5": lambda x, y: estimate(columns(x), columns(y), k=5)}}


def divergence() -> Methods:
    """Both kinds."""
    from divergence import knn_kl_divergence, relative_entropy_from_samples  # noqa: PLC0415

    return {
        "neighbors": {"knn": knn_kl_divergence},
        "counts": {"discrete": lambda x, y: relative_entropy_from_samples(x, y, discrete=True)},
    }


def dowhy() -> Methods:
    """Both kinds, and the classifier that its automatic choice takes for more than one column."""
    from dowhy.gcm import divergence as package  # noqa: PLC0415

    return {
        "neighbors": {
            "knn": package.estimate_kl_divergence_continuous_knn,
            "classifier": lambda x, y: package.estimate_kl_divergence_continuous_clf(columns(x), columns(y)),
        },
        "counts": {"categorical": package.estimate_kl_divergence_categorical},
    }


PACKAGES = {
    "infomeasure": infomeasure,
    "npeet-plus": npeet_plus,
    "universal-divergence": universal_divergence,
    "divergence": divergence,
    "dowhy": dowhy,
}


def columns(side: np.ndarray) -> np.ndarray:
    """With two axes."""
    return side[:, None] if side.ndim == 1 else side


def answer(method: Method, x: np.ndarray, y: np.ndarray) -> tuple[float | str, float]:
    """The estimate or the refusal, and the seconds."""
    np.random.seed(0)  # noqa: NPY002 - some draw from this generator
    began = time.perf_counter()
    try:
        found: float | str = float(method(x, y))
    except Exception as refusal:  # noqa: BLE001 - whatever it raises is its answer
        found = f"{type(refusal).__name__}: {refusal}"[:200]
    return found, time.perf_counter() - began


def main() -> None:
    """Answer every file."""
    package, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    methods = PACKAGES[package]()
    answers = {}
    for path in sorted(Path(folder).glob("*.npz")):
        held = np.load(path)
        x, y, kinds = held["x"], held["y"], held["kinds"]
        fitting = {name: method for kind in kinds for name, method in methods.get(str(kind), {}).items()}
        answers[path.stem] = {name: answer(method, x, y) for name, method in fitting.items()}
    print(json.dumps({"version": f"{package} {version(package)}", "answers": answers}))


if __name__ == "__main__":
    main()
