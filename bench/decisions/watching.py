"""The tables of watching: false alarms of streams in which nothing changes, and delays after changes."""

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.figures import grid, timed
from kullback import decisions

LAW = np.array([0.4, 0.3, 0.2, 0.1])
# What the stream turns to: the law with this share of it moved from the likeliest outcome to the others.
SHIFTS = {"small": 0.02, "middle": 0.04, "large": 0.1}
ALPHA, ROWS, DAYS, CHANGE = 0.05, 200, 365, 100
STREAMS, CHANGED, QUICK = 400, 50, 4
DAILY, BONFERRONI, OURS, DETECTOR = (
    f"G-test every look, {ALPHA:.0%}",
    f"G-test, {ALPHA:.0%} / {DAYS}",
    "`decisions.watch`",
    f"`decisions.watch`, detector, {20 * DAYS:,} looks",
)
Counts = NDArray[np.int64]


def watching(*, quick: bool = False) -> str:
    """The tables."""
    calm = QUICK if quick else STREAMS
    laws = {"nothing": (LAW, calm)} | {
        f"{name}, {bits(moved(share)):.4f} bits": (moved(share), QUICK if quick else CHANGED)
        for name, share in SHIFTS.items()
    }
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = {
            name: list(pool.map(partial(alarms, after=law), range(streams), chunksize=max(1, streams // 20)))
            for name, (law, streams) in laws.items()
        }
    still = found.pop("nothing")
    head = (
        f"Four outcomes ({', '.join(f'{p:g}' for p in LAW)}), {ROWS} rows a look, {DAYS} looks. False alarms: {calm} "
        f"streams in which nothing changes. Delay: median of looks after a change at look {CHANGE} among the streams "
        f"without an alarm before (in parentheses, how many of {len(next(iter(found.values())))}); bits are "
        f"D(changed‖law) a row. The detector promises a mean of {20 * DAYS:,} looks to a false alarm, not {ALPHA:.0%} "
        "ever."
    )
    rows = [
        [way, _share([one[way] for one in still]), *(delay([one[way] for one in some]) for some in found.values())]
        for way in WAYS
    ]
    _, spent = timed(lambda: alarms(0, LAW))
    return f"{head} A stream costs {spent:.2g} s in all.\n\n{grid(('way', 'false alarms', *found), rows)}"


WAYS = (DAILY, BONFERRONI, OURS, DETECTOR)


def moved(share: float) -> NDArray[np.float64]:
    """The law after a change."""
    return LAW + share * np.array([-1.0, 0.0, 0.5, 0.5])


def bits(law: NDArray[np.float64]) -> float:
    """D(law‖LAW) a row."""
    return float((law * np.log2(law / LAW)).sum())


def alarms(seed: int, after: NDArray[np.float64]) -> Mapping[str, float]:
    """The look of the first alarm of each way, counted from 1; infinite where there is none."""
    rng = np.random.default_rng(seed)
    counts = np.concatenate([rng.multinomial(ROWS, LAW, CHANGE), rng.multinomial(ROWS, after, DAYS - CHANGE)])
    p_values = g_tests(counts)
    return {
        DAILY: _first(p_values < ALPHA),
        BONFERRONI: _first(p_values < ALPHA / DAYS),
        OURS: watched(counts),
        DETECTOR: watched(counts, method="detector", run_length=20 * DAYS),
    }


def g_tests(counts: Counts) -> NDArray[np.float64]:
    """P-values of the likelihood-ratio test of every look by itself."""
    expected = LAW * counts.sum(axis=1, keepdims=True)
    return special.chdtrc(len(LAW) - 1, 2 * special.xlogy(counts, counts / expected).sum(axis=1))


def watched(counts: Counts, **options: object) -> float:
    """The first alarm of ours."""
    monitor = decisions.watch(LAW, alpha=ALPHA, **options)
    for look, some in enumerate(counts, 1):
        if monitor.update(counts=some.tolist()).alarm:
            return look
    return math.inf


def delay(looks: Sequence[float]) -> str:
    """Median after the change, and of how many streams."""
    late = [look - CHANGE for look in looks if look > CHANGE]
    if not late:
        return "– (0)"
    middle = float(np.median(late))
    return f"{f'{middle:g}' if math.isfinite(middle) else 'not found'} ({len(late)})"


def _first(flags: NDArray[np.bool_]) -> float:
    return float(flags.argmax() + 1) if flags.any() else math.inf


def _share(looks: Sequence[float]) -> str:
    share = float(np.isfinite(looks).mean())
    return f"{100 * share:.1f} ± {100 * math.sqrt(share * (1 - share) / len(looks)):.1f} %"
