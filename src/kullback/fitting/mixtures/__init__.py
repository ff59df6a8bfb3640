"""Divergences of mixtures of normal laws: exact where they can be, bracketed elsewhere.

Where is what: `_divergence` the verbs and `_record` what they return, `_bounds`, `_entropy_bounds` and `_projections`
what is proven, `_approximations` what is not; below them `_components` reads mixtures, `_pairs` has what pairs of
normal laws have in closed form, `_shared` leaves out what does not differ, `_cubature` and `_stratified` compute.
"""

from kullback.fitting.mixtures._approximations import (
    moment_approximation,
    nearest_approximation,
    product_approximation,
    variational_approximation,
)
from kullback.fitting.mixtures._bounds import (
    durrieu_lower_bound,
    durrieu_upper_bound,
    matched_upper_bound,
    variational_upper_bound,
)
from kullback.fitting.mixtures._divergence import mixture_divergence, mixture_entropy, mixture_jensen_shannon
from kullback.fitting.mixtures._entropy_bounds import entropy_lower_bound, entropy_upper_bound
from kullback.fitting.mixtures._projections import projection_lower_bound
from kullback.fitting.mixtures._record import MixtureFigure

__all__ = [
    "MixtureFigure",
    "durrieu_lower_bound",
    "durrieu_upper_bound",
    "entropy_lower_bound",
    "entropy_upper_bound",
    "matched_upper_bound",
    "mixture_divergence",
    "mixture_entropy",
    "mixture_jensen_shannon",
    "moment_approximation",
    "nearest_approximation",
    "product_approximation",
    "projection_lower_bound",
    "variational_approximation",
    "variational_upper_bound",
]
