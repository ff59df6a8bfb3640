"""Policies held near others: exact divergences, penalties from samples, diagnoses, trust regions, adaptive weights."""

from kullback.nn.policies._adaptive import AdaptivePenalty
from kullback.nn.policies._check import EstimatorCheck, check_penalty
from kullback.nn.policies._divergences import categorical_policy_kl, gaussian_policy_kl
from kullback.nn.policies._negative import NegativeDiagnosis, diagnose_negative
from kullback.nn.policies._penalty import PolicyPenalty, sampled_penalty
from kullback.nn.policies._rollout import RolloutDiagnosis, diagnose_rollout
from kullback.nn.policies._trust_region import TrustRegionStep, trust_region_step

__all__ = [
    "AdaptivePenalty",
    "EstimatorCheck",
    "NegativeDiagnosis",
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
]
