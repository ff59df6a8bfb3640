"""Whatever came, as laws."""

from typing import Any

from kullback._core import InputError
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
        _, shares, _ = checked_shares(value, -1, normalize=normalize)
        return Categorical(shares)
    return to_law(value)


def give_back(value: Any, *laws: Law) -> Any:
    """A result in the float type of the laws: the widest of those that came with one."""
    casts = [law.__dict__["_give_back"] for law in laws if "_give_back" in law.__dict__]
    results = [cast(value) for cast in casts]
    if not results:
        return value[()] if hasattr(value, "ndim") and value.ndim == 0 else value
    return max(results, key=lambda result: result.dtype.itemsize if hasattr(result, "dtype") else 8)
