"""A stored profile against a table, or against another profile: both sides on the profile's cells."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from kullback._core import InputError
from kullback.tables._messages import Message
from kullback.tables.counts._categories import Categories, counted_categories
from kullback.tables.counts._columns import ColumnCounts, Keys
from kullback.tables.counts._common_cells import on_common_cells
from kullback.tables.counts._counting import ColumnPlan, Progress, run_batches
from kullback.tables.counts._keys import text_keys, whole_keys
from kullback.tables.counts._leaves import Leaves, bins_outside_order, finite_bounds, finite_total
from kullback.tables.counts._reading import Reading, common_reading, native_reading
from kullback.tables.engines._kernel import Values
from kullback.tables.engines._table import Table
from kullback.tables.profiles._privacy import cut_texts
from kullback.tables.profiles._profile import PROFILE_CELLS
from kullback.tables.profiles._rereading import counts_as_read

_INT64 = np.iinfo(np.int64)
_FLOAT_MAX = float(np.finfo(np.float64).max)


def count_against(
    profile: Sequence[ColumnCounts], table: Table, plans: Sequence[ColumnPlan], /, *, progress: Progress | None = None
) -> Iterator[ColumnCounts]:
    """Count a table on the cells of a profile. The first position of each plan is the place in the profile."""
    readable = [
        replace(plan, reading=_stored_reading(profile[plan.positions[0]], plan), positions=plan.positions[1:])
        for plan in plans
    ]
    stored = {plan.name: profile[plan.positions[0]] for plan in plans}

    def count(sides: Sequence[Table], plan: ColumnPlan) -> ColumnCounts:
        return _count_one(stored[plan.name], sides[0], plan)

    return run_batches([table], readable, count, progress)


def count_before(
    profile: Sequence[ColumnCounts], table: Table, plans: Sequence[ColumnPlan], /, *, progress: Progress | None = None
) -> Iterator[ColumnCounts]:
    """Count a table that is the reference on the cells of a profile of the current side.

    The second position of each plan is the place in the profile.
    """
    turned = [replace(plan, positions=plan.positions[::-1], natives=plan.natives[::-1]) for plan in plans]
    for column in count_against(profile, table, turned, progress=progress):
        yield replace(column, natives=column.natives[::-1], body=None if column.body is None else column.body.turned())


def pair_profiles(
    reference: Sequence[ColumnCounts], current: Sequence[ColumnCounts], plans: Sequence[ColumnPlan], /
) -> list[ColumnCounts]:
    """Two profiles on common cells; where theirs differ, by how many rows the counts may be off is kept."""
    paired = []
    for plan in plans:
        left, right = reference[plan.positions[0]], current[plan.positions[1]]
        reading = _read_alike(left, right)
        body = None if plan.reading is None or reading is None else _pair_bodies(left, right, reading)
        notes = list(plan.notes)
        if body is None and left.body is not None and right.body is not None:
            notes.append(
                Message(
                    "the two profiles hold different things of it (a key on one side, or values read in another way): "
                    "profile the second table on the first one's cells (kl.profile(table, like=profile), kullback "
                    "profile TABLE --like PROFILE)"
                )
            )
        paired.append(ColumnCounts(plan.name, plan.natives, reading or left.reading, body, notes))
    return paired


def _read_alike(left: ColumnCounts, right: ColumnCounts) -> Reading | None:
    """The reading in which the counts of two profiles meet."""
    sides = [side.reading for side in (left, right) if native_reading(side.natives[0]) is not None]
    if len(sides) < 2 or sides[0] is None or sides[1] is None:
        return sides[0] if sides else left.reading
    return common_reading(sides[0], sides[1])


def _stored_reading(stored: ColumnCounts, plan: ColumnPlan) -> Reading | None:
    """The reading of the profile, if the table's column can be read by it."""
    native = native_reading(plan.natives[1])
    if plan.force is not None:
        raise InputError(
            f"column {plan.name!r} cannot be taken as {plan.force!r} now: the profile has counted it already. "
            "Profile the reference with that role."
        )
    if stored.reading is None or native is None or stored.reading.image in ("text", "none"):
        own = native_reading(plan.natives[0])
        # Numbers counted as codes meet numbers, not texts.
        meets = common_reading(own, native) is not None
        return stored.reading if native is None or (native.image != "none" and meets) else None
    if stored.reading.lenient:
        return stored.reading
    if native.kind != stored.reading.kind or native.zoned != stored.reading.zoned:
        return None
    if native.kind == "numeric" and stored.reading.image != "float":
        exact = native.image != "float" and native.scale <= stored.reading.scale
        return stored.reading if exact else Reading("numeric", "float")
    return stored.reading


def _count_one(stored: ColumnCounts, table: Table, plan: ColumnPlan) -> ColumnCounts:
    notes = list(plan.notes)
    sides = [(table, plan.positions[0])]
    reading = plan.reading
    body: Leaves | Categories | Keys | None = None
    if reading is None or reading.image == "none":
        pass
    elif isinstance(stored.body, Leaves):
        body = _count_leaves(_as_read(stored.body, stored.reading, reading), sides[0], reading)
    elif isinstance(stored.body, Categories):
        body = _join_categories(stored.body, counted_categories(sides, reading))
    elif isinstance(stored.body, Keys):
        counted = whole_keys(sides, reading) if stored.body.shapes is None else text_keys(sides, reading)
        body = _join_keys(stored.body, counted)
    return ColumnCounts(plan.name, plan.natives, reading, body, notes)


