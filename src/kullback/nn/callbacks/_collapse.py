"""Watch the latents of a variational autoencoder while it trains."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from kullback._core import InputError
from kullback.nn.callbacks._lightning import Callback, LightningModule, Trainer, rank_zero_warn
from kullback.nn.metrics import GaussianKL
from kullback.nn.vae import CollapseReport

Posterior = tuple[Tensor, Tensor]


class CollapseMonitor(Callback):
    """Log what the latents carry in every validation epoch, and say once when they have collapsed.

    It logs `latent/rate`, `latent/active_units` and `latent/kl_0`, `latent/kl_1`, … in nats per example, over all
    examples of all processes. The last report is kept in `report`.

    Args:
        posterior: Where (mean, log_var), each of shape (n, d), come from: a function of the module and the batch; or
            the name of an attribute that `validation_step` sets.
        prior_mean: Mean of the prior, a number or a tensor of shape (d,).
        prior_log_var: Logarithm of its variance, likewise.
        floor: Nats of information below which a dimension is empty.
        threshold: Variance of the posterior mean above which a dimension is active.
        stop: Whether to stop the training when three quarters of the dimensions are empty.
        name: What logged names start with.

    Raises:
        InputError: `posterior` is neither a function nor a name; in validation, it gives no two tensors, or
            `validation_step` left the attribute as it was.
        MissingExtraError: Lightning or torchmetrics is not installed.

    Note:
        Only sums are kept: no memory grows with the data. Checks before the training (`num_sanity_val_steps`) do not
        count. An untrained model may carry nothing yet, so with `stop` give it an epoch first.

    Example:
        >>> from kullback.nn.callbacks import CollapseMonitor
        >>> CollapseMonitor(lambda module, batch: module.encode(batch[0]), stop=True)
        CollapseMonitor(floor 0.01 nats, active above variance 0.01, stops the training, no report yet)
    """

    def __init__(
        self,
        posterior: str | Callable[[LightningModule, Any], Posterior],
        *,
        prior_mean: Tensor | float = 0.0,
        prior_log_var: Tensor | float = 0.0,
        floor: float = 0.01,
        threshold: float = 0.01,
        stop: bool = False,
        name: str = "latent",
    ) -> None:
        super().__init__()
        if not callable(posterior) and not isinstance(posterior, str):
            raise InputError(
                f"posterior is a {type(posterior).__name__}. Give a function of the module and the batch, or the name "
                "of an attribute that validation_step sets to (mean, log_var)."
            )
        if not floor >= 0.0:
            raise InputError(f"floor={floor!r} is not a number of nats. Give one that is not negative.")
        self._made = partial(GaussianKL, prior_mean=prior_mean, prior_log_var=prior_log_var, threshold=threshold)
        self.threshold = self._made(1).threshold  # it refuses what is no variance
        self.posterior, self.floor, self.stop, self.name = posterior, float(floor), stop, name
        self.report: CollapseReport | None = None
        self._metric: GaussianKL | None = None
        self._before: Any = None
        self._warned = False

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 - a hook
        """Forget the last epoch."""
        self._metric = None

    def on_validation_batch_start(self, trainer: Trainer, pl_module: LightningModule, *batch: Any) -> None:  # noqa: ARG002
        """Remember what the training left in the attribute."""
        if isinstance(self.posterior, str):
            self._before = getattr(pl_module, self.posterior, None)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ARG002 - a hook
        batch: Any,
        *place: int,  # noqa: ARG002
    ) -> None:
        """Add the posteriors of a batch."""
        if trainer.sanity_checking:
            return
        mean, log_var = _pair(self._read(pl_module, batch))
        if self._metric is None:
            self._metric = self._made(mean.shape[-1]).to(mean.device)
        self._metric.update(mean, log_var)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the figures of all processes, and warn of a collapse."""
        metric = self._shared(trainer, pl_module)
        if metric is None:
            return
        found = metric.compute()
        self.report = self._reported(found)
        figures = {f"kl_{place}": nats for place, nats in enumerate(found["kl"].reshape(-1).unbind())}
        figures |= {"rate": found["rate"], "active_units": found["active_units"]}
        # The figures are those of all processes already: to average equal numbers changes none.
        pl_module.log_dict({f"{self.name}/{key}": value.float() for key, value in figures.items()}, sync_dist=True)
        if self.report.state == "collapsed":
            self._collapsed(trainer)

    def _read(self, module: LightningModule, batch: Any) -> Any:
        if not isinstance(self.posterior, str):
            return self.posterior(module, batch)
        found = getattr(module, self.posterior, None)
        if found is None or found is self._before:
            raise InputError(
                f"validation_step left {type(module).__name__}.{self.posterior} as it was. Set it there to (mean, "
                "log_var) of the batch, or give a function of the module and the batch."
            )
        return found

    def _shared(self, trainer: Trainer, module: LightningModule) -> GaussianKL | None:
        """The metric, empty where only other processes had examples: all of them must ask for its values."""
        latents = torch.tensor(self._metric.latents if self._metric else 0, device=module.device)
        latents = trainer.strategy.reduce(latents, reduce_op="max")
        if self._metric is None and int(latents):
            self._metric = self._made(int(latents)).to(module.device)
        return self._metric

    def _reported(self, found: dict[str, Tensor]) -> CollapseReport:
        kl, information, variances = (
            tuple(found[key].reshape(-1).tolist()) for key in ("kl", "information", "variance")
        )
        return CollapseReport(kl, information, variances, None, int(found["examples"]), self.floor, self.threshold)

    def _collapsed(self, trainer: Trainer) -> None:
        if not self._warned:
            rank_zero_warn(f"posterior collapse in epoch {trainer.current_epoch}: {self.report}")
        self._warned = True
        if self.stop:
            trainer.should_stop = True

    def __repr__(self) -> str:
        """The limits, and the last verdict."""
        stops = ", stops the training" if self.stop else ""
        last = "no report yet" if self.report is None else self.report.verdict
        limits = f"floor {self.floor:g} nats, active above variance {self.threshold:g}"
        return f"{type(self).__name__}({limits}{stops}, {last})"


def _pair(found: Any) -> Posterior:
    known = isinstance(found, tuple | list) and len(found) == 2 and all(isinstance(one, Tensor) for one in found)
    if not known or found[0].dim() == 0:
        raise InputError(f"posterior gave a {type(found).__name__}. Give two tensors, (mean, log_var) of shape (n, d).")
    return found[0].detach(), found[1].detach()
