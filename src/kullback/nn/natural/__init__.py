"""Natural gradients: the Fisher information of laws and of models, and steps that are measured by it.

Where is what: `_law_fisher` the information of a law with `_coordinates` (its free parameters) and `_differences`
(where derivatives are not enough), `_direction` solving with it, `_optimizer` the optimizer with `_products` (the
Fisher matrix of a model) and `_outputs` (that of its outputs).
"""

from kullback.nn.natural._direction import natural_direction
from kullback.nn.natural._law_fisher import exact_fisher
from kullback.nn.natural._optimizer import NaturalGradient

__all__ = ["NaturalGradient", "exact_fisher", "natural_direction"]
