"""Errors that end a command, each with its exit code. Every message is publishable.

CommandError
├── Usage        2  the command line or the configuration is wrong
├── Refused      3  a safety rule says no
├── Unavailable  4  a service that is needed does not answer
└── Tampered     5  the audit log does not verify
"""

from __future__ import annotations

from typing import ClassVar


class CommandError(Exception):
    """A command cannot go on; the message says what to do about it."""

    exit_code: ClassVar[int] = 1


class Usage(CommandError):  # noqa: N818 - read as a sentence: raise Usage(...)
    """The command line or the configuration is wrong."""

    exit_code = 2


class Refused(CommandError):  # noqa: N818 - same
    """A safety rule says no."""

    exit_code = 3


class Unavailable(CommandError):  # noqa: N818 - same
    """A service that is needed does not answer."""

    exit_code = 4


class Tampered(CommandError):  # noqa: N818 - same
    """The audit log does not verify."""

    exit_code = 5
