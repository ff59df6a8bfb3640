"""Whatever came, as laws."""

from typing import Any

import numpy as np

from kullback._core import InputError, float_of, give_back, is_jax, namespace
from kullback.adapters import to_law
from kullback.divergences._arrays import checked_shares
from kullback.divergences._inputs import is_labelled, is_law, is_vector
from kullback.families import Categorical, Law


def as_law(value: Any, name: str, *, normalize: bool = False) -> Law:
    """A law from an object, or the law of categories 0, 1, … from an array of probabilities."""
    if is_law(value):
        return to_law(value)
    if is_labelled(value):
        raise InputError(f"{name} has labels, but the other side is a law on numbers. Give an array of probabilities.")
    if is_vector(value):
        xp, shares, _ = checked_shares(value, -1, normalize=normalize)
        law = Categorical(shares)
        object.__setattr__(law, "dtype", float_of(xp, [value]))  # of what came, not of the shares made from it
        return law
    return to_law(value)


def back(value: Any, *laws: Law) -> Any:
    """A result in the float type of the laws: the widest of those that came with one."""
    xp = namespace(value)
    dtypes = [law.__dict__.get("dtype") for law in laws]
    # A dtype of NumPy says nothing to torch: the law with it held plain numbers.
    known = [dtype for dtype in dtypes if dtype is not None and isinstance(dtype, np.dtype) == (xp is np or is_jax(xp))]
    return give_back(xp, xp.result_type(*known) if known else None, value)