def _as_read(leaves: Leaves, stored: Reading | None, reading: Reading) -> Leaves:
    if stored is None or stored.image == "float" or reading.image != "float":
        return leaves
    scale = 10.0**stored.scale
    return replace(leaves, low=leaves.low.astype(np.float64) / scale, high=leaves.high.astype(np.float64) / scale)


def _count_leaves(stored: Leaves, side: tuple[Table, int], reading: Reading) -> Leaves:
    table, position = side
    coarse = table.coarse(position, reading)
    total, finite = finite_total(coarse)
    lowest, highest = finite_bounds(coarse)
    if not finite and len(stored.low):
        lowest, highest = stored.low[0], stored.high[-1]
    edges: list[float] = []
    low: list[float] = []
    counts: list[float] = []
    unknown: list[float] = []
    stored_unknown = np.zeros(len(stored.low)) if stored.unknown is None else stored.unknown[0]
    # What lies below, between and above the old values has cells of its own, with no row of the profile in them.
    cells = zip(*(ends.tolist() for ends in (stored.low, stored.high, stored.counts[0], stored_unknown)), strict=True)
    for start, end, count, off in cells:
        gap = _before(start, reading)
        # Nothing lies below the least value of the type.
        if gap < start and (not edges or (start == end and gap > edges[-1])):
            low.append(_after(edges[-1], reading) if edges else min(gap, lowest))
            edges.append(gap)
            counts.append(0.0)
            unknown.append(unknown[-1] if unknown else 0.0)
        low.append(start)
        edges.append(end)
        counts.append(count)
        unknown.append(off)
    own = table.histogram(position, reading, _like(edges, stored.high))
    if edges and _after(edges[-1], reading) == edges[-1]:
        # Nor above the greatest.
        own = own[:-1]
    else:
        low.append(_after(edges[-1], reading) if edges else lowest)
        edges.append(max(low[-1], highest))
        counts.append(0.0)
        unknown.append(0.0)
    return Leaves(
        _like(low, stored.low),
        _like(edges, stored.high),
        np.array([counts, own.tolist()]),
        (*stored.specials, bins_outside_order(coarse)),
        (*stored.totals, total),
        (*stored.finite, finite),
        np.array([unknown, [0.0] * len(unknown)]) if any(unknown) else None,
    )


def _like(values: list[float], stored: Values) -> Values:
    array: Values = np.empty_like(stored, shape=len(values))
    array[:] = values
    return array


def _before(value: float, reading: Reading) -> float:
    if reading.image == "float":
        return value if value == -_FLOAT_MAX else float(np.nextafter(value, -np.inf))
    return value if reading.image == "int" and value == _INT64.min else value - 1


def _after(value: float, reading: Reading) -> float:
    if reading.image == "float":
        return value if value == _FLOAT_MAX else float(np.nextafter(value, np.inf))
    return value if reading.image == "int" and value == _INT64.max else value + 1


def _join_categories(left: Categories, right: Categories) -> Categories:
    """Counts of two sides on common values; what only one side lists joins the rest where the other has one."""
    lengths = [side.longest for side in (left, right) if side.longest is not None]
    longest = min(lengths) if lengths else None
    left, right = cut_texts(left, longest), cut_texts(right, longest)
    listed = [dict(zip(side.values, side.counts[0].tolist(), strict=True)) for side in (left, right)]
    unknown = [
        {} if side.unknown is None else dict(zip(side.values, side.unknown[0], strict=True)) for side in (left, right)
    ]
    complete = [float(side.rest[0]) == 0.0 for side in (left, right)]
    values = [
        value
        for value in dict.fromkeys((*left.values, *right.values))
        if all(value in known or whole for known, whole in zip(listed, complete, strict=True))
    ]
    counts = np.array([[known.get(value, 0.0) for value in values] for known in listed]).reshape(2, -1)
    off = np.array([[known.get(value, 0.0) for value in values] for known in unknown]).reshape(2, -1)
    totals = np.array([float(side.counts[0].sum() + side.rest[0]) for side in (left, right)])
    order = sorted(
        range(len(values)), key=lambda place: (-counts[:, place].sum(), values[place].encode("utf-8", "replace"))
    )
    rest = totals - counts.sum(axis=1)
    rest[np.abs(rest) <= 1e-9 * np.maximum(totals, 1.0)] = 0.0
    return Categories(
        tuple(values[place] for place in order),
        counts[:, order],
        rest,
        np.array([left.missing[0], right.missing[0]]),
        (*left.rows, *right.rows),
        (*left.distinct, *right.distinct),
        off[:, order] if off.any() else None,
        longest,
    )


def _join_keys(left: Keys, right: Keys) -> Keys:
    return Keys(
        (*left.rows, *right.rows),
        (*left.distinct, *right.distinct),
        (*left.missing, *right.missing),
        None if left.low is None or right.low is None else (*left.low, *right.low),
        None if left.high is None or right.high is None else (*left.high, *right.high),
        None,
        None if left.shapes is None or right.shapes is None else _join_categories(left.shapes, right.shapes),
    )


def _pair_bodies(left: ColumnCounts, right: ColumnCounts, reading: Reading) -> Leaves | Categories | Keys | None:
    one, other = counts_as_read(left, reading), counts_as_read(right, reading)
    if isinstance(one, Keys) and isinstance(other, Keys):
        return _join_keys(one, other) if (one.shapes is None) == (other.shapes is None) else None
    if isinstance(one, Categories) and isinstance(other, Categories):
        return _join_categories(one, other)
    if isinstance(one, Leaves) and isinstance(other, Leaves):
        return on_common_cells((one, other), max(PROFILE_CELLS, len(one.low), len(other.low)))
    return None
