"""A stationary point on its way to the record."""

from dataclasses import dataclass

import numpy as np

from kullback.families import Law
from kullback.fitting.projections._hermite import Floats

_SINGULAR = 1e-7


@dataclass(frozen=True, eq=False)
class Found:
    """A member of the family at which a divergence is stationary.

    Attributes:
        law: The member.
        gradient: Norm of the gradient.
        curvatures: Eigenvalues of the Hessian, ascending.
        share: Share of the starts that descend to it.
    """

    law: Law
    gradient: float
    curvatures: Floats
    share: float

    @property
    def kind(self) -> str:
        """What the signs of the curvatures say."""
        if np.abs(self.curvatures).min(initial=np.inf) < _SINGULAR:
            return "degenerate"
        low, high = float(self.curvatures.min(initial=np.inf)), float(self.curvatures.max(initial=-np.inf))
        return "minimum" if low > 0 else "maximum" if high < 0 else "saddle"
