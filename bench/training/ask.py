"""A job, done by the script of the peers in a process of its own."""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from typing import Any

from bench.measure import Cost, measure, script
from bench.peers import HERE, ROOT, SILENT, Contender, python_of
from bench.training.sizes import THREADS, Size

PEERS = Contender("training", "training.py", (), "training")
# Names of contenders that begin so are installed with the peers.
_OWN_ENVIRONMENT = ("Liger", "torchmetrics")
LIMIT = 600.0


def pins() -> str:
    """Names and versions of what was asked for by name."""
    lines = (HERE / f"{PEERS.environment}.txt").read_text().partition("\n# What came")[0].splitlines()
    return ", ".join(line.replace("==", " ") for line in lines if "==" in line)


def ask(job: Mapping[str, Any], names: Collection[str], compiled: str | None = None) -> dict | str:
    """What the script answered, with a folder for what it compiles; a sentence where it failed."""
    ours = replace(PEERS, environment=None)
    needed = any(name.startswith(_OWN_ENVIRONMENT) for name in names)
    python = python_of(PEERS if needed else ours)
    if isinstance(python, str):
        if all(name.startswith(_OWN_ENVIRONMENT) for name in names):
            return python
        # The others still run, and a peer says by itself that it is not there.
        python = python_of(ours)
    line = json.dumps(job, default=lambda one: asdict(one) if isinstance(one, Size) else str(one))
    environment = {
        **SILENT,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
        "OMP_NUM_THREADS": str(THREADS),
        **({"TORCHINDUCTOR_CACHE_DIR": compiled} if compiled else {}),
    }
    cost = measure(script(str(python), str(HERE / PEERS.script), line), limit=LIMIT, environment=environment)
    if isinstance(cost, Cost):
        answer = cost.answer or {"failure": "gave no answer"}
        return answer.get("failure", answer)
    return cost.replace("did not finish in", "more than").replace("|", "/")
