"""What an estimate costs: `python estimators_speed.py PACKAGE METHOD FILE REPEATS`. Prints one line of JSON.

The least seconds of the repeats and the CPU seconds of that one, after a first estimate of a few rows, which imports
and compiles. Of kullback also the seconds in its neighbor query.
"""

import json
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from estimators import PACKAGES, Method

FEW = 300


class Watch:
    """Seconds in a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.seconds = 0.0

    def __call__(self, *given: Any, **options: Any) -> Any:
        """The function's own answer."""
        began = time.perf_counter()
        try:
            return self.function(*given, **options)
        finally:
            self.seconds += time.perf_counter() - began


def kullback(method: str) -> tuple[Method, Watch]:
    """Ours, its neighbor query watched wherever it is called."""
    from kullback import estimators  # noqa: PLC0415 - absent where others live
    from kullback.estimators import _nearest  # noqa: PLC0415

    query = _nearest.nearest
    watch = Watch(query)
    for name, module in list(sys.modules.items()):
        if name.startswith("kullback.estimators.") and getattr(module, "nearest", None) is query:
            module.nearest = watch  # type: ignore[attr-defined]
    return lambda x, y: estimators.estimate(x, y, method=method).value, watch


def main() -> None:
    """Measure."""
    package, method, path, repeats = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    held = np.load(path)
    x, y = held["x"], held["y"]
    watch = None
    if package == "kullback":
        estimate, watch = kullback(method)
    else:
        estimate = PACKAGES[package]()["neighbors"][method]
    estimate(x[:FEW], y[:FEW])
    least, used, within, value = math.inf, 0.0, 0.0, math.nan
    for _ in range(int(repeats)):
        before = watch.seconds if watch else 0.0
        began, used_before = time.perf_counter(), time.process_time()
        value = float(estimate(x, y))
        seconds = time.perf_counter() - began
        if seconds < least:
            least, used = seconds, time.process_time() - used_before
            within = (watch.seconds if watch else 0.0) - before
    print(json.dumps({"seconds": least, "cpu": used, "query": within, "value": value}))


if __name__ == "__main__":
    main()
