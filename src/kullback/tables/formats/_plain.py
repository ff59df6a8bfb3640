"""The records of a comparison as plain data: valid JSON, with "inf" for infinity and None for what is missing."""

import math
from typing import Any

from kullback.tables._results import Cell, ColumnResult, Side, ValueShare


def plain_number(value: float | None, /) -> float | str | None:
    """A figure; JSON knows no infinity."""
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(value)


def plain_count(value: float, /) -> float | int:
    """Rows as a whole number where they are one."""
    return int(value) if float(value).is_integer() else float(value)


def plain_side(side: Side, /) -> dict[str, Any]:
    """A table of the comparison."""
    plain: dict[str, Any] = {"name": side.name, "rows": side.rows}
    return plain if side.effective_rows is None else plain | {"effective_rows": side.effective_rows}


def _cells(cells: tuple[Cell, ...]) -> list[dict[str, Any]]:
    return [
        {
            "label": cell.label,
            "reference": plain_count(cell.reference),
            "current": plain_count(cell.current),
            "contribution": plain_number(cell.contribution),
            **({} if cell.low is None else {"low": cell.low, "high": cell.high}),
        }
        for cell in cells
    ]


def _shares(shares: tuple[ValueShare, ...]) -> list[dict[str, Any]]:
    return [
        {
            "value": share.value,
            "count": plain_count(share.count),
            "share": share.share,
            "interval": list(share.interval),
        }
        for share in shares
    ]


def _mass(share: ValueShare | None) -> dict[str, Any] | None:
    if share is None:
        return None
    return {"count": plain_count(share.count), "share": share.share, "interval": list(share.interval)}


def plain_column(column: ColumnResult, /) -> dict[str, Any]:
    """Everything that is said of a column."""
    return {
        "name": column.name,
        "kind": column.kind,
        "verdict": column.verdict,
        "plugin": plain_number(column.plugin),
        "plugin_reverse": plain_number(column.plugin_reverse),
        "debiased": plain_number(column.debiased),
        "smoothed": plain_number(column.smoothed),
        "interval": None if column.interval is None else [plain_number(bound) for bound in column.interval],
        "jensen_shannon": plain_number(column.jensen_shannon),
        "p_value": plain_number(column.p_value),
        "margin": column.margin,
        "p_margin": plain_number(column.p_margin),
        "p_adjusted": plain_number(column.p_adjusted),
        "headline": column.headline,
        "could_have_seen": plain_number(column.could_have_seen),
        **({} if column.uncertainty is None else {"uncertainty": list(column.uncertainty)}),
        "design_effect": plain_number(column.design_effect),
        "new": _shares(column.new),
        "gone": _shares(column.gone),
        "new_mass": _mass(column.new_mass),
        "gone_mass": _mass(column.gone_mass),
        "cells": _cells(column.cells),
        "interval_cells": _cells(column.interval_cells),
        "method": column.method,
        "notes": list(column.notes),
    }
