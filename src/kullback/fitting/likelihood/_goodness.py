"""How far the law behind a sample is from the law that was fitted to it."""

from dataclasses import replace
from typing import Any

import numpy as np

from kullback.estimators import Estimate, sample_against_law
from kullback.estimators._options import Rng
from kullback.fitting.likelihood._density import is_mass
from kullback.fitting.likelihood._sample import Sample

_MOST = 20_000
_FITTED = "the law was fitted to the same sample, so the figure is low by about k/2n"


def goodness_of(law: Any, sample: Sample, rng: Rng, /) -> Estimate:
    """An estimate of D(truth‖model), from at most 20,000 rows against a density.

    Args:
        law: What was fitted.
        sample: The data.
        rng: Seed or generator.
    """
    few = sample if is_mass(law) else _rows(sample)
    found = sample_against_law(few.points, law, weights=few.weights, rng=rng)
    return replace(found, quantity="D(truth‖model)", notes=(*found.notes, _FITTED))


def _rows(sample: Sample) -> Sample:
    """Counts as rows, at most so many, evenly spaced."""
    weights = sample.weights
    if weights is None or np.any(np.floor(weights) != weights):
        return sample.thinned(_MOST)
    size = int(sample.size)
    places = np.arange(0, size, -(-size // _MOST))
    points = sample.points[np.searchsorted(np.cumsum(weights), places, side="right")]
    return replace(sample, points=points, weights=None, size=float(len(points)))
