"""One job of the benchmark of training losses: `python training.py JOB`, a line of JSON that names it.

Prints one line of JSON. Run where the peers live; `bench` and `kullback` come from the path.
"""

import json
import sys
import warnings
from typing import Any

import torch

from bench.training import cases, peak, rounds
from bench.training.sizes import THREADS, Size


def main() -> None:
    """Do the job."""
    job = json.loads(sys.argv[1])
    warnings.simplefilter("ignore")
    torch.set_num_threads(THREADS)
    try:
        answer = do(job)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the answer
        answer = {"failure": rounds.message(error)}
    print(json.dumps(answer))


def do(job: dict[str, Any]) -> dict[str, Any]:
    """The answer."""
    if job["kind"] == "accuracy":
        return cases.ask(job["names"])
    size = Size(**job["size"])
    if job["kind"] == "memory":
        return peak.peak(job["name"], size, job["direction"])
    return rounds.race(job["names"], size, job["direction"], job["repeats"])


if __name__ == "__main__":
    main()
