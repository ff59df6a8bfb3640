"""The program: its commands, its exit codes, and how it says that something is wrong."""

import os
import signal
import sys
from typing import NoReturn

import typer

from kullback import KullbackError, __version__
from kullback.cli._compare import compare
from kullback.cli._divergence import divergence
from kullback.cli._estimate import estimate
from kullback.cli._fit import fit
from kullback.cli._history import alerts, history
from kullback.cli._merge import merge
from kullback.cli._plan import plan
from kullback.cli._profile import profile

BAD_INPUT = 2
_INTERRUPTED = 130

app = typer.Typer(
    help="Kullback-Leibler divergences: exact, honest, fast. Start with: kullback compare REFERENCE CURRENT",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(compare)
app.command()(profile)
app.command()(merge)
app.command()(history)
app.command()(alerts)
app.command()(plan)
app.command()(divergence)
app.command()(estimate)
app.command()(fit)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kullback {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Print the version."),
) -> None:
    del version


def main() -> None:
    """Run the command: exit 0, 1 where `--fail-on` says so, 2 with one message for bad input."""
    stopped: list[int] = []

    def stop(number: int, _: object) -> NoReturn:
        stopped.append(number)
        sys.exit(128 + number)

    # So that a scheduler that ends the program leaves no temporary folder behind.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)
    try:
        app()
    except KullbackError as error:
        typer.echo(f"kullback: {error}", err=True)
        sys.exit(BAD_INPUT)
    except KeyboardInterrupt:
        typer.echo("kullback: interrupted", err=True)
        sys.exit(_INTERRUPTED)
    except SystemExit as error:
        # DuckDB turns a signal into an interruption, whichever it was.
        sys.exit(128 + stopped[0] if stopped else error.code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep Python from complaining while it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # A full disk, a folder where a file should be: not an answer, so not exit code 1.
        typer.echo(f"kullback: {error}", err=True)
        sys.exit(BAD_INPUT)
