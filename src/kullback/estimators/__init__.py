"""The verbs on samples: a figure, its interval, and whether to trust it.

Where is what: `_verb`, `_entropy_verb` and `_information_verb` are the three verbs, `_choice` and `_counts_choice` what
"auto" takes when; `_columns`, `_points`, `_tally` and `_ties` bring in what came; then a file for each method (numbers:
`_neighbors`, `_adaptive_neighbors`, `_whitened_neighbors`, `_gaussian`, `_classifier_ratio`, `_telescoping`, `_kliep`,
`_ulsif`; counts: `_zhang_grabchak` to `_bayesian`; labels beside numbers: `_strata`; laws: `_monte_carlo`,
`_sample_against_law`, `_law_against_sample`; entropy and information: `_kozachenko`, `_ksg`, `_mixed_information`) with
what they stand on beside them, and `_plot` for the picture.
"""

from kullback.estimators._adaptive_neighbors import adaptive_neighbors
from kullback.estimators._add_half import add_half
from kullback.estimators._bayesian import bayesian
from kullback.estimators._chao_shen import chao_shen, chao_shen_entropy
from kullback.estimators._classifier_ratio import classifier_ratio
from kullback.estimators._counts_choice import counts
from kullback.estimators._counts_entropy import counts_entropy
from kullback.estimators._counts_information import counts_mutual_information
from kullback.estimators._entropy_verb import estimate_entropy
from kullback.estimators._estimate import Estimate
from kullback.estimators._gaussian import gaussian
from kullback.estimators._grassberger import grassberger, grassberger_entropy
from kullback.estimators._information_check import information_as_divergence
from kullback.estimators._information_verb import estimate_mutual_information
from kullback.estimators._kliep import kliep
from kullback.estimators._kozachenko import kozachenko_leonenko
from kullback.estimators._ksg import ksg
from kullback.estimators._law_against_sample import law_against_sample
from kullback.estimators._miller_madow import miller_madow, miller_madow_entropy
from kullback.estimators._mixed_information import mixed_ksg
from kullback.estimators._monte_carlo import monte_carlo
from kullback.estimators._neighbors import neighbors
from kullback.estimators._plot import plot_contributions, save_plot
from kullback.estimators._sample_against_law import sample_against_law
from kullback.estimators._telescoping import telescoping
from kullback.estimators._ulsif import ulsif
from kullback.estimators._verb import METHODS, estimate
from kullback.estimators._whitened_neighbors import whitened_neighbors
from kullback.estimators._zhang_grabchak import zhang_grabchak, zhang_grabchak_entropy

__all__ = [
    "METHODS",
    "Estimate",
    "adaptive_neighbors",
    "add_half",
    "bayesian",
    "chao_shen",
    "chao_shen_entropy",
    "classifier_ratio",
    "counts",
    "counts_entropy",
    "counts_mutual_information",
    "estimate",
    "estimate_entropy",
    "estimate_mutual_information",
    "gaussian",
    "grassberger",
    "grassberger_entropy",
    "information_as_divergence",
    "kliep",
    "kozachenko_leonenko",
    "ksg",
    "law_against_sample",
    "miller_madow",
    "miller_madow_entropy",
    "mixed_ksg",
    "monte_carlo",
    "neighbors",
    "plot_contributions",
    "sample_against_law",
    "save_plot",
    "telescoping",
    "ulsif",
    "whitened_neighbors",
    "zhang_grabchak",
    "zhang_grabchak_entropy",
]
