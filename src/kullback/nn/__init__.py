"""Training with divergences in PyTorch: losses, penalties and constraints that are right in value and gradient.

Where is what: `losses` (logits, tokens, distillation), `vae`, `policies`, `consolidation` (elastic weights),
`natural` (natural gradient), `fairness`, `adversarial` (games and bounds). Their names are here too, loaded on first
use. `metrics` and `callbacks` stand apart: they need torchmetrics and Lightning.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from kullback._core import MissingExtraError, lazy_names

if find_spec("torch") is None:
    raise MissingExtraError("kullback.nn needs PyTorch. Install it: pip install 'kullback[torch]'")

if TYPE_CHECKING:
    from kullback.nn.adversarial import FGAN, BoundEstimate, bound_bias, donsker_varadhan, nwj_bound
    from kullback.nn.consolidation import EWC, FisherEstimate, fisher_diagonal, fisher_kronecker
    from kullback.nn.fairness import FairnessPenalty, GroupDivergences, group_divergences
    from kullback.nn.losses import (
        DistillationLoss,
        FusedLinearKL,
        KLLoss,
        TopKTeacher,
        count_items,
        kl_loss,
        reduce_rows,
    )
    from kullback.nn.natural import NaturalGradient, natural_direction
    from kullback.nn.policies import (
        AdaptivePenalty,
        EstimatorCheck,
        NegativeDiagnosis,
        PolicyPenalty,
        RolloutDiagnosis,
        TrustRegionStep,
        categorical_policy_kl,
        check_penalty,
        diagnose_negative,
        diagnose_rollout,
        gaussian_policy_kl,
        sampled_penalty,
        trust_region_step,
    )
    from kullback.nn.vae import (
        ActiveUnits,
        CollapseReport,
        ConstantBeta,
        CyclicalBeta,
        WarmupBeta,
        active_units,
        balanced_kl,
        collapse_report,
        free_bits,
        gaussian_kl,
    )

_HOMES = {
    "ActiveUnits": "kullback.nn.vae",
    "AdaptivePenalty": "kullback.nn.policies",
    "BoundEstimate": "kullback.nn.adversarial",
    "CollapseReport": "kullback.nn.vae",
    "ConstantBeta": "kullback.nn.vae",
    "CyclicalBeta": "kullback.nn.vae",
    "DistillationLoss": "kullback.nn.losses",
    "EWC": "kullback.nn.consolidation",
    "EstimatorCheck": "kullback.nn.policies",
    "FGAN": "kullback.nn.adversarial",
    "FairnessPenalty": "kullback.nn.fairness",
    "FisherEstimate": "kullback.nn.consolidation",
    "FusedLinearKL": "kullback.nn.losses",
    "GroupDivergences": "kullback.nn.fairness",
    "KLLoss": "kullback.nn.losses",
    "NaturalGradient": "kullback.nn.natural",
    "NegativeDiagnosis": "kullback.nn.policies",
    "PolicyPenalty": "kullback.nn.policies",
    "RolloutDiagnosis": "kullback.nn.policies",
    "TopKTeacher": "kullback.nn.losses",
    "TrustRegionStep": "kullback.nn.policies",
    "WarmupBeta": "kullback.nn.vae",
    "active_units": "kullback.nn.vae",
    "balanced_kl": "kullback.nn.vae",
    "bound_bias": "kullback.nn.adversarial",
    "categorical_policy_kl": "kullback.nn.policies",
    "check_penalty": "kullback.nn.policies",
    "collapse_report": "kullback.nn.vae",
    "count_items": "kullback.nn.losses",
    "diagnose_negative": "kullback.nn.policies",
    "diagnose_rollout": "kullback.nn.policies",
    "donsker_varadhan": "kullback.nn.adversarial",
    "fisher_diagonal": "kullback.nn.consolidation",
    "fisher_kronecker": "kullback.nn.consolidation",
    "free_bits": "kullback.nn.vae",
    "gaussian_kl": "kullback.nn.vae",
    "gaussian_policy_kl": "kullback.nn.policies",
    "group_divergences": "kullback.nn.fairness",
    "kl_loss": "kullback.nn.losses",
    "natural_direction": "kullback.nn.natural",
    "nwj_bound": "kullback.nn.adversarial",
    "reduce_rows": "kullback.nn.losses",
    "sampled_penalty": "kullback.nn.policies",
    "trust_region_step": "kullback.nn.policies",
}

__all__ = [
    "EWC",
    "FGAN",
    "ActiveUnits",
    "AdaptivePenalty",
    "BoundEstimate",
    "CollapseReport",
    "ConstantBeta",
    "CyclicalBeta",
    "DistillationLoss",
    "EstimatorCheck",
    "FairnessPenalty",
    "FisherEstimate",
    "FusedLinearKL",
    "GroupDivergences",
    "KLLoss",
    "NaturalGradient",
    "NegativeDiagnosis",
    "PolicyPenalty",
    "RolloutDiagnosis",
    "TopKTeacher",
    "TrustRegionStep",
    "WarmupBeta",
    "active_units",
    "balanced_kl",
    "bound_bias",
    "categorical_policy_kl",
    "check_penalty",
    "collapse_report",
    "count_items",
    "diagnose_negative",
    "diagnose_rollout",
    "donsker_varadhan",
    "fisher_diagonal",
    "fisher_kronecker",
    "free_bits",
    "gaussian_kl",
    "gaussian_policy_kl",
    "group_divergences",
    "kl_loss",
    "natural_direction",
    "nwj_bound",
    "reduce_rows",
    "sampled_penalty",
    "trust_region_step",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
