"""What is simulated for splits by a target and for pairs of columns: counts of two, judged as `compare` does."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from bench.calibration.parts import marked, table
from bench.calibration.replicates import Rate, Runner
from kullback.tables.pairs._pair_counts import CodedColumn, CountedPair
from kullback.tables.pairs._pair_judgment import judge_pairs
from kullback.tables.pairs._split_judgment import judge_splits
from kullback.tables.verdicts._statistics import Rules

Table = NDArray[np.float64]
MARGIN = 0.02
SIZES = ((1000, 1000), (1000, 20_000), (20_000, 1000), (10_000, 10_000), (100_000, 100_000))
SHAPES = ((2, 2), (5, 8), (20, 16))


def law(kind: str, shape: tuple[int, int]) -> Table:
    x, y = (np.arange(1, cells + 1) for cells in shape)
    if kind == "independent":
        joint = np.ones(shape)
    elif kind == "uneven":
        joint = np.outer(1 / x, 1 / y)
    else:
        joint = np.exp(-(((x[:, None] / shape[0] - y / shape[1]) / 0.15) ** 2)) + 1e-3
    return joint / joint.sum()


def changed(q: Table, bits: float, lean: float) -> Table:
    """The law with D(y|x) = bits, whose slices also lean towards the last values of x."""
    slope = np.random.default_rng(1).normal(size=q.shape)
    sizes = q.sum(axis=1) * np.exp(np.linspace(-lean, lean, len(q)))

    def tilt(by: float) -> Table:
        weights = q * np.exp(by * slope)
        return weights / weights.sum(axis=1, keepdims=True) * (sizes / sizes.sum())[:, None]

    return tilt(optimize.brentq(lambda by: conditional(tilt(by), q) - bits, 0, 20)) if bits else tilt(0.0)


def conditional(p: Table, q: Table) -> float:
    """D(y|x) in bits."""
    within = p / p.sum(axis=1, keepdims=True) / (q / q.sum(axis=1, keepdims=True))
    return math.fsum((p * np.log2(within)).ravel())


def counted(rng: np.random.Generator, sides: tuple[Table, Table], sizes: tuple[int, int], name: str) -> CountedPair:
    drawn = [
        rng.multinomial(size, side.ravel()).reshape(side.shape).astype(float)
        for side, size in zip(sides, sizes, strict=True)
    ]
    x, y = (tuple(str(place) for place in range(cells)) for cells in sides[0].shape)
    return CountedPair(CodedColumn(name, "category", x), CodedColumn("y", "category", y), *drawn)


def _judged(job: tuple[str, tuple[int, int], tuple[int, int], float, int, list[int]]) -> list[tuple[float, ...]]:
    kind, shape, sizes, bits, number, seed = job
    rng, q = np.random.default_rng(seed), law(kind, shape)
    p = changed(q, bits, 0.5)
    found = []
    for _ in range(number):
        pair = counted(rng, (q, p), sizes, "x")
        concept = judge_splits([pair], Rules(MARGIN, 0.05, 0))["x"].concept
        dependence = judge_pairs([pair], Rules(MARGIN, 0.05, 0)).pairs[0].dependence
        found.append((concept.p_value, concept.p_margin, *concept.interval, dependence.p_value, dependence.interval[0]))
    return found


def splits(run: Runner) -> str:
    """False alarms and coverage of D(y|x), with a covariate shift beside it."""
    rows = []
    for kind in ("independent", "dependent", "uneven"):
        for shape in SHAPES:
            for sizes in SIZES:
                shown = []
                for place, bits in enumerate((0.0, MARGIN, 0.1)):
                    jobs = [(kind, shape, sizes, bits, run.count(50), [21, place, *shape, *sizes, i]) for i in range(8)]
                    trials = [one for batch in run.map(_judged, jobs) for one in batch]
                    # Of the divergence over all cells an interval over fewer is a lower bound.
                    below = Rate(sum(one[2] <= bits + 1e-12 for one in trials), len(trials))
                    held = Rate(sum(one[2] <= bits + 1e-12 and bits <= one[3] for one in trials), len(trials))
                    test = Rate(sum(one[min(place, 1)] <= 0.05 for one in trials), len(trials))
                    shown += [marked(test, 0.0, 0.08) if place < 2 else str(test), marked(below, 0.95, 1.0), str(held)]
                    if not bits:
                        alarms = Rate(sum(one[4] <= 0.05 for one in trials), len(trials))
                        shown.append(marked(alarms, 0.0, 0.07))
                rows.append([kind, f"{shape[0]} × {shape[1]}", f"{sizes[0]:,} : {sizes[1]:,}", *shown])
    titles = ["", "cells", "rows"]
    titles += ["p(D(y|x) = 0) ≤ .05", "lower bound holds", "interval holds", "dependence: p(D = 0) ≤ .05"]
    titles += [f"p(D ≤ margin) ≤ .05 at {MARGIN:g} bits", "lower", "interval", "found at 0.1 bits", "lower", "interval"]
    return "In %; the interval speaks of cells that may be fewer than those of the truth\n\n" + table(titles, rows)


def _found(job: tuple[int, int, int, list[int]]) -> list[tuple[float, float, int]]:
    columns, changes, number, seed = job
    rng = np.random.default_rng(seed)
    same = np.array([[0.35, 0.15], [0.15, 0.35]])
    shares = []
    for _ in range(number):
        pairs = [
            counted(rng, (same, np.full((2, 2), 0.25) if place < changes else same), (2000, 2000), f"c{place:03d}")
            for place in range(columns)
        ]
        shifted = [each.name for each in judge_splits(pairs, Rules(0.0, 0.05, 0)) if each.concept.verdict == "shifted"]
        tied = [each.x for each in judge_pairs(pairs, Rules(0.0, 0.05, 0)) if each.dependence.verdict == "shifted"]
        false = (sum(int(name[1:]) >= changes for name in names) / max(len(names), 1) for names in (shifted, tied))
        shares.append((*false, sum(int(name[1:]) < changes for name in shifted)))
    return shares


def dependence(run: Runner) -> str:
    """False calls among many columns and pairs."""
    rows = []
    for columns, changes in ((50, 0), (50, 5), (50, 25), (100, 10)):
        jobs = [(columns, changes, run.count(25), [22, columns, changes, batch]) for batch in range(8)]
        done = np.array([one for batch in run.map(_found, jobs) for one in batch])
        errors = done.std(axis=0) / math.sqrt(len(done))
        shown = [f"{100 * done[:, place].mean():.1f} ± {100 * errors[place]:.1f}" for place in (0, 1)]
        rows.append([columns, changes, *shown, f"{done[:, 2].mean():.1f}"])
    titles = ["columns or pairs", "changed", "false concept shifts, %", "false pairs, %", "concept shifts found"]
    return "Mean share of false calls at alpha 5 %, margin 0\n\n" + table(titles, rows)


PARTS = {"splits": splits, "dependence": dependence}
