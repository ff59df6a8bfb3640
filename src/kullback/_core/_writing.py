"""Files that are there whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path


def write_whole(path: str | Path, content: str | bytes, /) -> None:
    """Write a file that is there whole or not at all.

    It is written beside the file and moved in its place: whatever goes wrong before that, a full disk or an end
    of the program, leaves the old file as it was.

    Args:
        path: The file; a link stays one, and what it leads to is replaced.
        content: What it is to hold; text as UTF-8, in which characters that it cannot hold are escaped.

    Raises:
        OSError: If it cannot be written; then nothing has changed.

    Note:
        A program that is killed outright leaves a hidden ``.kullback-….partial`` beside the file. A device or a pipe
        is written as it is.
    """
    target = Path(path)
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _put_in_place(target.resolve(), data)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}, so nothing was written", str(path)) from None


def _put_in_place(target: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".kullback-", suffix=".partial", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, partial)
        else:
            partial.chmod(0o666 & ~_umask())
        partial.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()


def _umask() -> int:
    # The only way to ask is to set it, for the blink of an eye.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
