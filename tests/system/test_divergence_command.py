"""`kullback divergence` as a user runs it."""

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest

PROGRAM = Path(sysconfig.get_path("scripts")) / "kullback"


def run(*arguments, cwd):
    return subprocess.run([PROGRAM, "divergence", *arguments], capture_output=True, text=True, cwd=cwd, check=False)


def test_two_laws(tmp_path):
    done = run("normal(0,1)", "normal(1,2)", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "D(p‖q) = 0.4431471806 nats = 0.6393262398 bits\n")


@pytest.mark.parametrize("text", ["0.2\n0.8\n", "p\n0.2\r\n0.8\r\n", "\ufeff0.2\n\n0.8\n"])
def test_two_files_of_numbers(tmp_path, text):
    (tmp_path / "p.csv").write_text(text, encoding="utf-8")
    (tmp_path / "q.csv").write_text("0.7\n0.3\n")
    assert run("p.csv", "q.csv", "--bits", cwd=tmp_path).stdout == "D(p‖q) = 0.770559015 bits\n"


def test_labels_are_matched_and_infinity_is_explained(tmp_path):
    (tmp_path / "p.csv").write_text('system,share\nWindows,0.6\n"mac, OS",0.25\nLinux,0.15\n')
    (tmp_path / "q.csv").write_text('"mac, OS",0.25\nWindows,0.75\n')
    assert run("p.csv", "q.csv", cwd=tmp_path).stdout == "D(p‖q) = inf: q holds Linux impossible, p gives it 15 %\n"
    found = json.loads(run("p.csv", "q.csv", "--json", cwd=tmp_path).stdout)
    assert (found["value"], found["unit"]) == ("inf", "nats")
    assert found["reverse"] == pytest.approx(0.167357663485657)


def test_a_file_against_a_law(tmp_path):
    (tmp_path / "p.csv").write_text("0.5,0.25,0.25\n")
    assert run("p.csv", "poisson(1)", cwd=tmp_path).stdout.startswith("D(p‖q) = 0.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no numbers"),
        ("0.5\nhalf\n", "line 2"),
        ("a,0.5\na,0.5\n", "twice"),
        ("1.5\n-0.5\n", "-0.5"),
        ("nan\n1\n", "nan"),
        ("3\n1\n", "normalize"),
        ("a,1,2\nb,3,4\n", "line 1"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path, text, words):
    (tmp_path / "p.csv").write_text(text)
    (tmp_path / "q.csv").write_text("0.5\n0.5\n")
    done = run("p.csv", "q.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("law", "words"),
    [("normal(0,-1)", "scale"), ("nromal(0,1)", "Normal"), ("gone.csv", "no file"), ("__import__('os')", "")],
)
def test_a_bad_law_is_one_clear_error(tmp_path, law, words):
    done = run(law, "normal(0,1)", cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
