"""Every example of the documentation runs: python blocks, and console lines that start with `$ kullback`.

A page is one story: its blocks run in order, share one namespace, and work in an empty folder that holds `examples`.
A console block that is meant to fail says with which exit code: ``` ``` {.console exit=1} ```.
"""

import importlib.util
import os
import re
import subprocess
import sysconfig
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r"^(?P<indent>[ ]*)(?P<ticks>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=ticks)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
PROMPT = "$ kullback"


@dataclass(frozen=True)
class Block:
    """A fenced block that runs."""

    language: str
    body: str
    line: int
    exit_code: int


def blocks(text: str) -> list[Block]:
    """The python and console blocks of a page, in order."""
    found = []
    for fence in FENCE.finditer(text):
        language = re.match(r"\s*(?:\{\s*\.)?([\w+-]*)", fence["info"])[1]
        exit_code = re.search(r"\{.*\bexit=\"?(\d+)", fence["info"])
        if language in {"python", "console"}:
            line = text.count("\n", 0, fence.start("body"))
            found.append(Block(language, textwrap.dedent(fence["body"]), line, int(exit_code[1]) if exit_code else 0))
    return found


def commands(body: str) -> list[tuple[str, list[str]]]:
    """The kullback commands of a console block, each with the output that the page shows.

    A command line that ends in a backslash goes on in the next.
    """
    found: list[tuple[str, list[str]]] = []
    for line in body.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line.rstrip())
    return [(command, shown) for command, shown in found if f"$ {command}".startswith(PROMPT)]


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the output is the one that a page shows, where a line of three dots stands for any lines."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None


def run_python(block: Block, page: Path, namespace: dict[str, object]) -> None:
    # Blank lines above make line numbers in a traceback those of the page.
    code = compile("\n" * block.line + block.body, str(page), "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102 - our own documentation


def run_console(block: Block, page: Path) -> None:
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    for command, shown in commands(block.body):
        done = subprocess.run(  # noqa: S602 - our own documentation
            command, shell=True, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
        )
        assert done.returncode == block.exit_code, (
            f"{page.relative_to(ROOT)}, block at line {block.line}: {command}\n"
            f"gave exit code {done.returncode}, the page promises {block.exit_code}\n{done.stdout}{done.stderr}"
        )
        while shown and not shown[-1]:
            shown.pop()
        assert not shown or matches(shown, (done.stdout + done.stderr).splitlines()), (
            f"{page.relative_to(ROOT)}, block at line {block.line}: {command}\nprints something else than the page "
            f"shows:\n{done.stdout}{done.stderr}"
        )


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


WITH_BLOCKS = [page for page in PAGES if page.exists() and blocks(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: str(page.relative_to(ROOT)))
@pytest.mark.usefixtures("workplace")
def test_page_runs(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks(page.read_text("utf-8")):
        if block.language == "python":
            run_python(block, page, namespace)
        else:
            run_console(block, page)


def test_blocks_are_found() -> None:
    text = "a\n\n```python\nx = 1\n```\n\n    ``` {.console exit=1}\n    $ kullback a \\\n      b\n    out\n    ```\n"
    python, console = blocks(text)
    assert python == Block("python", "x = 1\n", 3, 0)
    assert (console.language, console.exit_code, console.line) == ("console", 1, 7)
    assert commands(console.body) == [("kullback a    b", ["out"])]


def test_shown_output_must_be_the_real_one() -> None:
    assert matches(["a", "...", "d"], ["a", "b", "c", "d  "])
    assert not matches(["a", "...", "d"], ["a", "b"])
    assert not matches(["a"], ["a", "b"])


def test_the_table_of_pairs_is_what_the_library_does():
    spec = importlib.util.spec_from_file_location("make_pairs", ROOT / "tools" / "make_pairs.py")
    make_pairs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_pairs)
    assert make_pairs.PAGE.read_text() == make_pairs.page(), "run python tools/make_pairs.py"
