"""Divergences of two samples from a critic that scores them: games, and bounds with their finite-sample bias.

Where is what: `_scores` brings scores in, `_bound_estimate` the record of a bound, `_variational_bounds` the bounds of
Donsker and Varadhan and of Nguyen, Wainwright and Jordan, `_bound_bias` what finite samples add, `_forms` the
activations and conjugates of f-divergences, `_fgan` the game.
"""

from kullback.nn.adversarial._bound_bias import bound_bias
from kullback.nn.adversarial._bound_estimate import BoundEstimate
from kullback.nn.adversarial._fgan import FGAN
from kullback.nn.adversarial._variational_bounds import donsker_varadhan, nwj_bound

__all__ = ["FGAN", "BoundEstimate", "bound_bias", "donsker_varadhan", "nwj_bound"]
