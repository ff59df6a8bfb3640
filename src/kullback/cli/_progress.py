"""What a terminal shows while columns are counted; nothing where there is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from kullback._core import printable


@contextmanager
def shown_progress(*, quiet: bool, doing: str = "counting") -> Iterator[Callable[[int, int, str], None] | None]:
    """A callback for the verbs that draws a bar on standard error."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn(doing),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None, name="reading")

        def update(done: int, total: int, name: str) -> None:
            progress.update(task, completed=done, total=total, name=Text(printable(name, 30)))

        yield update
