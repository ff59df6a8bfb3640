"""The guide names calls that exist."""

import importlib
import re

import pytest

import kullback as kl
from kullback.decisions.choice import which_divergence
from kullback.decisions.choice._guide import _GUIDE


@pytest.mark.parametrize("purpose", list(_GUIDE))
def test_advice_can_be_followed(purpose: str) -> None:
    advice = which_divergence(purpose.upper())
    assert advice.purpose == purpose
    calls = re.findall(r"\b(kl|decisions|fitting|nn|scipy\.stats)\.(\w+)\(", advice.call)
    assert calls
    for home, name in calls:
        module = {"kl": "kullback", "scipy.stats": "scipy.stats"}.get(home, f"kullback.{home}")
        assert hasattr(importlib.import_module(module), name), f"{home}.{name}"


def test_unknown_purpose_lists_those_that_are_known() -> None:
    with pytest.raises(kl.InputError, match="compare tables, fit a model"):
        which_divergence("make tea")
    with pytest.raises(kl.InputError, match="Choose from"):
        which_divergence(3)
