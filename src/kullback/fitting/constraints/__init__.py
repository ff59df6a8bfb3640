"""The closest law under constraints: moments by exponential tilting, weights of rows, margins of tables.

Where is what: `_tilt` moment constraints on a law, `_weights` the same for rows of data, `_margins` raking of tables;
below them `_points` a law as weighted points and `_dual` Newton's method and feasibility.
"""

from kullback.fitting.constraints._margins import Margins, fit_margins
from kullback.fitting.constraints._tilt import Tilted, tilt
from kullback.fitting.constraints._weights import Weights, tilt_weights

__all__ = ["Margins", "Tilted", "Weights", "fit_margins", "tilt", "tilt_weights"]
