"""Today beside its past: what the verdicts stand on, a line of past figures for each column, and the alerts."""

from collections.abc import Mapping, Sequence
from typing import Any

from kullback.tables.page._figures import bits_text, chance_text, number, place_text
from kullback.tables.page._words import Words

# Columns that are drawn, the most unusual first, and points of a line.
_COLUMNS, _POINTS = 40, 120
_WIDTH, _HEIGHT = 1000, 60
_ROOM = 3
_LONGEST_NAME = 80


def history_verdict(document: Mapping[str, Any], say: Words, /) -> str:
    """The verdict of the whole, in a sentence."""
    past, counts = document["history"], document["counts"]
    total = f"{len(past['columns']):,}"
    if counts["shifted"]:
        said = say(
            "{shifted} of {all} columns are unusual beside their past", shifted=f"{counts['shifted']:,}", all=total
        )
    elif past["columns"] and all(column["p_value"] is None for column in past["columns"]):
        said = say("There are too few past windows to tell")
    else:
        said = say("No column is unusual beside its past")
    return f"{said}{say('.')}"


def history_terms(document: Mapping[str, Any], say: Words, /) -> list[str]:
    """What the verdicts stand on, in sentences."""
    past = document["history"]
    parts = [
        say(
            "Bits are D(current‖past): what a row of today costs more in the words of the {pool} windows before it. A "
            "column is shifted where its figure is unusual among those of past windows, each held against the windows "
            "before it.",
            pool=f"{len(past['pool']):,}",
        )
    ]
    if past["season"] is not None:
        season = say("Windows are held against those of their own season: {season}.", season=past["season_value"])
        parts.append(season)
    parts.append(
        say(
            "Level {alpha} for each column: chance alone makes {expected} columns unusual.",
            alpha=f"{100 * document['alpha']:g} %",
            expected=f"{past['expected_alarms']:.2g}",
        )
    )
    if past["p_value"] is not None:
        parts.append(say("p-value over all columns together: {chance}.", chance=chance_text(past["p_value"])))
    if past["reference"] is not None:
        parts.append(say("The fixed reference beside it assumes independent rows."))
    return parts


def history_section(document: Mapping[str, Any], say: Words, /) -> str:
    """A line of past figures for each of the most unusual columns; nothing without a history.

    Args:
        document: The JSON of a comparison.
        say: The language.
    """
    past = document.get("history")
    if past is None:
        return ""
    drawn = "".join(_column(column, document["alpha"], say) for column in past["columns"][:_COLUMNS])
    hidden = len(past["columns"]) - _COLUMNS
    more = f"<p class=more>{say('The other {count} are in the JSON.', count=f'{hidden:,}')}" if hidden > 0 else ""
    key = say(
        "The line joins past windows, the thick line is today; the band holds all but the most unusual of the past. "
        "These figures are not debiased, those of the list are."
    )
    return (
        f"<section class=past><h2>{say('Today and past windows')}</h2>{_alerts(past['alerts'], say)}"
        f"<p class=more>{key}{drawn}{more}</section>"
    )


def _alerts(alerts: Sequence[Mapping[str, Any]] | None, say: Words) -> str:
    if not alerts:
        return ""
    rows = []
    for alert in alerts[:_COLUMNS]:
        name = say.name(alert["column"], _LONGEST_NAME)
        what = (
            say(
                "since {window}, {alarms} of {windows} windows unusual",
                window=alert["opened"],
                alarms=f"{alert['alarms']}",
                windows=f"{alert['windows']}",
            )
            if alert["state"] == "resolved"
            else say.shown(alert["summary"])
        )
        rows.append(f"<li><b>{say(alert['state'])}</b> <span class=name>{name}</span>{say(';')} {what}")
    return f"<ul class=alerts>{''.join(rows)}</ul>"


def _column(column: Mapping[str, Any], alpha: float, say: Words) -> str:
    name = f"<span class=name>{say.name(column['name'], _LONGEST_NAME)}</span>"
    said = f"<small>{say.shown(column['summary'])}{_fixed(column['reference'], say)}</small>"
    return f"<div class={_CLASSES[column['state']]}><h3>{name} {said}</h3>{_picture(column, alpha, say)}</div>"


_CLASSES = {"unusual": "shifted", "normal": "similar", "undecided": "inconclusive"}


def _fixed(reference: Mapping[str, Any] | None, say: Words) -> str:
    if reference is None:
        return ""
    said = say(
        "beside the fixed reference {bits} bits, {verdict}",
        bits=bits_text(number(reference["bits"])),
        verdict=reference["verdict"],
    )
    return f"{say(';')} {said}"


def _picture(column: Mapping[str, Any], alpha: float, say: Words) -> str:
    past, today = column["past"][-_POINTS:], number(column["bits"])
    if today is None or not past:
        return ""
    top = 1.05 * max(*past, today, 1e-9)
    step = (_WIDTH - 2 * _ROOM) / len(past)
    points = [
        (_ROOM + step * place, _HEIGHT - _ROOM - (_HEIGHT - 2 * _ROOM) * bits / top)
        for place, bits in enumerate([*past, today])
    ]
    path = " ".join(f"{place_text(x)},{place_text(y)}" for x, y in points[:-1])
    x, y = points[-1]
    band = _HEIGHT - _ROOM - (_HEIGHT - 2 * _ROOM) * _quantile(column["past"], alpha) / top
    ends = f"{say.name(column['windows'][-len(past)], 40)} … {say.name(column['windows'][-1], 40)}"
    return (
        f'<svg role=img aria-label="{say("figures of past windows and of today")}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f"preserveAspectRatio=none><rect class=band x=0 width={_WIDTH} y={place_text(band)} "
        f"height={place_text(_HEIGHT - band)} /><polyline points='{path}' />"
        f"<line class=now x1={place_text(x)} x2={place_text(x)} y1={_HEIGHT} y2={place_text(y)} /></svg>"
        f"<p class=ends><span>{ends}</span><span>{say('today {bits} bits', bits=bits_text(today))}</span>"
    )


def _quantile(past: Sequence[float], alpha: float) -> float:
    """What all but the most unusual of the past stay below."""
    ordered = sorted(past)
    allowed = int(alpha * (len(ordered) + 1) + 1e-9)
    return ordered[max(len(ordered) - allowed, 0)] if allowed else ordered[-1]
