"""Tests of hypotheses, their exponents, detection of signals, and how good an approximation is.

Where is what: `_two_sample` and `_fit_test` samples against each other and against a law (`_samples` reads them,
`_exact_g` lists tables), `_neyman_pearson` the most powerful test (`_types` and `_sums` have the law of its ratio),
`_stein` and `_chernoff` exponents (`_paths` the geometric path), `_tradeoff` the pairs of exponents, `_sequential` the
sequential test (`_walks` what becomes of it), `_detection`, `_communication` and `_separation` signals in noise,
`_quality` approximations.
"""

from kullback.decisions.hypotheses._chernoff import ChernoffInformation, chernoff_information
from kullback.decisions.hypotheses._communication import bit_error_rate
from kullback.decisions.hypotheses._detection import DetectionErrors, SignalDetection, signal_detection
from kullback.decisions.hypotheses._fit_test import FitTest, goodness_of_fit_test
from kullback.decisions.hypotheses._neyman_pearson import NeymanPearson, neyman_pearson
from kullback.decisions.hypotheses._quality import ApproximationQuality, approximation_quality
from kullback.decisions.hypotheses._separation import estimate_separation
from kullback.decisions.hypotheses._sequential import SequentialRun, SequentialTest, sprt
from kullback.decisions.hypotheses._stein import SteinExponent, stein_exponent
from kullback.decisions.hypotheses._tradeoff import Tradeoff, hoeffding_tradeoff
from kullback.decisions.hypotheses._two_sample import TwoSampleTest, two_sample_test
from kullback.decisions.hypotheses._walks import Walk

__all__ = [
    "ApproximationQuality",
    "ChernoffInformation",
    "DetectionErrors",
    "FitTest",
    "NeymanPearson",
    "SequentialRun",
    "SequentialTest",
    "SignalDetection",
    "SteinExponent",
    "Tradeoff",
    "TwoSampleTest",
    "Walk",
    "approximation_quality",
    "bit_error_rate",
    "chernoff_information",
    "estimate_separation",
    "goodness_of_fit_test",
    "hoeffding_tradeoff",
    "neyman_pearson",
    "signal_detection",
    "sprt",
    "stein_exponent",
    "two_sample_test",
]
