"""Divergences between the predictions that groups of people (or things) get, as a record and as a penalty.

Where is what: `_predictions` brings predictions, groups and labels in, `_cells` their means in every group, `_between`
the divergences of those means, `_group_divergences` the record, `_penalty` the module for training.
"""

from kullback.nn.fairness._group_divergences import GroupDivergences, group_divergences
from kullback.nn.fairness._penalty import FairnessPenalty

__all__ = ["FairnessPenalty", "GroupDivergences", "group_divergences"]
