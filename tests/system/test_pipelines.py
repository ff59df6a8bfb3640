"""The command in people's pipelines: its exit codes, its file of options, and the recipes of the documentation."""

import json
import os
import re
import stat
import subprocess
import sys
import types
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

import kullback as kl
from kullback.cli._app import app

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "run-in-pipelines.md"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples, small tables, and programs that write down how they were called."""
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    rows = {"before": ("a", "b"), "after": ("b", "a")}
    for name, (often, seldom) in rows.items():
        lines = [f"{often},{place % 10}" for place in range(900)] + [f"{seldom},{place % 10}" for place in range(100)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["plan,digit", *lines]) + "\n")
    (tmp_path / "few.csv").write_text("plan\n" + "a\nb\n" * 20)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (
        ("kullback", f'exec "{sys.executable}" -m kullback "$@"'),
        ("gh", 'echo "gh $*" >> calls'),
        ("pip", 'echo "pip $*" >> calls'),
    ):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONUTF8", "1")
    return tmp_path


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kullback", *map(str, words)], capture_output=True, encoding="utf-8", check=False
    )


def block(language: str, mark: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (one,) = [body for body in found if mark in body]
    return one


SAME, MOVED = ("before.csv", "before.csv"), ("before.csv", "after.csv")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((*MOVED,), 0),
        ((*MOVED, "--fail-on", "shift"), 1),
        ((*MOVED, "--fail-on", "any"), 1),
        ((*MOVED, "--fail-on", "structure"), 0),
        ((*MOVED, "--fail-on", "never"), 0),
        ((*MOVED, "--fail-on", "shift", "--margin", "plan=9"), 0),
        ((*SAME, "--fail-on", "any"), 0),
        (("few.csv", "few.csv", "--fail-on", "inconclusive"), 1),
    ],
)
@pytest.mark.usefixtures("place")
def test_exit_codes(words: tuple[str, ...], code: int) -> None:
    done = run("compare", *words)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--fail-on", "shfit"),
            "--fail-on shfit is unknown; use shift, structure, inconclusive, groups, new, any, never",
        ),
        (("--fail-on", "never,shift"), "--fail-on never,shift contradicts itself"),
        (("--fail-on", "new"), "--fail-on new asks for alerts, which past windows give: name them with --history."),
        (("--format", "xml"), "--format xml is unknown; use one of text, json, markdown, slack, junit, or NAME=FILE"),
        (("--format", "junit="), "--format junit= is unknown"),
        (("--format", "text=a"), "--format text=a cannot be: the text is printed. Send it to a file with > a."),
        (("--format", "json", "--json", "-"), "--format json and --json both want to be printed"),
        (("--format", "junit=a", "--html", "a"), "--format junit=a and --html both want to write to 'a'"),
        (("--format", "junit=no/a"), "cannot write 'no/a': the folder "),
        (("--format", "junit=after.csv"), "cannot write 'after.csv': it is one of the inputs."),
        (("--margin", "x"), "--margin x is not of the form BITS or COL=BITS"),
        (("--margin", "plan="), "--margin plan= is not of the form BITS or COL=BITS"),
        (
            ("--margin", "pla=1"),
            "margin is given for 'pla', which no column matches. The tables have: 'plan', 'digit'.",
        ),
        (("--margin", "plan=-1"), "margin of 'plan' is -1.0; it must be a finite number of bits, 0 or more."),
        (("--config", "none.toml"), "cannot read the options in 'none.toml': No such file or directory."),
    ],
)
@pytest.mark.usefixtures("place")
def test_one_message_for_what_cannot_be(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(kl.InputError) as raised:
        app(["compare", *MOVED, *words], standalone_mode=False)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("place")
def test_a_missing_table_is_no_shift() -> None:
    done = run("compare", "before.csv", "none.csv", "--fail-on", "shift")
    assert done.returncode == 2
    assert done.stderr.startswith("kullback: ")
    assert "none.csv" in done.stderr


@pytest.mark.usefixtures("place")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = "kullback compare before.csv after.csv --format json | head -c 10; printf '\\n%s' ${PIPESTATUS[0]}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.splitlines()[-1] in ("0", "141")
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.usefixtures("place")
def test_an_answer_that_cannot_be_written_is_no_answer() -> None:
    for words in (("--format", "junit=/dev/full"), ("--json", "/dev/full")):
        done = run("compare", *MOVED, "--fail-on", "shift", *words)
        assert done.returncode == 2
        assert "No space left on device" in done.stderr


@pytest.mark.usefixtures("place")
def test_several_forms_of_one_run() -> None:
    done = run("compare", *MOVED, "--format", "slack", "--format", "junit=a.xml", "--format", "markdown=a.md", "-q")
    assert json.loads(done.stdout)["blocks"][0]["type"] == "header"
    assert ET.parse("a.xml").getroot()[0].get("failures") == "1"  # noqa: S314 - our own
    assert Path("a.md").read_text("utf-8").startswith("### Shifted: 1 of 2 columns")


def test_options_in_a_file(place: Path) -> None:
    (place / "kullback.toml").write_text(
        '[compare]\ncolumns = "plan"\nfail_on = "shift"\nformat = "json"\nalpha = 0.01\nmargin = 0.1\n'
        "[compare.margins]\nplan = 9\n"
    )
    kept = run("compare", *MOVED)
    assert (kept.returncode, kept.stderr) == (0, "kullback: options from kullback.toml\n")
    found = json.loads(kept.stdout)
    assert (found["margin"], found["alpha"]) == (0.1, 0.01)
    assert [(column["name"], column["margin"]) for column in found["columns"]] == [("plan", 9)]
    # What is typed wins: the margin of all leaves that of one, another of one takes the table's place.
    typed = run("compare", *MOVED, "--margin", "0.3", "--alpha", "0.05", "--columns", "*")
    found = json.loads(typed.stdout)
    margins = {column["name"]: column["margin"] for column in found["columns"]}
    assert (found["margin"], found["alpha"], margins) == (0.3, 0.05, {"plan": 9, "digit": 0.3})
    assert run("compare", *MOVED, "--margin", "plan=0.01").returncode == 1
    assert run("compare", *MOVED, "--format", "text").stdout.startswith("SIMILAR")
    assert run("compare", *MOVED, "-q").stderr == ""
    assert run("compare", *MOVED, "--no-config").stdout.startswith("SHIFTED")


def test_github_actions(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of the workflow, with the example's tables, a `pip` and a `gh` that only write down their calls."""
    workflow = yaml.safe_load(block("yaml", "jobs:"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place / "summary"))
    monkeypatch.setenv("NUMBER", "7")
    codes = {}
    for step in workflow["jobs"]["compare"]["steps"]:
        if "run" in step:
            done = subprocess.run(["bash", "-e", "-c", step["run"]], check=False)
            codes[step.get("name")] = done.returncode
    assert codes == {None: 0, "Compare": 1, "Summary": 0, "Comment": 0}
    assert (place / "summary").read_text("utf-8").startswith("### Shifted: 1 of 4 columns")
    assert "gh pr comment 7 --body-file kullback.md --edit-last --create-if-none" in (place / "calls").read_text()
    assert ET.parse("kullback.xml").getroot()[0].get("failures") == "1"  # noqa: S314 - our own
    kept = [step["with"]["path"].split() for step in workflow["jobs"]["compare"]["steps"] if "upload" in str(step)]
    assert [Path(path).is_file() for path in kept[0]] == [True, True]


