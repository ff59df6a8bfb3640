"""Metrics for torchmetrics: divergences of whole data sets, batch by batch and process by process.

Where is what: `KLDivergence` in `_divergence`, `LogScore` in `_log_score`, `GaussianKL` in `_gaussian`, their states in
`_states`. Names are those of the quantity, torchmetrics' own KLDivergence included, whose place they can take in a
MetricCollection. Importing this package imports torchmetrics.
"""

from kullback.nn.metrics._divergence import KLDivergence
from kullback.nn.metrics._gaussian import GaussianKL
from kullback.nn.metrics._log_score import LogScore

__all__ = ["GaussianKL", "KLDivergence", "LogScore"]
