"""Losses of a student and a teacher: from logits, from the k likeliest outcomes, or from hidden states.

Where is what: `kl_loss` in `_kl_loss` and its modules in `_modules`, the formulas in `_directions`, blocks of rows in
`_rows`, derivatives in `_derive`, merged outcomes in `_top_k`, hidden states in `_fused`, the mean in `_reduce`.
"""

from kullback.nn.losses._fused import FusedLinearKL
from kullback.nn.losses._kl_loss import kl_loss
from kullback.nn.losses._modules import DistillationLoss, KLLoss
from kullback.nn.losses._reduce import count_items, reduce_rows
from kullback.nn.losses._top_k import TopKTeacher

__all__ = ["DistillationLoss", "FusedLinearKL", "KLLoss", "TopKTeacher", "count_items", "kl_loss", "reduce_rows"]
