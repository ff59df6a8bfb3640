import numpy as np
import pytest

from kullback._core import InputError, numbers


@pytest.mark.parametrize(
    "given", ["abc", ["a", "b"], {"a": 1.0}, object(), [[1.0], [2.0, 3.0]], [1 + 2j], np.ones(2) * 1j]
)
def test_what_is_no_number_has_one_error(given):
    with pytest.raises(InputError, match="cannot be read as numbers"):
        numbers(given)


def test_numbers_are_floats_of_numpy(xp):
    assert numbers(xp.asarray([1, 2])).tolist() == [1.0, 2.0]
    assert numbers([True, False]).dtype == np.float64
