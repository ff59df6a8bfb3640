"""Today beside past windows: history as the null."""

from typing import Any

from kullback.tables._comparison import Comparison


def compare_with_history(
    history: Any, current: Any, /, *, reference: Any, season: str | None, **options: Any
) -> Comparison:
    """Compare today's table with past windows."""
    raise NotImplementedError
