"""The three parts of a log score, row by row."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from kullback.decisions.forecasts._inputs import Codes, Floats, Forecasts

# What the mean of equal forecasts is off by.
_ROUNDING = 1e-14
NAMES = ("uncertainty", "resolution", "miscalibration", "within")


@dataclass(frozen=True, eq=False)
class Parts:
    """What each row adds to the score and its parts, and the bins they are made of.

    Attributes:
        loss: -log of the probability that the outcome had, shape ``(rows,)``.
        rows: Linearized parts of `NAMES`, each of shape ``(rows,)``; their weighted means are the parts.
        values: The parts.
        shares: Share of each bin.
        counts: Rows in each bin.
        forecasts: Mean forecast of each bin, shape ``(bins, outcomes)``.
        outcomes: Frequencies in each bin.
        base: Frequencies over all rows.
        tallies: Weights in each bin and outcome, in rows.
    """

    loss: Floats
    rows: dict[str, Floats]
    values: dict[str, float]
    shares: Floats
    counts: Codes
    forecasts: Floats
    outcomes: Floats
    base: Floats
    tallies: Floats


def parts_of(read: Forecasts, codes: Codes, /) -> Parts:
    """Uncertainty, resolution, miscalibration and what the bins hide.

    Args:
        read: Forecasts and outcomes.
        codes: Bin of every row.

    Returns:
        The parts: the mean loss is uncertainty - resolution + miscalibration + within.
    """
    rows, bins = np.arange(len(codes)), int(codes.max()) + 1
    happened = np.zeros_like(read.probs)
    happened[rows, read.outcomes] = 1.0
    weights = read.weights[:, None]
    shares = _sums(read.weights[:, None], codes, bins)
    safe = np.where(shares > 0, shares, 1.0)
    joint = _sums(weights * happened, codes, bins)
    seen, mean = joint / safe, _sums(weights * read.probs, codes, bins) / safe
    base = joint.sum(axis=0)
    y = read.outcomes
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = -read.log_probs[rows, y]
        of_base, of_bin, of_mean = (np.log(one) for one in (base[y], seen[codes, y], mean[codes, y]))
        # How the mean forecast of a bin moves with one forecast in it.
        pull = np.where(mean > 0, seen / np.where(mean > 0, mean, 1.0), 0.0)
        shift = (pull[codes] * (read.probs - mean[codes])).sum(axis=1)
        hidden = np.where(np.isneginf(of_mean), 0.0, of_mean + loss)
    counted = read.weights > 0
    terms = {
        "uncertainty": -of_base,
        "resolution": of_bin - of_base,
        "miscalibration": of_bin - of_mean - shift,
        "within": hidden + shift,
    }
    terms = {name: np.where(counted, term, 0.0) for name, term in terms.items()}
    values = {name: _mean(read.weights, term) for name, term in terms.items()}
    values["miscalibration"] = max(0.0, values["miscalibration"])
    values["resolution"] = max(0.0, values["resolution"])
    values["within"] = 0.0 if abs(values["within"]) < _ROUNDING else values["within"]
    size = 1.0 / float((read.weights**2).sum())
    tallies = np.rint(joint * len(y)) if not read.weighted else joint * size
    counts = np.bincount(codes, minlength=bins).astype(np.int64)
    return Parts(np.where(counted, loss, 0.0), terms, values, shares[:, 0], counts, mean, seen, base, tallies)


def biases(parts: Parts, /, *, whole: bool) -> dict[str, float]:
    """How much the plug-in parts are too large on average, from the entropies of the bins.

    Args:
        parts: The parts.
        whole: Whether the tallies are counts of rows, for which Zhang's entropy is there.

    Returns:
        Bias of each of `NAMES` in nats.

    Note:
        Counts have the entropies of Zhang (2012), weighted tallies Miller's term: occupied cells - 1 over twice the
        rows.
    """
    entropy_bias = _zhang_bias if whole else _miller_bias
    size = float(parts.tallies.sum())
    of_all = entropy_bias(parts.tallies.sum(axis=0))
    of_bins = sum(float(tally.sum()) / size * entropy_bias(tally) for tally in parts.tallies)
    return {"uncertainty": of_all, "resolution": of_all - of_bins, "miscalibration": -of_bins, "within": 0.0}


def degrees(parts: Parts, /) -> dict[str, float]:
    """Degrees of freedom of the chance that each part has where it is 0."""
    of_bins = float(np.maximum((parts.tallies > 0).sum(axis=1) - 1, 0).sum())
    of_all = float((parts.base > 0).sum() - 1)
    return {"uncertainty": of_all, "resolution": max(of_bins - of_all, 0.0), "miscalibration": of_bins, "within": 0.0}


def _zhang_bias(tally: Floats) -> float:
    """Plug-in entropy less Zhang's; negative, as the plug-in is too low."""
    some = tally[tally > 0]
    size = some.sum()
    if size == 0:
        return 0.0
    short = special.digamma(some) - np.log(some)
    return float((some * short).sum() / size - (special.digamma(size) - np.log(size)))


def _miller_bias(tally: Floats) -> float:
    size = float(tally.sum())
    return -(int((tally > 0).sum()) - 1) / (2 * size) if size > 0 else 0.0


def _sums(values: Floats, codes: Codes, bins: int) -> Floats:
    totals = np.zeros((bins, values.shape[1]))
    np.add.at(totals, codes, values)
    return totals


def _mean(weights: Floats, values: Floats) -> float:
    used = weights > 0
    return float((weights[used] * values[used]).sum())
