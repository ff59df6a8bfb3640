import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from kullback.cli._app import main


def kullback(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "kullback", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


X = np.random.default_rng(0).gamma(2.0, 3.0, 200)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("fit") / "x.csv"
    kinds, days = ["a", "b", "b", ""] * 50, ["2024-01-01"] * 200
    rows = [f"{x:.17g},{kind},{i % 3},{day}" for i, (x, kind, day) in enumerate(zip(X, kinds, days, strict=True))]
    path.write_text("\n".join(["value,kind,w,day", *rows]) + "\n")
    return path


def test_named_families_are_ranked(table):
    record = json.loads(kullback("fit", table, "--column", "value", "--families", "gamma,normal", "--json"))
    assert [one["name"] for one in record["candidates"]] == ["Gamma", "Normal"]
    heights = stats.norm(X.mean(), X.std()).logpdf(X).sum(), stats.gamma.logpdf(X, *stats.gamma.fit(X, floc=0)).sum()
    assert record["candidates"][1]["log_likelihood"] == pytest.approx(heights[0], rel=1e-9)
    assert record["candidates"][0]["log_likelihood"] == pytest.approx(heights[1], rel=1e-6)
    assert sum(one["weight"] for one in record["candidates"]) == pytest.approx(1.0)


def test_text_for_a_person_and_a_picture(table, tmp_path):
    shown = kullback(
        "fit", table, "--column", "value", "--families", "gamma,weibull", "--criterion", "aicc", "--weights", "w",
        "--plot", tmp_path / "fit.png",
    )  # fmt: skip
    assert "2 models by AICc, n = 199" in shown
    assert "not chances of truth" in shown
    assert (tmp_path / "fit.png").stat().st_size > 5000


def test_all_on_text_is_categorical(table):
    shown = kullback("fit", table, "--column", "kind", "--families", "all", "--nan-policy", "omit")
    assert "probs[a]  0.333333" in shown
    assert "50 missing values left out" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--column", "nope"], "there is no column 'nope'"),
        ([], "has 4 columns"),
        (["--column", "value", "--families", "gama"], "is no family"),
        (["--column", "value", "--families", "all,gamma"], "all stands for itself"),
        (["--column", "value", "--criterion", "dic"], "--criterion dic"),
        (["--column", "kind", "--families", "normal"], "only Categorical"),
        (["--column", "kind"], "lacks 50 of 200"),
        (["--column", "day"], "holds dates"),
        (["--column", "value", "--families", "poisson"], "no family can be fitted"),
        (["--column", "value", "--weights", "kind"], "kind"),
        (["--column", "value", "--plot", "/nowhere/x.png"], "does not exist"),
        (["--column", "value", "--where", "value > 1e9"], "empty"),
    ],
)
def test_bad_input_has_one_clear_error(table, arguments, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["kullback", "fit", str(table), *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    shown = capsys.readouterr().err
    assert stop.value.code == 2
    assert shown.startswith("kullback: ")
    assert words in shown
