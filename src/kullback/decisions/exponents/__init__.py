"""How fast rare chances die: rate functions of means, exponents of sets of laws, and exact finite-n checks.

Where is what: `_rate` log moment generating functions, Cramér's rate and tilted laws; `_tails` the tail of a mean
beside its exponent; `_sanov` the least divergence under constraints; below them `_closed` families with a formula,
`_domain` heavy tails, `_legendre` the transform by Newton's method, `_tail_sums` and `_types` exact chances.
"""

from kullback.decisions.exponents._rate import cramer_rate, log_mgf, tilted_law
from kullback.decisions.exponents._sanov import SanovExponent, sanov_exponent
from kullback.decisions.exponents._tails import MeanTail, mean_tail
from kullback.decisions.exponents._types import SampleChance

__all__ = [
    "MeanTail",
    "SampleChance",
    "SanovExponent",
    "cramer_rate",
    "log_mgf",
    "mean_tail",
    "sanov_exponent",
    "tilted_law",
]
