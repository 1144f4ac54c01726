"""How an outline is written down for an automaton that knows bytes and neither case nor Unicode."""

from __future__ import annotations

from pipeline.detect.outline import ALPHABET, FOREIGN, WORD, Byte, Choice, Edge, Outline, Repeat, Sequel


def ignores_case(one: Outline) -> bool:
    """Return whether an outline holds each letter of ASCII in both cases or not at all."""
    match one:
        case Byte(of):
            return all(byte in of for byte in bytes(sorted(of)).swapcase())
        case Edge():
            return True
        case Sequel(parts):
            return all(map(ignores_case, parts))
        case Choice(branches):
            return all(map(ignores_case, branches))
        case Repeat(of, _, _):
            return ignores_case(of)


def render(one: Outline, *, lower: bool = False) -> bytes:
    """Return an outline as an expression over bytes, for an automaton without Unicode modes.

    With `lower`, for one that ignores case; short, because automata take 16,000 bytes and lists of domains are long.
    """
    match one:
        case Byte(of):
            return _render_class(of, lower=lower)
        case Edge():
            return b""
        case Sequel(parts):
            return b"".join(_render_part(part, at, len(parts), lower=lower) for at, part in enumerate(parts))
        case Choice(branches):
            return b"(?:%s)" % b"|".join(render(branch, lower=lower) for branch in branches)
        case Repeat(of, least, most):
            inner = render(of, lower=lower)
            inner = inner if isinstance(of, (Byte, Choice)) else b"(?:%s)" % inner
            return inner + (b"{%d,}" % least if most is None else b"{%d,%d}" % (least, most))


def _render_part(part: Outline, at: int, count: int, *, lower: bool) -> bytes:
    # A byte beside the word, or the text's end: nothing else of the match depends on where it begins or ends.
    if isinstance(part, Edge):
        other = _render_class(ALPHABET - WORD, lower=lower)
        return b"(?:^|%s)" % other if at == 0 else b"(?:%s|$)" % other if at == count - 1 else b""
    return render(part, lower=lower)


def _render_class(of: frozenset[int], *, lower: bool) -> bytes:
    said = set(bytes(sorted(of)).lower()) if lower else of
    if len(said) == 1 and chr(*said).isascii() and chr(*said).isalnum():
        return bytes(said)
    runs: list[tuple[int, int]] = []
    for byte in sorted(said):
        if runs and byte == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], byte)
        else:
            runs.append((byte, byte))
    return b"[%s]" % b"".join(_say(first) + (b"-" + _say(last)) * (last > first) for first, last in runs)


def _say(byte: int) -> bytes:
    is_plain = byte in FOREIGN or (chr(byte).isascii() and chr(byte).isalnum())
    return bytes([byte]) if is_plain else b"\\x%02x" % byte
