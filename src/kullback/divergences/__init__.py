"""The exact verbs: a number, or an array in the caller's library, differentiable there.

Where is what: `_divergence` the main verb and what is made of it, `_entropies` entropy and its relatives, `_families`
Rényi and f-divergences, `_explain` how a number came about, `_smooth` policies for zeros, `_audit` what other people's
functions compute. Below them `_ladder` finds the way for two laws, `_arrays` and `_blocks` do arrays, `_inputs` and
`_read` bring in what came.
"""

from kullback.divergences._audit import Audit, audit
from kullback.divergences._divergence import contributions, divergence, jeffreys, jensen_shannon
from kullback.divergences._entropies import conditional_entropy, cross_entropy, entropy, mutual_information
from kullback.divergences._explain import Explanation, explain
from kullback.divergences._families import f_divergence, renyi
from kullback.divergences._smooth import Smoothed, smooth, smoothing_sensitivity

__all__ = [
    "Audit",
    "Explanation",
    "Smoothed",
    "audit",
    "conditional_entropy",
    "contributions",
    "cross_entropy",
    "divergence",
    "entropy",
    "explain",
    "f_divergence",
    "jeffreys",
    "jensen_shannon",
    "mutual_information",
    "renyi",
    "smooth",
    "smoothing_sensitivity",
]
