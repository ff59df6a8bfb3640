"""Peak memory of one forward and backward pass in this process, above what it held before. Linux only."""

import ctypes
import gc
import resource
import threading
from pathlib import Path
from typing import Self

from bench.training.losses import draw, make
from bench.training.sizes import COMPILED, LIGER, Size

SMALL = {"rows": 8, "vocabulary": 64, "width": 16}
EVERY = 0.002
_PAGE = resource.getpagesize()


def peak(name: str, size: Size, direction: str) -> dict[str, float]:
    """Bytes: by the kernel's high-water mark, and the largest that a thread saw every two milliseconds."""
    step, inputs = make(name, direction), draw(size)
    # What is made once (imports, pools of threads, compiled code) is not the memory of a call.
    few = Size(SMALL["rows"], SMALL["vocabulary"], SMALL["width"] if size.width else 0, size.dtype)
    step(*(inputs if name in (COMPILED, LIGER) else draw(few)))
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident()
    # The mark of this process's memory starts anew; getrusage's would still hold that of the process that began it.
    Path("/proc/self/clear_refs").write_text("5")
    with Watch() as watch:
        answer = step(*inputs)
    mark = high_water()
    del answer
    return {"mark": mark - before, "seen": watch.largest - before}


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def high_water() -> int:
    """The most since the mark was reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


class Watch:
    """A thread that looks at the resident memory."""

    def __init__(self) -> None:
        self.largest = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.wait(EVERY):
            self.largest = max(self.largest, resident())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.largest = max(self.largest, resident())
