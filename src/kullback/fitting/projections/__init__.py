"""Projections: the member of a family that is nearest to a target, forward or in reverse.

Where is what: `_verb` the verb and `_record` what it gives; `_target`, `_nodes` and `_evidence` what is projected;
`_moments`, `_expectations` and `_forward` moment matching, `_expectation_maximization` mixtures; `_hermite`,
`_stationary` and `_reverse` all stationary points over normal laws, `_numeric` and `_newton` over other families;
`_missed` and `_khat` what a fit leaves out; `_variational` and `_elbo` many dimensions.
"""

from kullback.fitting.projections._elbo import elbo, evidence_gap
from kullback.fitting.projections._khat import khat, khat_limit
from kullback.fitting.projections._record import Certificate, Matched, Measured, MissedMass, Projection, StationaryPoint
from kullback.fitting.projections._variational import variational_fit
from kullback.fitting.projections._variational_record import TargetMode, VariationalFit, VariationalOptimum
from kullback.fitting.projections._verb import project

__all__ = [
    "Certificate",
    "Matched",
    "Measured",
    "MissedMass",
    "Projection",
    "StationaryPoint",
    "TargetMode",
    "VariationalFit",
    "VariationalOptimum",
    "elbo",
    "evidence_gap",
    "khat",
    "khat_limit",
    "project",
    "variational_fit",
]
