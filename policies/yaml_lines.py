"""YAML whose every value knows its line, read without anything that YAML does cleverly.

No aliases, no tags, no keys twice: a policy means what a reader of the file thinks it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import yaml

Path = tuple[str | int, ...]
"""Where a value stands: keys and list positions from the root."""

_MAX_CHARACTERS: Final = 1 << 18  # a policy of 256 Ki characters is not one that a person has read
_MAX_DEPTH: Final = 12


class PolicyError(Exception):
    """A policy cannot be used. The message names file, line and rule broken, and quotes no value."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        """Counted from 1."""
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Plain values of a YAML file and the line of each."""

    file: str
    value: object = field(repr=False)
    lines: Mapping[Path, int] = field(repr=False)

    def error(self, path: Path, message: str) -> PolicyError:
        """Return the error that points at `path`, or at the nearest value around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return PolicyError(self.file, self.lines.get(path, 1), message)


def load(text: str, *, file: str) -> Tree:
    """Return the values in `text`.

    Raises:
        PolicyError: the text is not YAML, too large, or uses an alias, a tag or a key twice.
    """
    if len(text) > _MAX_CHARACTERS:
        raise PolicyError(file, 1, f"the file is larger than {_MAX_CHARACTERS} characters")
    try:
        _refuse_cleverness(text, file)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PolicyError(file, mark.line + 1 if mark else 1, "this is not valid YAML") from None
    except (yaml.YAMLError, RecursionError):
        raise PolicyError(file, 1, "this is not valid YAML") from None
    if root is None:
        raise PolicyError(file, 1, "the file is empty")
    lines: dict[Path, int] = {}
    value = _plain(root, (), lines, file)
    return Tree(file=file, value=value, lines=MappingProxyType(lines))


def _refuse_cleverness(text: str, file: str) -> None:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PolicyError(file, line, "aliases are not allowed: write the value out")
        if getattr(event, "tag", None):
            raise PolicyError(file, line, "tags are not allowed")


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> object:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > _MAX_DEPTH:
        raise PolicyError(file, line, "this is nested too deep")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, file)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(inner, (*path, number), lines, file) for number, inner in enumerate(node.value)]
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):
        raise PolicyError(file, line, "this value cannot be read") from None


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], file: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
            raise PolicyError(file, line, "a key must be a word")
        if key in values:
            raise PolicyError(file, line, "this key stands here twice")
        lines[(*path, key)] = line
        values[key] = _plain(value_node, (*path, key), lines, file)
    return values
