"""Triton kernels of the losses, private: the losses import them when logits on a CUDA device come."""

from kullback.nn._kernels._launch import available, rows

__all__ = ["available", "rows"]
