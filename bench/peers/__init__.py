"""Other tools, each run by a script of its own in an environment of its own."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".venv-peers"


@dataclass(frozen=True)
class Contender:
    """Something that compares two tables.

    Attributes:
        name: What it is called in the tables.
        script: File in this folder.
        arguments: Options after the two paths.
        environment: Name of its requirements; None for those of the project.
        page: Whether it can write a page, to a path given as the last argument.
    """

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    environment: str | None = None
    page: bool = False


OURS = Contender("kullback", "ours.py", page=True)
FLOORS = (Contender("DuckDB, sums alone", "duckdb_floor.py"), Contender("polars, sums alone", "polars_floor.py"))
BY_HAND = Contender("by hand: pandas, scipy", "by_hand.py")
PEERS = (
    Contender("evidently", "evidently.py", (), "evidently", page=True),
    Contender("evidently, KL", "evidently.py", ("--kl",), "evidently", page=True),
    Contender("whylogs", "whylogs.py", (), "whylogs"),
    Contender("nannyml", "nannyml.py", (), "nannyml"),
    Contender("deepchecks", "deepchecks.py", (), "deepchecks", page=True),
    Contender("Great Expectations", "great_expectations.py", (), "great_expectations"),
)


def python_of(contender: Contender) -> str | None:
    """The interpreter that has the contender installed, set up on first use; None if it cannot be installed."""
    if contender.environment is None:
        return sys.executable
    folder = ENVIRONMENTS / contender.environment
    python, ready, failed = folder / "bin" / "python", folder / ".ready", folder / ".failed"
    if not ready.exists() and not failed.exists():
        print(f"installing {contender.environment} (once) ...", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, "-r", str(HERE / f"{contender.environment}.txt")], check=False)
        (failed if done.returncode else ready).touch()
    return str(python) if ready.exists() else None


def version_of(contender: Contender) -> str:
    """Name and version of the requirement."""
    if contender.environment is None:
        return contender.name
    return (HERE / f"{contender.environment}.txt").read_text().splitlines()[0].replace("==", " ").replace("[viz]", "")
