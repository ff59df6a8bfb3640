"""Asks one library for its divergence at every point: ``ask.py torch FOLDER`` prints one line of JSON.

An answer is a number, null where the library has no divergence of the pair, or the text of its refusal.
"""

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any


def ask(library: Any, pair: dict) -> list:
    """The answers to the points of a file."""
    families = (pair["family_p"], pair["family_q"])
    return [one(library, families, point["p"], point["q"]) for point in pair["points"]]


def one(library: Any, families: tuple[str, str], p: dict, q: dict) -> float | str | None:
    """One answer."""
    try:
        return float(library.divergence(library.law(families[0], p), library.law(families[1], q)))
    except NotImplementedError:
        return None
    except Exception as refusal:  # noqa: BLE001 - whatever it raises is its answer
        return f"{type(refusal).__name__}: {refusal}"[:200]


def shares(weights: Any) -> Any:
    """Weights as probabilities, for libraries that do not divide by the total; what is one already stays."""
    total = weights.sum()
    return weights if abs(total - 1) < 1e-9 else weights / total


def main() -> None:
    """Ask and print."""
    name, folder = sys.argv[1:3]
    warnings.simplefilter("ignore")
    library = importlib.import_module(f"laws_{name}")
    answers = {path.stem: ask(library, json.loads(path.read_text())) for path in sorted(Path(folder).glob("*.json"))}
    print(json.dumps({"version": library.VERSION, "answers": answers}))


if __name__ == "__main__":
    main()
