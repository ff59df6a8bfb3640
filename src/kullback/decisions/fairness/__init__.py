"""Whether a model treats groups alike: divergences between what it predicts for them.

Where is what: `_verb` compares groups, `_record` is what it returns, `_read` brings rows and tables in, `_pairs` has
the figures of two groups (those of all groups are in `kullback.decisions._grouped`), `_picture` draws them;
`_same_input` compares predictions for the same inputs with the attribute changed. `kullback.nn` has the differentiable
figures and a penalty to train with.
"""

from kullback.decisions.fairness._record import GroupDivergence, GroupPair
from kullback.decisions.fairness._same_input import SameInputDivergence, same_input_divergence
from kullback.decisions.fairness._verb import group_divergence

__all__ = ["GroupDivergence", "GroupPair", "SameInputDivergence", "group_divergence", "same_input_divergence"]
