"""The `kullback` command: thin, everything it does is a public function.

Where is what: `_app` the program and its exit codes, `_compare` and `_profile` the commands, `_report` what a terminal
shows, `_progress` what it shows while it works.
"""

from kullback.cli._app import main

__all__ = ["main"]
