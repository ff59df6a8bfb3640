"""The monitor in real training loops of Lightning."""

from importlib import import_module

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from kullback.nn import collapse_report, gaussian_kl

# On machines with many cores Lightning says that loaders could have workers; these are too small for any.
workers = pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers")
# Lightning calls torch's pytrees by an old name.
trees = pytest.mark.filterwarnings("ignore:.*LeafSpec.* is deprecated:FutureWarning")
pytestmark = [workers, trees]


@pytest.fixture(scope="module")
def monitor(require):
    require("lightning")
    from kullback.nn.callbacks import CollapseMonitor  # noqa: PLC0415 - it needs Lightning

    return CollapseMonitor


def _data():
    x = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))
    return DataLoader(TensorDataset(x), batch_size=20)


def _module(lightning, *, deaf=False, forgets=False):
    class Autoencoder(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = torch.nn.Linear(4, 4), torch.nn.Linear(2, 4)
            with torch.no_grad():  # a start that uses both latents, with small posterior variances
                self.encoder.weight.copy_(torch.eye(4)[[0, 1, 2, 3]] * torch.tensor([[2.0], [2.0], [0.0], [0.0]]))
                self.encoder.bias.copy_(torch.tensor([0.0, 0.0, -2.0, -2.0]))

        def encode(self, x):
            return self.encoder(x).chunk(2, dim=-1)

        def _loss(self, batch):
            self.posterior = mean, log_var = self.encode(batch[0])
            z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
            given = torch.zeros_like(z) if deaf else z
            return (
                20 * (self.decoder(given) - batch[0]).square().sum(-1).mean()
                + gaussian_kl(mean, log_var).sum(-1).mean()
            )

        def training_step(self, batch, _):
            return self._loss(batch)

        def validation_step(self, batch, _):
            if not forgets:
                self._loss(batch)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.2 if deaf else 0.001)

    torch.manual_seed(0)
    return Autoencoder()


def _fit(module, callback, *, epochs=2, lightning=None, **options):
    lightning = lightning or import_module("lightning.pytorch")
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = lightning.Trainer(max_epochs=epochs, accelerator="cpu", callbacks=[callback], **quiet, **options)
    with torch.random.fork_rng():
        trainer.fit(module, _data(), _data())
    return trainer


@pytest.mark.parametrize("name", ["lightning.pytorch", "pytorch_lightning"])
def test_a_healthy_model_is_left_alone(monitor, require, name):
    lightning = require(name)
    module = _module(lightning)
    watch = monitor("posterior", stop=True)
    trainer = _fit(module, watch, lightning=lightning)
    assert trainer.current_epoch == 2
    assert watch.report.state == "healthy"
    with torch.no_grad():
        true = collapse_report(*module.encode(next(iter(DataLoader(_data().dataset, 96)))[0]))
    logged = trainer.callback_metrics
    assert logged["latent/rate"].item() == pytest.approx(true.rate, rel=1e-5)
    assert logged["latent/active_units"].item() == true.active == 2
    assert [logged[f"latent/kl_{place}"].item() for place in range(2)] == pytest.approx(true.kl, rel=1e-5)
    assert watch.report.information == pytest.approx(true.information, rel=1e-4)


def test_a_decoder_that_ignores_the_latent_collapses(monitor, require):
    module = _module(require("lightning.pytorch"), deaf=True)
    watch = monitor(lambda own, batch: own.encode(batch[0]), name="z")
    with pytest.warns(UserWarning, match="posterior collapse in epoch") as seen:
        trainer = _fit(module, watch, epochs=8)
    assert trainer.current_epoch == 8
    assert sum("posterior collapse" in str(one.message) for one in seen) == 1
    assert watch.report.state == "collapsed"
    assert trainer.callback_metrics["z/active_units"].item() == 0
    assert "collapsed: 2 of 2 dimensions" in repr(watch)


def test_stop_ends_the_training(monitor, require):
    watch = monitor("posterior", stop=True)
    with pytest.warns(UserWarning, match="posterior collapse"):
        trainer = _fit(_module(require("lightning.pytorch"), deaf=True), watch, epochs=20)
    assert trainer.current_epoch < 20


def test_an_attribute_of_the_training_is_not_taken_for_validation(monitor, require):
    module = _module(require("lightning.pytorch"), forgets=True)
    with pytest.raises(ValueError, match=r"validation_step left Autoencoder\.posterior as it was"):
        _fit(module, monitor("posterior"), num_sanity_val_steps=0)


def test_sanity_check_does_not_count(monitor, require):
    watch = monitor("posterior")
    _fit(_module(require("lightning.pytorch")), watch, epochs=1, num_sanity_val_steps=2)
    assert watch.report.n == 96


def test_without_validation_there_is_no_report(monitor, require):
    watch = monitor("posterior")
    _fit(_module(require("lightning.pytorch")), watch, epochs=1, limit_val_batches=0)
    assert watch.report is None


def test_refuses(monitor, require):
    with pytest.raises(ValueError, match="posterior is a int"):
        monitor(3)
    with pytest.raises(ValueError, match="floor=-1"):
        monitor("posterior", floor=-1)
    with pytest.raises(ValueError, match="threshold"):
        monitor("posterior", threshold=-1.0)
    with pytest.raises(ValueError, match="posterior gave a Tensor"):
        _fit(_module(require("lightning.pytorch")), monitor(lambda _, batch: batch[0]), epochs=1)
