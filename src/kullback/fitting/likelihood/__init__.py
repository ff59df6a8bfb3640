"""Maximum likelihood, and the choice among models by what they are expected to lose.

`fit` finds the law of a family with the least D(empirical‖model); `select` ranks families by AIC, AICc, BIC or TIC, and
`select_from_likelihoods` does so for models that were fitted elsewhere.
"""

from kullback.fitting.likelihood._criteria import select_from_likelihoods
from kullback.fitting.likelihood._fit import fit
from kullback.fitting.likelihood._record import Fit
from kullback.fitting.likelihood._select import select
from kullback.fitting.likelihood._selection import Candidate, Selection

__all__ = ["Candidate", "Fit", "Selection", "fit", "select", "select_from_likelihoods"]
