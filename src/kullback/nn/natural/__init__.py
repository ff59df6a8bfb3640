"""Natural gradients: the Fisher information of models, and steps that are measured by it.

Where is what: `_direction` solving with a Fisher matrix, `_optimizer` the optimizer with `_products` (the Fisher matrix
of a model) and `_outputs` (that of its outputs). The information of a law is `kullback.fisher_information`.
"""

from kullback.nn.natural._direction import natural_direction
from kullback.nn.natural._optimizer import NaturalGradient

__all__ = ["NaturalGradient", "natural_direction"]
