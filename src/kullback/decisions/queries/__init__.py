"""Which question to ask next: what a label or a measurement would tell, in nats.

Where is what: `_bald` scores single points by how much an ensemble disagrees, `_batch` chooses several at once,
`_gain` is the verb for experiments (`_gain_table` from a table of likelihoods, `_gain_linear` for linear models,
`_gain_simulated` from simulations), `_predictive` asks for what a label tells about predictions elsewhere,
`_predictions` reads what an ensemble says.
"""

from kullback.decisions.queries._bald import bald
from kullback.decisions.queries._batch import Batch, batch_bald
from kullback.decisions.queries._gain import expected_information_gain
from kullback.decisions.queries._gain_simulated import InformationGain
from kullback.decisions.queries._predictive import expected_predictive_information_gain, prediction_changes

__all__ = [
    "Batch",
    "InformationGain",
    "bald",
    "batch_bald",
    "expected_information_gain",
    "expected_predictive_information_gain",
    "prediction_changes",
]
