"""Pixels of an image, checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kullback._core import InputError, numbers


def pixels_of(image: Any, name: str, /) -> NDArray[np.float64]:
    """An image as floats of shape ``(height, width, channels)``."""
    array = np.asarray(numbers(image) if not isinstance(image, np.ndarray) else image)
    if array.ndim not in {2, 3} or not array.size or (array.ndim == 3 and array.shape[-1] > 4):
        raise InputError(
            f"{name} has shape {array.shape}. An image is (height, width) or (height, width, channels) with at most "
            "4 channels. Give images one by one, channels last."
        )
    if array.dtype.kind not in "buif":
        raise InputError(f"{name} holds {array.dtype}. Numbers are needed.")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"{name} holds NaN or infinite pixels. Fill or cut them out first.")
    return values if values.ndim == 3 else values[..., None]


def pair_of(x: Any, y: Any, /) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two images with the same channels."""
    one, two = pixels_of(x, "x"), pixels_of(y, "y")
    if one.shape[-1] != two.shape[-1]:
        raise InputError(f"x has {one.shape[-1]} channels and y {two.shape[-1]}. Give both in gray or both in color.")
    return one, two
