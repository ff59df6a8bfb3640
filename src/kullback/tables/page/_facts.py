"""Every figure of a column, with its unit and its direction."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kullback.tables.page._figures import bits_text, chance_text, factor_text, number
from kullback.tables.page._words import Words


def facts(column: Mapping[str, Any], say: Words, /, *, alpha: float, margin: float) -> str:
    """What was found in a column; nothing where there is no figure.

    Args:
        column: A record of `columns` in the JSON.
        say: The language.
        alpha: One minus the confidence of the intervals.
        margin: Bits up to which a column is similar.
    """
    if column["plugin"] is None:
        return ""
    debiased = column["debiased"] is not None
    title = say("D(current‖reference), debiased") if debiased else say("D(current‖reference)")
    bits = bits_text(number(column["debiased" if debiased else "plugin"]))
    parts = [f"<h3>{title}</h3><p class=figure><b>{bits}</b> {say('bits')}"]
    if column["interval"] is not None:
        parts.append(f"<p>{_interval(column, say, alpha)}")
    if column["plugin"] == "inf":
        parts.append(f"<p>{say('∞: some current rows hold what the reference never had.')}")
    if column["could_have_seen"] is not None:
        parts.append(f"<p>{_could_have_seen(float(column['could_have_seen']), say)}")
    observed = [
        (say("D(current‖reference)"), _bits(column, "plugin", say)),
        (say("D(reference‖current)"), _bits(column, "plugin_reverse", say)),
        (say("Jensen-Shannon"), _bits(column, "jensen_shannon", say)),
    ]
    if not debiased and column["smoothed"] is not None:
        observed.append((say("debiased, with ½ added to each cell"), _bits(column, "smoothed", say)))
    parts.append(f"<h3>{say('Observed shares, as they are')}</h3>{_pairs(observed)}")
    if column["p_adjusted"] is not None:
        bound = f"{margin:g}"
        chances = [
            (say("D ≤ {margin} bits, over all columns", margin=bound), chance_text(column["p_adjusted"])),
            (say("D ≤ {margin} bits, this column alone", margin=bound), chance_text(column["p_margin"])),
            (say("D = 0, for information"), chance_text(column["p_value"])),
        ]
        parts.append(f"<h3>{say('p-values')}</h3>{_pairs(chances)}")
    if column["design_effect"] is not None:
        effect = (say("design effect"), factor_text(column["design_effect"]))
        parts.append(f"<h3>{say('Units')}</h3>{_pairs([effect])}")
    return "".join(parts)


def _bits(column: Mapping[str, Any], field: str, say: Words) -> str:
    return f"{bits_text(number(column[field]))} {say('bits')}"


def _interval(column: Mapping[str, Any], say: Words, alpha: float) -> str:
    low, high = (bits_text(number(bound)) for bound in column["interval"])
    level = f"{100 * (1 - alpha):g} %"
    if column["verdict"] == "shifted":
        return say("{level} interval {low} to {high}, widened for the selection", level=level, low=low, high=high)
    return say("{level} interval {low} to {high}", level=level, low=low, high=high)


def _could_have_seen(bits: float, say: Words) -> str:
    if math.isinf(bits):
        return say("Too few rows to see any shift.")
    return say("A shift of {bits} bits would have been seen with a chance of 80 %.", bits=bits_text(bits))


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    return f"<table class=pairs>{''.join(f'<tr><th scope=row>{name}<td>{text}' for name, text in pairs)}</table>"
