"""Every error is one of ours and also the built-in that a caller would expect."""

import pytest

from kullback._core import InputError, KullbackError, MissingExtraError, ShiftError


@pytest.mark.parametrize(
    ("error", "builtin"), [(InputError, ValueError), (MissingExtraError, ImportError), (ShiftError, AssertionError)]
)
def test_bases(error, builtin):
    assert issubclass(error, KullbackError)
    assert issubclass(error, builtin)
