"""Training with divergences in PyTorch: losses, penalties and constraints that are right in value and gradient.

Where is what: `losses` (logits, tokens, distillation), `vae`, `policies`, `consolidation` (elastic weights), `fairness`,
`adversarial` (games and bounds), `natural` (natural gradient). All their names are here too. `metrics` and `callbacks`
stand apart, as they need torchmetrics and Lightning.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kullback._core import MissingExtraError

try:
    import torch as _torch
except ImportError as error:
    raise MissingExtraError("kullback.nn needs PyTorch. Install it: pip install 'kullback[torch]'") from error

_HOMES = {
    **dict.fromkeys(
        (
            "DistillationLoss",
            "FusedLinearKL",
            "KLLoss",
            "TopKTeacher",
            "count_items",
            "kl_loss",
            "reduce_rows",
        ),
        "losses",
    ),
    **dict.fromkeys(
        (
            "CollapseReport",
            "ConstantBeta",
            "CyclicalBeta",
            "WarmupBeta",
            "active_units",
            "balanced_kl",
            "collapse_report",
            "free_bits",
            "gaussian_kl",
        ),
        "vae",
    ),
    **dict.fromkeys(
        (
            "AdaptivePenalty",
            "EstimatorCheck",
            "PolicyPenalty",
            "RolloutDiagnosis",
            "TrustRegionStep",
            "categorical_policy_kl",
            "check_penalty",
            "diagnose_negative",
            "diagnose_rollout",
            "gaussian_policy_kl",
            "sampled_penalty",
            "trust_region_step",
        ),
        "policies",
    ),
    **dict.fromkeys(("EWC", "FisherEstimate", "fisher_diagonal", "fisher_kronecker"), "consolidation"),
    **dict.fromkeys(("NaturalGradient", "exact_fisher", "natural_direction"), "natural"),
    **dict.fromkeys(("FairnessPenalty", "group_divergences"), "fairness"),
    **dict.fromkeys(
        (
            "BoundEstimate",
            "FGAN",
            "bound_bias",
            "donsker_varadhan",
            "nwj_bound",
        ),
        "adversarial",
    ),
}


def __getattr__(name: str) -> Any:
    """Load a part when one of its names is first used."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'kullback.nn' has no attribute {name!r}; it has {', '.join(sorted(_HOMES))}")
    value = getattr(import_module(f"kullback.nn.{home}"), name)
    globals()[name] = value
    return value
