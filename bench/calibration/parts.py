"""What is simulated for independent rows: each part gives a table of Markdown."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pyarrow as pa
from scipy import stats

import kullback as kl
from bench.calibration.laws import (
    UNCHANGED,
    Law,
    Number,
    category,
    cauchy,
    divergence,
    normal,
    tilted,
    uniform,
    wider,
    zipf,
)
from bench.calibration.replicates import Rate, Runner, Trial, rate

SIZES = (200, 1000, 10_000, 100_000)
MARGIN = 0.02


def table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    titles = list(titles)
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def marked(found: Rate, low: float, high: float) -> str:
    """A rate, in bold where it misses its goal."""
    return str(found) if found.within(low, high) else f"**{found}**"


def alarms(run: Runner) -> str:
    """False alarms where nothing changed."""
    rows = []
    for place, law in enumerate(UNCHANGED):
        shown, flagged, shifted = [], [], 0
        for n in SIZES:
            count = 2500 if n <= 1000 else 1500 if n <= 10_000 else 500
            if "10,000" in law.name:
                count = 600 if n <= 10_000 else 300
            trials = run.trials(law, law, n, count, seed=[1, place, n])
            raw = rate(trials, lambda one: one.p_value <= 0.05)
            # Exact tests and permutations of few rows to a value cannot reach 5 %; chi-squared must not fall below 3 %.
            by_law = all(one.method.endswith(("by G, chi-squared", "by G over nested halves")) for one in trials)
            shown.append(marked(raw, 0.03 if by_law else 0.0, 0.065))
            flagged.append(f"{100 * rate(trials, lambda one: one.p_margin <= 0.05).share:.1f}")
            shifted += sum(one.verdict == "shifted" for one in trials)
        rows.append([law.name, *shown, " / ".join(flagged), shifted])
    titles = ["P = Q", *(f"n = {n:,}" for n in SIZES), "p(D ≤ margin) ≤ .05, %", "columns called shifted"]
    return "Raw test, p ≤ .05, % (goal: at most 6.5, and not below 3 where chi-squared is used)\n\n" + table(
        titles, rows
    )


def over_cells(one: Trial, current: Number, reference: Number) -> float:
    """The true divergence over the cells of an interval, in bits."""
    ends = [[float(part) for part in label.split(" … ")] for label in one.cells]
    cuts = [-math.inf, *((left[-1] + right[0]) / 2 for left, right in pairwise(ends)), math.inf]
    p, q = (np.diff([law.law.cdf(cut) for cut in cuts]) for law in (current, reference))
    return divergence(p, q)


def covers(one: Trial, truth: float) -> bool:
    return one.interval[0] <= truth * (1 + 1e-12) and truth <= one.interval[1]


def coverage(run: Runner) -> str:
    """Coverage of the interval."""
    truths = (0.0, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    rows = []
    sizes = ((1000, 1000), (1000, 10_000), (10_000, 1000), (10_000, 10_000), (100_000, 100_000))
    for cells in (2, 5, 20):
        for n, m in sizes:
            shown = []
            for place, truth in enumerate(truths):
                q = uniform(cells)
                p = category(tilted(q, truth))
                count = 400 if max(n, m) <= 10_000 else 200
                trials = run.trials(category(q), p, n, count, m=m, seed=[2, cells, n, m, place])
                found = rate(trials, lambda one, truth=truth: covers(one, truth))
                # At D = 0 nothing lies below, so that the interval may cover more often.
                shown.append(marked(found, 0.92, 0.98 if truth else 1.0))
            rows.append([f"{cells} categories", f"{n:,} : {m:,}", *shown])
    for n in (1000, 10_000, 100_000):
        for name, at in (
            ("normal, shifted", lambda d: normal(math.sqrt(2 * d * math.log(2)))),
            ("normal, wider", wider),
        ):
            shown = []
            for place, truth in enumerate(truths):
                current = at(truth)
                trials = run.trials(normal(), current, n, 500 if n <= 10_000 else 200, seed=[3, n, place, len(name)])
                found = rate(trials, lambda one, law=current: covers(one, over_cells(one, law, normal())))
                shown.append(marked(found, 0.92, 0.98 if truth else 1.0))
            rows.append([name, f"{n:,} : {n:,}", *shown])
    titles = ["", "rows", *(f"D = {truth:g}" for truth in truths)]
    return (
        "Coverage of the 95 % interval, % (goal: 92 to 98; D in bits; at D = 0 more is no fault). Numbers: of D over "
        "the cells of the interval, which are cut from the data\n\n" + table(titles, rows)
    )


def _powers(job: tuple[Law, Law, int, int, list[int]]) -> list[tuple[bool, bool, bool]]:
    """For each column: found by the raw test, by the peer, and called shifted."""
    reference, current, n, number, seed = job
    rng = np.random.default_rng(seed)
    names = [f"c{index}" for index in range(number)]
    before, after = (pa.table({name: law.draw(rng, n) for name in names}) for law in (reference, current))
    found = []
    for column in kl.compare(before, after, seed=seed[-1]):
        sides = [side[column.name].to_numpy() for side in (before, after)]
        if sides[0].dtype == object:
            counts = [np.unique(side, return_counts=True)[1] for side in sides]
            peer = stats.chi2_contingency(counts, correction=False).pvalue
        else:
            peer = stats.ks_2samp(*sides).pvalue
        found.append((column.p_value <= 0.05, peer <= 0.05, column.p_margin <= 0.05))
    return found


def power(run: Runner) -> str:
    """Power of the raw test and of the verdict beside a peer on the same data."""
    two = [np.array([0.9, 0.1]), np.array([0.88, 0.12])]
    cases = [
        ("normal, shift of .1 sd", normal(), normal(0.1), 1000, "KS"),
        ("normal, scale 1.1", normal(), normal(0, 1.1), 1000, "KS"),
        ("Cauchy, scale 1.2", cauchy(), cauchy(1.2), 1000, "KS"),
        ("10 % → 12 %", category(two[0]), category(two[1]), 1000, "chi-squared"),
        ("10 % → 12 %", category(two[0]), category(two[1]), 10_000, "chi-squared"),
        ("normal, shift of .5 sd", normal(), normal(0.5), 1000, "KS"),
        ("normal, shift of .3 sd", normal(), normal(0.3), 10_000, "KS"),
    ]
    rows = []
    for place, (name, reference, current, n, peer) in enumerate(cases):
        count = run.count(1000)
        jobs = [(reference, current, n, min(200, count), [4, place, batch]) for batch in range(max(1, count // 200))]
        found = [one for batch in run.map(_powers, jobs) for one in batch]
        ours, theirs, shifted = (Rate(sum(one[index] for one in found), len(found)) for index in range(3))
        rows.append([name, f"{n:,}", ours, f"{theirs} ({peer})", shifted])
    titles = ["shift", "rows a side", "raw test, %", "scipy on the same data, %", "p(D ≤ margin) ≤ .05, %"]
    return "Power at the level of 5 %\n\n" + table(titles, rows)


def _discovery(seed: int) -> tuple[int, int]:
    rng = np.random.default_rng([5, seed])
    wide, shifted = 5000, set(range(0, 5000, 200))
    sides = []
    for after in (False, True):
        shares = [0.95 if after and index in shifted else 0.5 for index in range(wide)]
        sides.append(pa.table({f"c{index}": rng.random(100) < share for index, share in enumerate(shares)}))
    called = {int(column.name[1:]) for column in kl.compare(*sides) if column.verdict == "shifted"}
    return len(called & shifted), len(called - shifted)


def discovery(run: Runner) -> str:
    """Many columns at once, and columns that lie at the margin."""
    found = list(run.map(_discovery, range(run.count(6))))
    hits, false = [one[0] for one in found], [one[1] for one in found]
    share = np.mean([wrong / max(right + wrong, 1) for right, wrong in found])
    first = (
        f"5,000 columns of 100 rows, 25 of them .5 → .95, {len(found)} times: at least {min(hits)} of 25 found, "
        f"{sum(false)} false of {sum(hits) + sum(false)} calls, false discovery rate {100 * share:.2f} % "
        "(goal: all found, at most 5 %)"
    )
    rows = []
    laws = [(f"{k:,} categories", uniform(k)) for k in (2, 5, 20, 100, 1000)] + [("100 categories, Zipf", zipf(100))]
    for place, (name, q) in enumerate(laws):
        for n in (1000, 10_000, 100_000):
            count = 600 if n <= 10_000 else 200
            at = run.trials(category(q), category(tilted(q, MARGIN)), n, count, seed=[6, place, n])
            above = run.trials(category(q), category(tilted(q, 1.25 * MARGIN)), n, count, seed=[7, place, n])
            far = run.trials(category(q), category(tilted(q, 4 * MARGIN)), n, count // 4, seed=[8, place, n])
            rows.append(
                [
                    name,
                    f"{n:,}",
                    marked(rate(at, lambda one: one.p_margin <= 0.05), 0, 0.05),
                    marked(rate(above, lambda one: one.verdict == "similar"), 0, 0.025),
                    rate(far, lambda one: one.p_margin <= 0.05),
                ]
            )
    titles = [
        "",
        "rows a side",
        "p(D ≤ margin) ≤ .05 at D = .02, %",
        "called similar at D = .025, %",
        "found at D = .08, %",
    ]
    return (
        f"{first}\n\nAt the margin of .02 bits (goals: at most 5 % found at the margin, at most 2.5 % called similar "
        "above it)\n\n" + table(titles, rows)
    )


def tails(run: Runner) -> str:
    """Heavy tails: a Cauchy law, its scale changed and not."""
    truth = math.log(2.2**2 / 4.8) / math.log(2)
    rows = []
    for n in (10_000, 100_000):
        changed = run.trials(cauchy(), cauchy(1.2), n, 100, seed=[9, n])
        same = run.trials(cauchy(), cauchy(), n, 100, seed=[10, n])
        mean, twin = (np.mean([one.debiased for one in trials]) for trials in (changed, same))
        spread = np.std([one.debiased for one in changed])
        close = abs(mean / truth - 1) <= 0.15
        small = abs(twin) <= 0.1 * mean
        rows.append(
            [
                f"{n:,}",
                f"{truth:.5f}",
                f"{mean:.5f} ({100 * (mean / truth - 1):+.1f} %)" if close else f"**{mean:.5f}**",
                f"{spread:.5f}",
                f"{twin:.5f}" if small else f"**{twin:.5f}**",
            ]
        )
    titles = [
        "rows a side",
        "truth, bits",
        "mean of D debiased",
        "its spread from table to table",
        "mean of the unshifted twin",
    ]
    return "Cauchy, scale × 1.2 (goal: within 15 % of the truth, the twin at most a tenth)\n\n" + table(titles, rows)


PARTS: dict[str, Callable[[Runner], str]] = {
    "alarms": alarms,
    "coverage": coverage,
    "power": power,
    "discovery": discovery,
    "tails": tails,
}
