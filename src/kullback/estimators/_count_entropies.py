"""Entropies of counts by the names of their methods."""

from collections.abc import Callable

from kullback.estimators._chao_shen import chao_shen_entropy_value
from kullback.estimators._grassberger import grassberger_entropy_value
from kullback.estimators._miller_madow import miller_madow_entropy_value
from kullback.estimators._rare_labels import extrapolated_entropy, harmonic_entropy
from kullback.estimators._tally import Counts

ENTROPIES: dict[str, Callable[[Counts], float]] = {
    "extrapolated": lambda counts: extrapolated_entropy(counts).value,
    "zhang_grabchak": harmonic_entropy,
    "grassberger": grassberger_entropy_value,
    "miller_madow": miller_madow_entropy_value,
    "chao_shen": chao_shen_entropy_value,
}