class _Task:
    """An operator that remembers what it was made of, and a task that remembers its function."""

    def __init__(self, function: object = None, **options: object) -> None:
        self.function, self.options, self.after = function, options, []

    def __call__(self, *given: object) -> "_Task":
        self.options["given"] = given
        return self

    def __rshift__(self, other: "_Task") -> "_Task":
        self.after.append(other)
        return other


@pytest.mark.usefixtures("place")
def test_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tasks of the graph, without Airflow: its command and its function run, and stand in their order."""
    made: list[_Task] = []

    def operator(**options: object) -> _Task:
        made.append(_Task(**options))
        return made[-1]

    names = {
        "airflow.sdk": {"dag": lambda **_: lambda graph: graph, "task": _Task},
        "airflow.providers.standard.operators.bash": {"BashOperator": operator},
    }
    for name, content in names.items():
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            module = types.ModuleType(".".join(parts[:end]))
            vars(module).update(content if end == len(parts) else {})
            monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(block("py", "airflow"), str(PAGE), "exec"), {})  # noqa: S102 - our own documentation
    (gate,) = made
    (changed,) = gate.after
    done = subprocess.run(["bash", "-c", gate.options["bash_command"]], cwd=gate.options["cwd"], check=False)
    assert done.returncode == 0
    assert changed.function(*changed.options["given"]) == ["tailnum"]
