"""Lightning under either of its names; the hooks of both are the same."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kullback._core import MissingExtraError

_NAMES = ("lightning.pytorch", "pytorch_lightning")


def _found() -> Any:
    """The one in use, else the first that is installed."""
    for name in sorted(_NAMES, key=lambda name: name not in sys.modules):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in (name, name.split(".", maxsplit=1)[0]):
                raise
    raise MissingExtraError("callbacks need Lightning: pip install lightning.")


if TYPE_CHECKING:
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.utilities.rank_zero import rank_zero_warn  # type: ignore[attr-defined]
else:
    _lightning = _found()
    Callback, LightningModule, Trainer = _lightning.Callback, _lightning.LightningModule, _lightning.Trainer
    rank_zero_warn = import_module(f"{_lightning.__name__}.utilities.rank_zero").rank_zero_warn

__all__ = ["Callback", "LightningModule", "Trainer", "rank_zero_warn"]
