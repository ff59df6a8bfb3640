"""Sentences that can be said in any language."""

import copy
import pickle

import pytest

from kullback.tables._messages import Message

SAID = Message("{share} of {whole}", share="17 %", whole=Message("{count} rows", count="20"))


def test_a_message_is_its_text():
    assert SAID == "17 % of 20 rows"
    assert f"{SAID}!" == "17 % of 20 rows!"


def test_a_message_keeps_what_it_names():
    assert SAID.template == "{share} of {whole}"
    assert SAID.parts["whole"].parts == {"count": "20"}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda said: pickle.loads(pickle.dumps(said))])  # noqa: S301
def test_copies_are_whole(again):
    assert again(SAID) == SAID
    assert again(SAID).parts["whole"].template == "{count} rows"


def test_braces_in_data_are_data():
    assert Message("{value} {before} → {after}", value="{before}", before="1", after="2") == "{before} 1 → 2"
