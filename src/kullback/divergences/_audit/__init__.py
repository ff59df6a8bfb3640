"""What somebody else's divergence or loss computes, found out by calling it.

Where is what: `_verb` the verb, `_record` what it returns and how that reads, `_forms` the quantities a function may
compute, `_probes` the pairs it is called with and the call itself, `_recognition` the search for the form that agrees,
`_scale` base, divisor and factor, `_checks` zeros, near-equal input, weights and three axes, `_gradient` derivatives.
"""

from kullback.divergences._audit._record import Audit
from kullback.divergences._audit._verb import audit

__all__ = ["Audit", "audit"]
