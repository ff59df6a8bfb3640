"""Information geometry: Fisher information, the expansion of the divergence, distances, geodesics, natural gradients.

Where is what: `_information` the verb and `_record` what it returns, `_mixture` the numeric case; `_second_order` the
expansion beside the exact divergence; `_distance` and `_geodesic` with `_half_plane` (location and scale) and
`_straight` (e- and m-geodesics); `_natural` the natural gradient; below them `_coordinates`, `_shift`, `_pairs` and
`_solve`. The closed forms are in the table of families.
"""

from kullback.fitting.geometry._distance import fisher_rao_distance
from kullback.fitting.geometry._geodesic import geodesic
from kullback.fitting.geometry._information import fisher_information
from kullback.fitting.geometry._natural import natural_gradient
from kullback.fitting.geometry._record import FisherInformation
from kullback.fitting.geometry._second_order import SecondOrder, second_order

__all__ = [
    "FisherInformation",
    "SecondOrder",
    "fisher_information",
    "fisher_rao_distance",
    "geodesic",
    "natural_gradient",
    "second_order",
]
