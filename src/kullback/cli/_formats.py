"""Where the answer of `kullback compare` goes, and in which form."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kullback import Comparison, InputError
from kullback._core import write_whole
from kullback.cli import _options as shared

FORMATS = ("text", "json", "markdown", "slack", "junit")
LANGUAGES = ("en", "zh")
STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class Output:
    """One form of the answer.

    Attributes:
        form: One of `FORMATS`, or html.
        path: The file to write; ``-`` for standard output.
        option: As the user gave it.
    """

    form: str
    path: str
    option: str


def outputs_from(
    formats: Sequence[str], json_path: str | None, html_path: str | None, inputs: Sequence[str | None], /
) -> tuple[Output, ...]:
    """All that is to be written; text to standard output where nothing else goes there.

    Args:
        formats: ``NAME`` or ``NAME=FILE``.
        json_path: Of `--json`.
        html_path: Of `--html`.
        inputs: Files that must not be overwritten.

    Raises:
        InputError: If a form is unknown, a file cannot be written, or two forms want to go to one place.
    """
    outputs = [_output(text) for text in formats]
    for form, path in (("json", json_path), ("html", html_path)):
        if path is not None:
            outputs.append(Output(form, path, f"--{form}"))
    for place, output in enumerate(outputs):
        same = next((other for other in outputs[:place] if other.path == output.path), None)
        if same is not None:
            where = "be printed" if output.path == STANDARD_OUTPUT else f"write to {output.path!r}"
            raise InputError(f"{same.option} and {output.option} both want to {where}; give them different files.")
        if output.path != STANDARD_OUTPUT:
            shared.check_output(output.path, *inputs)
    if not any(output.path == STANDARD_OUTPUT for output in outputs):
        outputs.append(Output("text", STANDARD_OUTPUT, ""))
    return tuple(outputs)


def write_outputs(
    comparison: Comparison,
    outputs: Sequence[Output],
    /,
    *,
    lang: str,
    fail_on: frozenset[str],
    show: Callable[[], None],
) -> None:
    """Write the files first, then what is printed.

    Args:
        comparison: The answer.
        outputs: Where it goes.
        lang: Language of the page.
        fail_on: What counts as a failure in JUnit, beside shifted columns.
        show: Prints the text.
    """
    forms: Mapping[str, Callable[[], str]] = {
        "json": comparison.to_json,
        "html": lambda: comparison.to_html(lang=lang),
        "markdown": comparison.to_markdown,
        "slack": lambda: json.dumps(comparison.to_slack(), ensure_ascii=False, indent=1),
        "junit": lambda: comparison.to_junit(fail_on=sorted(fail_on - {"new"})),
    }
    for output in sorted(outputs, key=lambda each: each.path == STANDARD_OUTPUT):
        if output.form == "text":
            show()
            continue
        content = forms[output.form]().rstrip("\n") + "\n"
        if output.path == STANDARD_OUTPUT:
            sys.stdout.buffer.write(content.encode("utf-8", "backslashreplace"))
            sys.stdout.buffer.flush()
        else:
            write_whole(output.path, content)


def _output(text: str) -> Output:
    form, mark, path = text.partition("=")
    if form not in FORMATS or (mark and not path):
        raise InputError(f"--format {text} is unknown; use one of {', '.join(FORMATS)}, or NAME=FILE to write a file.")
    if mark and form == "text":
        raise InputError(f"--format {text} cannot be: the text is printed. Send it to a file with > {path}.")
    return Output(form, path or STANDARD_OUTPUT, f"--format {text}")
