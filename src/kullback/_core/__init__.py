"""Ground floor: errors, units, and the numerical primitives that everything above is built on."""

from kullback._core._errors import InputError, KullbackError, MissingExtraError, ShiftError
from kullback._core._phi import phi
from kullback._core._text import percent, printable

__all__ = ["InputError", "KullbackError", "MissingExtraError", "ShiftError", "percent", "phi", "printable"]
