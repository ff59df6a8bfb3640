"""Estimators of scikit-learn that watch: columns that drift, rows that do not belong.

Where is what: `DriftDetector` in `_drift`, its record in `_report`, `OODDetector` in `_ood`. Importing this package
imports scikit-learn.
"""

from importlib.util import find_spec

from kullback._core import MissingExtraError

if find_spec("sklearn") is None:
    raise MissingExtraError(
        "kullback.decisions.monitoring.detectors needs scikit-learn. Install it: pip install 'kullback[classifier]'"
    )

from kullback.decisions.monitoring.detectors._drift import DriftDetector
from kullback.decisions.monitoring.detectors._ood import OODDetector
from kullback.decisions.monitoring.detectors._report import DriftReport

__all__ = ["DriftDetector", "DriftReport", "OODDetector"]
