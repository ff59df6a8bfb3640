"""Tools for variational autoencoders: the divergence of the latent law, its weight, and what it left of the latents.

Where is what: `_gaussian` the divergence per dimension (`_gaussian_function` its numbers and gradients), `_free_bits`
and `_balanced` two ways to spend it, `_schedules` weights over the steps, `_active` and `_report` whether the latents
are used, `_plot` the picture of that. Below them `_inputs` checks what came.
"""

from kullback.nn.vae._active import ActiveUnits, active_units
from kullback.nn.vae._balanced import balanced_kl
from kullback.nn.vae._free_bits import free_bits
from kullback.nn.vae._gaussian import gaussian_kl
from kullback.nn.vae._report import CollapseReport, collapse_report
from kullback.nn.vae._schedules import ConstantBeta, CyclicalBeta, WarmupBeta

__all__ = [
    "ActiveUnits",
    "CollapseReport",
    "ConstantBeta",
    "CyclicalBeta",
    "WarmupBeta",
    "active_units",
    "balanced_kl",
    "collapse_report",
    "free_bits",
    "gaussian_kl",
]
