"""Scores of probability forecasts: how much uncertainty they resolve, and how much they lose by miscalibration.

Where is what: `_inputs` reads forecasts and outcomes, `_bins` says which forecasts count as the same, `_parts` splits
the score row by row, `_score` the verb and its record, `_comparison` two forecasters on the same rows.
"""

from kullback.decisions.forecasts._comparison import compare_forecasts
from kullback.decisions.forecasts._score import ForecastScore, score_forecasts

__all__ = ["ForecastScore", "compare_forecasts", "score_forecasts"]
