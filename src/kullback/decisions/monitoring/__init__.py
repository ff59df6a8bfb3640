"""Watching streams and predictions: did the data change, does a row belong, does a model know what it does not know?

Where is what: `_process` the e-process of counts, `_cells` how rows are counted, `_reference` and `_law_cells` what
they are held against, `_watch_verb` the verb, `_watch` and `_watch_columns` the monitors, `_evidence` what they report;
`_ood_scores` and `_kl_matching` scores of predictions, `_ood_report` what they are worth, `_uncertainty` ensembles.
`detectors` stands apart: it needs scikit-learn.
"""

from kullback.decisions.monitoring._evidence import Evidence
from kullback.decisions.monitoring._kl_matching import KLMatching
from kullback.decisions.monitoring._ood_report import OODReport, evaluate_ood
from kullback.decisions.monitoring._ood_scores import ood_score
from kullback.decisions.monitoring._uncertainty import UncertaintyReport, uncertainty_report
from kullback.decisions.monitoring._watch import Watch
from kullback.decisions.monitoring._watch_columns import ColumnsEvidence, WatchColumns
from kullback.decisions.monitoring._watch_verb import watch

__all__ = [
    "ColumnsEvidence",
    "Evidence",
    "KLMatching",
    "OODReport",
    "UncertaintyReport",
    "Watch",
    "WatchColumns",
    "evaluate_ood",
    "ood_score",
    "uncertainty_report",
    "watch",
]
