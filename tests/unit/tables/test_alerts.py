"""The life of an alert: new, ongoing, resolved, accepted; one message for each; nothing lost when two write at once."""

import json
import multiprocessing
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import kullback as kl
from kullback.tables.past._alerts import LOCK_FILE, locked

DAYS = [f"2013-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29)]


def table(seed: int, *, share: float = 0.3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame({"plan": rng.choice(["free", "paid"], size=400, p=[1 - share, share])})


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Path:
    kept = kl.History(tmp_path_factory.mktemp("past"))
    for seed, day in enumerate(DAYS[:35]):
        kept.add(table(seed), day)
    return kept.folder


@pytest.fixture
def history(past, tmp_path) -> kl.History:
    return kl.History(shutil.copytree(past, tmp_path / "history"))


def record(history: kl.History, day: int, share: float) -> list[str]:
    """What is said of a day."""
    found = history.record(table(1000 + day, share=share), DAYS[day])
    return [alert.state for alert in found.history.alerts]


def test_one_message_when_it_begins_and_one_when_it_ends(history):
    said = [record(history, day, 0.7 if 36 <= day < 42 else 0.3) for day in range(35, 46)]
    assert said == [[], ["new"], [], [], [], [], [], [], [], ["resolved"], []]
    (alert,) = history.past_alerts
    assert (alert.column, alert.opened, alert.last, alert.alarms) == ("plan", DAYS[36], DAYS[41], 6)
    assert (alert.resolved, alert.cause) == (DAYS[44], "quiet")


def test_a_lasting_shift_stays_open_as_its_windows_are_no_past(history):
    for day in range(35, 50):
        record(history, day, 0.7)
    (alert,) = history.alerts
    assert (alert.state, alert.alarms, alert.windows) == ("ongoing", 15, 15)
    assert history.compare(table(1, share=0.7), DAYS[50]).history["plan"].left_out == 15


def test_what_lasts_as_long_as_the_past_becomes_the_past(history):
    said = [record(history, day, 0.7) for day in range(35, 63)]
    assert said[0] == ["new"]
    assert said[-1] == ["resolved"]
    assert history.past_alerts[0].cause == "moved"


def test_an_accepted_shift_becomes_part_of_the_past(history):
    for day in range(35, 40):
        record(history, day, 0.7)
    accepted = history.accept("plan", reason="new price list")
    assert (accepted.state, accepted.reason) == ("accepted", "new price list")
    assert history.compare(table(2, share=0.7), DAYS[41]).history["plan"].left_out == 0
    assert [record(history, day, 0.7) for day in range(40, 46)].count(["new"]) == 0


def test_a_run_that_is_repeated_changes_no_alert(history):
    assert record(history, 35, 0.7) == ["new"]
    before = (history.folder / "alerts.json").read_bytes()
    assert record(history, 35, 0.7) == []
    assert (history.folder / "alerts.json").read_bytes() == before
    assert len(history.windows) == 36


def test_comparing_keeps_nothing(history):
    before = sorted(path.name for path in history.folder.iterdir())
    assert history.compare(table(9, share=0.7), DAYS[35]).history.alerts is None
    assert sorted(path.name for path in history.folder.iterdir()) == before


def test_the_file_says_what_it_is(history):
    record(history, 35, 0.7)
    document = json.loads((history.folder / "alerts.json").read_text())
    assert (document["format"], document["schema"], document["quiet"]) == ("kullback-alerts", 1, 3)
    assert document["alerts"][0]["state"] == "new"


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("{", "not valid JSON"),
        ("[]", "no alerts of kullback"),
        ('{"format": "kullback-alerts", "schema": 9}', "schema 9"),
        ('{"format": "kullback-alerts", "schema": 1, "last": null, "alerts": [{}]}', "damaged"),
        ('{"format": "kullback-alerts", "schema": 1}', "damaged"),
    ],
)
def test_a_damaged_file_has_one_clear_error(history, text, needs):
    (history.folder / "alerts.json").write_text(text)
    with pytest.raises(kl.InputError, match=needs):
        history.compare(table(1), DAYS[40])


def test_wrong_input_has_one_clear_error(history, tmp_path):
    with pytest.raises(kl.InputError, match="no alert of column 'plan' is open"):
        history.accept("plan", reason="because")
    record(history, 35, 0.7)
    with pytest.raises(kl.InputError, match="for a reason"):
        history.accept("plan", reason="  ")
    for name in ("../out", "alerts", "a/b", ".hidden", ""):
        with pytest.raises(kl.InputError, match="cannot be called"):
            history.add(table(1), name)
    (tmp_path / "file").write_text("")
    with pytest.raises(kl.InputError, match="is no folder"):
        kl.History(tmp_path / "file")


def test_hostile_names_are_inert_in_messages(history):
    odd = pl.DataFrame({"\x1b[31mplan\u202e": ["a", "b"] * 200})
    kept = kl.History(history.folder.parent / "odd")
    for seed, day in enumerate(DAYS[:28]):
        kept.add(odd.sample(300, seed=seed), day)
    found = kept.record(odd.with_columns(pl.lit("c").alias(odd.columns[0])), DAYS[28])
    message = found.history.alerts[0].message
    assert "\x1b" not in message
    assert "\u202e" not in message


def test_a_lock_that_stays_is_named(history):
    (history.folder / LOCK_FILE).touch()
    with pytest.raises(kl.InputError, match="delete"), locked(history.folder, patience=0.1):
        pass


def _add_days(folder: str, first: int) -> None:
    for day in range(first, first + 4):
        kl.History(folder).add(table(day), DAYS[day])


def test_two_processes_at_once_lose_nothing(history):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_add_days, args=(str(history.folder), first)) for first in (40, 44)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert history.windows == [*DAYS[:35], *DAYS[40:48]]
    assert not (history.folder / LOCK_FILE).exists()
