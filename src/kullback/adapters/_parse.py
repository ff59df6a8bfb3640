"""Laws written as text, such as "normal(0, 1)"; nothing in the text is ever run."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import e, inf, isnan, pi
from typing import Any, NoReturn

import numpy as np

from kullback._core import InputError
from kullback.families import FAMILIES, Independent, Law, Opaque, Transformed

_LENGTH, _DEPTH, _WINDOW = 10_000, 50, 60
_CONSTANTS = {"pi": pi, "e": e, "inf": inf}
_OPERATORS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_KINDS: dict[str, type[Law]] = {
    kind.__name__.lower(): kind for kind in FAMILIES if kind not in {Opaque, Transformed, Independent}
}
_ALIASES = {
    "binom": "binomial",
    "expon": "exponential",
    "gaussian": "normal",
    "mvn": "multivariatenormal",
    "nbinom": "negativebinomial",
    "norm": "normal",
    "t": "studentt",
}


def parse(text: str, /) -> Law:
    """Read a law from text.

    Args:
        text: A family and its parameters, by position or keyword, with the names of `kullback.families` in any case,
            with or without underscores and hyphens. Parameters are numbers, lists, and sums, products and powers of
            numbers; pi, e and inf are known. Mixtures and products take lists of laws.

    Returns:
        The record.

    Raises:
        InputError: The text cannot be read; the message marks the place.

    Note:
        The text is read, never run: it may come from anywhere. At most 10,000 characters.

    Example:
        >>> parse("gamma(concentration=2, rate=1/2)")
        Gamma(concentration=2.0, rate=0.5)
        >>> parse("mixture([0.5, 0.5], [normal(-3, 1), student-t(4)])")
        Mixture([0.5, 0.5], [Normal(loc=-3.0, scale=1.0), StudentT(df=4.0, loc=0.0, scale=1.0)])
    """
    if not isinstance(text, str):
        raise InputError(f"{text!r} came. Text like 'normal(0, 1)' is needed. Give objects to the verbs as they are.")
    if len(text) > _LENGTH:
        raise InputError(f"A text of {len(text)} characters came. At most {_LENGTH} are read. Build the law in Python.")
    flat = re.sub(r"\s", " ", text).strip()
    reader = _Reader(flat)
    value = reader.value(reader.tree(), 0)
    if not isinstance(value, Law):
        reader.fail(0, "this is no law", "Give a family and its parameters, like normal(0, 1).")
    return value


@dataclass(frozen=True)
class _Reader:
    """The text, for messages, and the walk through its tree."""

    text: str

    def fail(self, place: int, problem: str, advice: str) -> NoReturn:
        """Raise the error, with the place marked."""
        start = max(0, place - _WINDOW)
        shown = self.text[start : place + _WINDOW]
        mark = " " * (place - start) + "^"
        raise InputError(f"cannot read the law: {problem}. {advice}\n  {shown}\n  {mark}") from None

    def at(
        self, node: ast.expr, problem: str, advice: str = "Give a family and its parameters, like normal(0, 1)."
    ) -> NoReturn:
        """The same for a node; Python counts its columns in bytes."""
        self.fail(len(self.text.encode()[: node.col_offset].decode()), problem, advice)

    def tree(self) -> ast.expr:
        """The tree of the text; hyphens inside of names that are called count as underscores."""
        advice = "Give a family and its parameters, like normal(0, 1)."
        named = re.sub(r"[^\W\d]\w*(?:-[^\W\d]\w*)+(?=\s*\()", lambda match: match[0].replace("-", "_"), self.text)
        depth = 0
        for place, character in enumerate(named):
            depth += (character in "([") - (character in ")]")
            if depth > _DEPTH:
                self.fail(place, "it is nested too deeply", f"At most {_DEPTH} levels are read.")
            if not (character.isalnum() or character in " _.,()[]=+-*/"):
                self.fail(place, f"{character!r} has no meaning here", advice)
        try:
            return ast.parse(named, mode="eval").body
        except SyntaxError as error:
            self.fail(min(max((error.offset or 1) - 1, 0), len(named)), error.msg.split(". ")[0], advice)
        except (ValueError, RecursionError, MemoryError):
            self.fail(0, "it is too long or nested too deeply", advice)

    def value(self, node: ast.expr, depth: int) -> Any:  # noqa: PLR0911 - a line for each kind of node
        """A number, a list or a law."""
        if depth > _DEPTH:
            self.at(node, "it is nested too deeply", f"At most {_DEPTH} levels are read.")
        match node:
            case ast.Call():
                return self.law(node, depth)
            case ast.List() | ast.Tuple():
                return self.several(node, [self.value(entry, depth + 1) for entry in node.elts])
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self.number(node, lambda: float(number))
            case ast.Name(id=name) if name.lower() in _CONSTANTS:
                return _CONSTANTS[name.lower()]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
                operand = self.scalar(inner, depth)
                return -operand if isinstance(sign, ast.USub) else operand
            case ast.BinOp(op=symbol) if type(symbol) in _OPERATORS:
                left, right = self.scalar(node.left, depth), self.scalar(node.right, depth)
                return self.number(node, lambda: _OPERATORS[type(symbol)](left, right))
            case ast.Name(id=name):
                self.at(
                    node,
                    f"{name!r} is no number",
                    f"Known: {', '.join(_CONSTANTS)}; families need parameters: {name}(…).",
                )
        return self.at(node, "numbers, lists and families are read here, nothing else")

    def scalar(self, node: ast.expr, depth: int) -> float:
        """A number for arithmetic."""
        value = self.value(node, depth + 1)
        if not isinstance(value, float):
            self.at(node, "only numbers can be computed with", "Write lists and laws out.")
        return value

    def number(self, node: ast.expr, compute: Callable[[], Any]) -> float:
        """A number, if there is one."""
        try:
            result = compute()
        except (OverflowError, ZeroDivisionError):
            result = None
        if not isinstance(result, float) or isnan(result):
            self.at(node, "this is no number", "Give a number that a float can hold.")
        return result

    def several(self, node: ast.expr, entries: list[Any]) -> Any:
        """A list of laws, or an array."""
        laws = [isinstance(entry, Law) for entry in entries]
        if any(laws):
            return (
                entries if all(laws) else self.at(node, "laws and numbers are mixed in one list", "Give one of them.")
            )
        try:
            return np.asarray(entries, dtype=np.float64)
        except ValueError:
            self.at(node, "the rows of this list differ in length", "Give rows of one length.")

    def law(self, node: ast.Call, depth: int) -> Law:
        """A family with its parameters."""
        kind = self.kind(node.func)
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        usage = f"It takes {kind.__name__}({', '.join(names)})."
        if len(node.args) > len(names):
            self.at(node.args[len(names)], f"{kind.__name__} got {len(node.args)} parameters", usage)
        values = {name: self.value(argument, depth + 1) for name, argument in zip(names, node.args, strict=False)}
        for keyword in node.keywords:
            name = keyword.arg or "**"
            if name not in names or name in values:
                problem = "twice" if name in values else f"which it does not know{_guess(name, names)}"
                self.at(keyword.value, f"{kind.__name__} got {name} {problem}", usage)
            values[name] = self.value(keyword.value, depth + 1)
        try:
            return kind(**values)
        except InputError as error:
            self.at(node, str(error).rstrip("."), usage)
        except (TypeError, ValueError, AttributeError):
            self.at(node, f"these are no parameters of {kind.__name__}", usage)

    def kind(self, node: ast.expr) -> type[Law]:
        """The family of a name."""
        if not isinstance(node, ast.Name):
            self.at(node, "this is no name of a family")
        name = node.id.lower().replace("_", "")
        kind = _KINDS.get(_ALIASES.get(name, name))
        if kind is None:
            advice = "`sorted(kullback.families.__all__)` lists the families."
            self.at(node, f"there is no family {node.id!r}{_guess(name, [*_KINDS, *_ALIASES])}", advice)
        return kind


def _guess(name: str, known: list[str]) -> str:
    close = get_close_matches(name.lower(), known, n=1)
    if not close:
        return ""
    shown = _KINDS[close[0]].__name__ if close[0] in _KINDS else close[0]
    return f", did you mean {shown!r}?"
