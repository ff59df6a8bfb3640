"""Images compared by what colors they have, and by what their small patches look like."""

from kullback.decisions.images._histograms import HistogramDivergence, histogram_divergence
from kullback.decisions.images._patches import patch_divergence

__all__ = ["HistogramDivergence", "histogram_divergence", "patch_divergence"]
