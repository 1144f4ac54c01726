"""Paths as text that any database and encoding can hold.

A file system knows bytes. A name that is no UTF-8 travels as a `file:` URI, and what is
shown of it has escapes in place of the odd bytes.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

_SCHEME = "file://"


def portable_path(path: str) -> str:
    """Return an absolute path as itself if it is UTF-8, else as a `file:` URI."""
    return path if _is_utf8(path) else PurePosixPath(path).as_uri()


def local_path(portable: str) -> str:
    """Return the path that `portable_path` was given."""
    if portable.startswith(_SCHEME):  # an absolute path never does
        return os.fsdecode(unquote_to_bytes(portable.removeprefix(_SCHEME)))
    return portable


def portable_name(name: str) -> str:
    r"""Return a name with odd bytes escaped, as in `caf\xe9.txt`."""
    return name if _is_utf8(name) else os.fsencode(name).decode("utf-8", "backslashreplace")


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
