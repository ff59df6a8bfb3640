"""Other tools, each run by a script of its own in an environment of its own."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".venv-peers"
# The requirements were pinned on this one; some of the tools cannot be installed on a newer one.
PYTHON = "3.11"
# No tool reports home while it is measured.
SILENT = {
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "1",
}


@dataclass(frozen=True)
class Contender:
    """Something that compares two tables.

    Attributes:
        name: What it is called in the tables.
        script: File in this folder.
        arguments: Options after the two paths.
        environment: Name of its requirements; None for those of the project.
        page: Whether it can write a page, to a path given as the last argument.
        score: What its score of a column of numbers is, beyond 1,000 rows.
    """

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    environment: str | None = None
    page: bool = False
    score: str = ""


OURS = Contender("kullback", "ours.py", page=True, score="nats of D(current‖reference)")
FLOORS = (Contender("DuckDB, sums alone", "duckdb_floor.py"), Contender("polars, sums alone", "polars_floor.py"))
BY_HAND = Contender("by hand: pandas, scipy", "by_hand.py")
PEERS = (
    Contender("evidently", "evidently.py", (), "evidently", page=True, score="Wasserstein / sd"),
    Contender("evidently, KL", "evidently.py", ("--kl",), "evidently", page=True, score="nats of D(reference‖current)"),
    Contender("whylogs", "whylogs.py", (), "whylogs", score="p of Kolmogorov-Smirnov"),
    Contender("nannyml", "nannyml.py", (), "nannyml", score="root of JS in bits, worst of ten chunks"),
    Contender("deepchecks", "deepchecks.py", (), "deepchecks", page=True, score="Kolmogorov-Smirnov statistic"),
    Contender(
        "Great Expectations",
        "great_expectations.py",
        (),
        "great_expectations",
        score="nats of D(current‖reference), null where infinite",
    ),
)


def python_of(contender: Contender) -> Path | str:
    """The interpreter that has the contender installed, set up on first use; a sentence where that failed."""
    if contender.environment is None:
        return Path(sys.executable)
    folder = ENVIRONMENTS / contender.environment
    requirements = HERE / f"{contender.environment}.txt"
    ready, failed = folder / ".ready", folder / ".failed"
    made = [stamp for stamp in (ready, failed) if stamp.exists()]
    # Like make's: a stamp is newer than what it was made from.
    if not made or made[0].stat().st_mtime < requirements.stat().st_mtime:
        print(f"installing {contender.environment} (once) ...", file=sys.stderr, flush=True)
        refusal = _install(folder, requirements)
        (failed if refusal else ready).write_text(refusal)
    return folder / "bin" / "python" if ready.exists() else f"did not install: {failed.read_text()}"


def _install(folder: Path, requirements: Path) -> str:
    """Make an environment anew; returns why it failed, nothing where it did not."""
    shutil.rmtree(folder, ignore_errors=True)
    search = [sys.executable, str(ROOT / "tools" / "find_python.py"), PYTHON]
    found = subprocess.run(search, capture_output=True, text=True, check=False)
    python = sys.executable if found.returncode else found.stdout.strip()
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "-r", str(requirements)], stderr=subprocess.PIPE, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else f"pip ended with {done.returncode}"
    return reason[:120] if done.returncode else ""


def version_of(contender: Contender) -> str:
    """Name and version of the requirement."""
    if contender.environment is None:
        return contender.name
    return (HERE / f"{contender.environment}.txt").read_text().splitlines()[0].replace("==", " ").replace("[viz]", "")
