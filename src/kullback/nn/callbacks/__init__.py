"""Callbacks for Lightning: what happens to the latents of a variational autoencoder while it trains.

Where is what: `CollapseMonitor` in `_collapse`, the Lightning that is installed (`lightning.pytorch` or
`pytorch_lightning`) in `_lightning`. Importing this package imports Lightning.
"""

from kullback.nn.callbacks._collapse import CollapseMonitor

__all__ = ["CollapseMonitor"]
