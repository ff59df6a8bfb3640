"""The table of fits: whose law makes the same sample likelier."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from scipy import stats

from bench.figures import grid, timed
from bench.fitting.cases import CASES, Case
from kullback import fitting
from kullback._core import InputError

REPEATS, QUICK = 40, 2
# In nats of the whole sample: far above the rounding of a sum of 300 logarithms, far below what a statistic notices.
LIMIT = 1e-6
HEADS = (
    "family",
    "samples",
    "peer below ours by > 1e-6 nats",
    "by > 0.01 nats",
    "largest gap, nats",
    "ours below the peer by > 1e-6",
    "peer fails",
    "peer warns",
    "ours refuses",
    "median CPU time, peer / ours",
)
NOTE = (
    "Both laws of a sample are judged by the density of scipy.stats; so many samples of each of five kinds: 30 rows, "
    "300 rows, 300 rows times 1e8 and 1e-8 (Beta and VonMises: as they are), and a hard kind (a location of 1e6 "
    "scales, a shape of .05 to .1, a spread of 8 in logarithms, a concentration of 1e4). scipy holds location 0 (and "
    "scale 1) where the family does. A failure is an exception or a log likelihood that is not finite."
)


@dataclass
class Tally:
    """What was found of one family; gaps are our log likelihood less that of the peer, in nats."""

    gaps: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    failures: int = 0
    warned: int = 0
    refusals: int = 0

    @property
    def samples(self) -> int:
        return len(self.gaps) + self.failures + self.refusals

    def row(self, name: str) -> list[object]:
        """Of the table."""
        gaps = np.array(self.gaps or [0.0])
        more = [int((gaps > LIMIT).sum()), int((gaps > 0.01).sum()), f"{max(gaps.max(), 0):.1g}"]
        ratio = f"{median(self.ratios):.2g}" if self.ratios else "–"
        return [name, self.samples, *more, int((gaps < -LIMIT).sum()), self.failures, self.warned, self.refusals, ratio]


def likelihood(*, quick: bool = False) -> str:
    """The table."""
    repeats = QUICK if quick else REPEATS
    rows = [tally_of(case, repeats).row(case.name) for case in CASES]
    rows.append(counts(repeats).row("NegativeBinomial (statsmodels)"))
    return f"{NOTE}\n\n{grid(HEADS, rows)}"


def tally_of(case: Case, repeats: int) -> Tally:
    """Of one family against scipy.stats."""
    found = Tally()
    for _, x in case.samples(repeats):
        compare(
            found,
            lambda x=x: case.frozen(fitting.fit(x, case.name).law),
            lambda x=x: case.peer(*case.peer.fit(x, **dict(case.held))),
            lambda law, x=x: float(law.logpdf(x).sum()),
        )
    return found


def counts(repeats: int) -> Tally:
    """Of counts that vary more than a Poisson law's, against statsmodels."""
    found = Tally()
    # Mean and number of failures waited for; the last is nearly Poisson.
    kinds = ((3.0, 2.0, 30), (3.0, 2.0, 300), (1e4, 0.5, 300), (0.05, 0.5, 300), (20.0, 200.0, 300))
    for place, (mean, size, n) in enumerate(kinds):
        for seed in range(repeats):
            x = np.random.default_rng([place, seed]).negative_binomial(size, size / (size + mean), n)
            compare(found, lambda x=x: _ours_of_counts(x), lambda x=x: _statsmodels(x), lambda law, x=x: _total(law, x))
    return found


def compare(found: Tally, ours: Callable[[], Any], peer: Callable[[], Any], judge: Callable[[Any], float]) -> None:
    """Fit one sample both ways and add to the tally."""
    try:
        law, spent = timed(ours)
    except InputError:
        found.refusals += 1
        return
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            theirs, peer_spent = timed(peer)
            value = judge(theirs)
        except Exception:  # noqa: BLE001 - a peer may fail in any way, and the others still answer
            value = math.nan
    found.warned += bool(heard)
    if not math.isfinite(value):
        found.failures += 1
        return
    found.gaps.append(judge(law) - value)
    found.ratios.append(peer_spent / spent)


def _ours_of_counts(x: np.ndarray) -> Any:
    law = fitting.fit(x, "NegativeBinomial").law
    return stats.nbinom(law.total_count, law.probs)


def _statsmodels(x: np.ndarray) -> Any:
    from statsmodels.discrete.discrete_model import NegativeBinomial  # noqa: PLC0415 - slow to import

    constant, alpha = NegativeBinomial(x, np.ones((len(x), 1))).fit(disp=0).params
    size, mean = 1 / alpha, math.exp(constant)
    return stats.nbinom(size, size / (size + mean))


def _total(law: Any, x: np.ndarray) -> float:
    return float(law.logpmf(x).sum())
