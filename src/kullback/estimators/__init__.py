"""The verbs on samples: a figure, its interval, and whether to trust it."""

from kullback.estimators._adaptive_neighbors import adaptive_neighbors
from kullback.estimators._add_half import add_half
from kullback.estimators._bayesian import bayesian
from kullback.estimators._chao_shen import chao_shen, chao_shen_entropy
from kullback.estimators._classifier_ratio import classifier_ratio
from kullback.estimators._counts_choice import counts
from kullback.estimators._counts_entropy import counts_entropy
from kullback.estimators._counts_information import counts_mutual_information
from kullback.estimators._estimate import Estimate
from kullback.estimators._gaussian import gaussian
from kullback.estimators._grassberger import grassberger, grassberger_entropy
from kullback.estimators._kliep import kliep
from kullback.estimators._law_against_sample import law_against_sample
from kullback.estimators._miller_madow import miller_madow, miller_madow_entropy
from kullback.estimators._monte_carlo import monte_carlo
from kullback.estimators._neighbors import neighbors
from kullback.estimators._plot import plot_contributions, save_plot
from kullback.estimators._sample_against_law import sample_against_law
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
    "gaussian",
    "grassberger",
    "grassberger_entropy",
    "kliep",
    "law_against_sample",
    "miller_madow",
    "miller_madow_entropy",
    "monte_carlo",
    "neighbors",
    "plot_contributions",
    "sample_against_law",
    "save_plot",
    "ulsif",
    "whitened_neighbors",
    "zhang_grabchak",
    "zhang_grabchak_entropy",
]
