"""Elastic weight consolidation: learning a new task without forgetting an old one.

Where is what: `_estimate` the record of a Fisher matrix and its quadratic form, `_diagonal` and `_kronecker` two ways
to estimate it, `_ewc` the penalty with `_state` (saving it). Below them `_batches` reads data, `_models` calls models,
`_scores` has the cotangents of output laws and `_squares` the squared gradients of single examples.
"""

from kullback.nn.consolidation._diagonal import fisher_diagonal
from kullback.nn.consolidation._estimate import FisherEstimate
from kullback.nn.consolidation._ewc import EWC
from kullback.nn.consolidation._kronecker import fisher_kronecker

__all__ = ["EWC", "FisherEstimate", "fisher_diagonal", "fisher_kronecker"]
