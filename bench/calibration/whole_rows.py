"""What is simulated for whole rows: equal laws, and laws whose columns are alike one by one."""

import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa

import kullback as kl
from bench.calibration.parts import marked, table
from bench.calibration.replicates import Rate, Runner

_CORRELATION, _SHIFT = 0.6, 0.2
_KINDS = np.array(list("abcdefgh"))

Draw = Callable[[np.random.Generator, int], dict[str, np.ndarray]]


def _mixed(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {
        "x": rng.normal(size=rows),
        "skewed": rng.gamma(0.5, size=rows),
        "kind": _KINDS[np.minimum(rng.geometric(0.4, rows), 8) - 1],
        "flag": _KINDS[rng.integers(0, 2, rows)],
    }


def _shifted(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    drawn = _mixed(rng, rows)
    return {**drawn, "x": drawn["x"] + _SHIFT}


def _pair(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    x, y = rng.normal(size=(2, rows))
    return {"x": x, "y": y}


def _correlated(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    drawn = _pair(rng, rows)
    return {"x": drawn["x"], "y": _CORRELATION * drawn["x"] + math.sqrt(1 - _CORRELATION**2) * drawn["y"]}


def _bits(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    a, b, c = rng.integers(0, 2, (3, rows))
    return {"a": _KINDS[a], "b": _KINDS[b], "c": _KINDS[c]}


def _parity(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    a, b = rng.integers(0, 2, (2, rows))
    return {"a": _KINDS[a], "b": _KINDS[b], "c": _KINDS[a ^ b]}


CASES: dict[str, tuple[Draw, Draw, float]] = {
    "equal: two numbers, two categories": (_mixed, _mixed, 0.0),
    f"one of them moved by {_SHIFT:g} standard deviations": (_mixed, _shifted, _SHIFT**2 / 2 / math.log(2)),
    f"normal, correlation 0 and {_CORRELATION:g}": (_pair, _correlated, -math.log2(1 - _CORRELATION**2) / 2),
    "three bits, the third free and the parity": (_bits, _parity, 1.0),
}


def _found(job: tuple[str, int, int, list[int]]) -> list[tuple[float, float, float, float]]:
    case, rows, number, seed = job
    rng, (before, after, _) = np.random.default_rng(seed), CASES[case]
    done = []
    for _ in range(number):
        joint = kl.compare(pa.table(before(rng, rows)), pa.table(after(rng, rows)), joint=True, seed=seed[-1]).joint
        done.append((joint.p_value, *joint.interval, joint.bits))
    return done


def whole_rows(run: Runner) -> str:
    """Whole rows: false alarms, power and coverage."""
    shown = []
    for place, (case, (_, _, bits)) in enumerate(CASES.items()):
        for rows, count in ((500, 400), (2000, 200), (5000, 100)):
            jobs = [(case, rows, run.count(count // 4), [31, place, rows, batch]) for batch in range(4)]
            done = [one for batch in run.map(_found, jobs) for one in batch]
            found = Rate(sum(one[0] <= 0.05 for one in done), len(done))
            held = Rate(sum(max(one[1], 0.0) <= bits <= one[2] for one in done), len(done))
            mean = math.fsum(one[3] for one in done) / len(done)
            called = str(found) if bits else marked(found, 0.0, 0.06)
            shown.append([case, f"{rows:,}", f"{bits:.3g}", f"{mean:.3g}", called, marked(held, 0.95, 1.0)])
    titles = ["", "rows a side", "D in bits", "mean figure", "p ≤ .05, %", "interval holds, %"]
    return table(titles, shown)


PARTS = {"whole-rows": whole_rows}
