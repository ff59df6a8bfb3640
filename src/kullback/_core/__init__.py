"""Ground floor: errors, units, and the numerical primitives that everything above is built on."""

from kullback._core._arrays import Array, Namespace, bring, is_array, is_concrete, library, namespace, numbers, wide
from kullback._core._categories import log_softmax, logit_gap, not_negative, shares_gap, softmax_gap, weights_gap
from kullback._core._errors import InputError, KullbackError, MissingExtraError, ShiftError
from kullback._core._gamma import (
    digamma_step,
    lgamma_gap,
    remainder_slope,
    shifted_gap,
    stirling_gap,
    stirling_remainder,
)
from kullback._core._gap import positive_gap
from kullback._core._phi import exp_gap, phi
from kullback._core._primitive import Primitive, polynomial, primitive, where_near
from kullback._core._ratio import (
    binary_divergence,
    itakura_saito,
    itakura_saito_products,
    itakura_saito_squares,
    log_ratio,
    product_gap,
    relative_gap,
)
from kullback._core._series import (
    log_series_gap,
    log_series_mean,
    log_sinh_gap,
    log_sinh_slope,
    log_zeta,
    logit_step,
    sinh_curvature,
    zeta_gap,
    zeta_mean_log,
)
from kullback._core._special import digamma, lgamma, special
from kullback._core._text import percent, printable

__all__ = [
    "Array",
    "InputError",
    "KullbackError",
    "MissingExtraError",
    "Namespace",
    "Primitive",
    "ShiftError",
    "binary_divergence",
    "bring",
    "digamma",
    "digamma_step",
    "exp_gap",
    "is_array",
    "is_concrete",
    "itakura_saito",
    "itakura_saito_products",
    "itakura_saito_squares",
    "lgamma",
    "lgamma_gap",
    "library",
    "log_ratio",
    "log_series_gap",
    "log_series_mean",
    "log_sinh_gap",
    "log_sinh_slope",
    "log_softmax",
    "log_zeta",
    "logit_gap",
    "logit_step",
    "namespace",
    "not_negative",
    "numbers",
    "percent",
    "phi",
    "polynomial",
    "positive_gap",
    "primitive",
    "printable",
    "product_gap",
    "relative_gap",
    "remainder_slope",
    "shares_gap",
    "shifted_gap",
    "sinh_curvature",
    "softmax_gap",
    "special",
    "stirling_gap",
    "stirling_remainder",
    "weights_gap",
    "where_near",
    "wide",
    "zeta_gap",
    "zeta_mean_log",
]
