"""A program as a process: wall seconds, CPU seconds, peak memory, and what it printed last."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Cost:
    """What a run cost; `answer` is the JSON of its last line, None if it printed none."""

    wall: float
    cpu: float
    peak_mb: float
    answer: dict | None


NOTHING: Mapping[str, str] = MappingProxyType({})


def measure(command: list[str], *, limit: float, environment: Mapping[str, str] = NOTHING) -> Cost | str:
    """Run a command to its end; a sentence where it failed or ran longer than `limit` seconds."""
    began = time.perf_counter()
    # A session of its own, so that what the command started ends with it.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return f"did not finish in {limit:g} s"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    wall = time.perf_counter() - began
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if process.returncode or not lines:
        last = next((line for line in reversed(errors.splitlines()) if line.strip()), "no message")
        return f"failed: {last[:120]}"
    *answers, used = map(json.loads, lines)
    return Cost(wall, used["cpu"], used["peak_mb"], answers[-1] if answers else None)


# Runs a script in this process and prints what the process used.
RUNNER = """
import json, resource, runpy, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rpartition("/")[0])
runpy.run_path(sys.argv[0], run_name="__main__")
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
cpu = sum(one.ru_utime + one.ru_stime for one in used)
print(json.dumps({"cpu": cpu, "peak_mb": max(one.ru_maxrss for one in used) / 1024}))
"""


def script(python: str, path: str, *arguments: str) -> list[str]:
    """The command that runs a script and prints what it used."""
    return [python, "-c", RUNNER, path, *arguments]
