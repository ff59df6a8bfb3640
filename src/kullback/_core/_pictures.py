"""Pictures of results with matplotlib, an extra: one look, one error where it is missing."""

from pathlib import Path
from typing import Any

from kullback._core._errors import InputError, MissingExtraError

COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Told apart by people who do not see red or green: blue, vermilion, green, pink, orange, sky."""


def new_picture(width: float = 6.0, height: float = 3.6, /) -> Any:
    """An empty figure of matplotlib, tied to no window and no global state.

    Args:
        width: In inches.
        height: In inches.

    Returns:
        A `matplotlib.figure.Figure` with constrained layout; ask it for `subplots`.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("a picture needs matplotlib: pip install 'kullback[plot]'.") from error
    return Figure(figsize=(width, height), layout="constrained")


def write_picture(figure: Any, path: str | Path, /) -> None:
    """Write a figure to a file whose ending says the format.

    Args:
        figure: Of `new_picture`.
        path: File to write: .png, .svg or .pdf.

    Raises:
        InputError: The format is not known.
    """
    try:
        figure.savefig(path)
    except ValueError as error:
        raise InputError(f"cannot write {str(path)!r}: {error}. Use .png, .svg or .pdf.") from error
