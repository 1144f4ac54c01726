"""Key files: made once, private, never silently replaced."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from storage.errors import KeyFileError
from storage.keys import Keys


def test_keys_are_made_once(tmp_path: Path) -> None:
    """Opening again gives the same keys."""
    first, second = Keys.open(tmp_path / "keys"), Keys.open(tmp_path / "keys")
    assert (first.kek, first.identity) == (second.kek, second.identity)
    assert first.audit.private_bytes_raw() == second.audit.private_bytes_raw()
    assert len({first.kek, first.identity, first.audit.private_bytes_raw()}) == 3


def test_files_are_private_to_their_owner(tmp_path: Path) -> None:
    """Folder and files are closed to group and others, and no draft is left."""
    folder = tmp_path / "keys"
    Keys.open(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert files == {"kek.key": 0o600, "identity.key": 0o600, "audit.key": 0o600}


def test_many_openers_get_the_same_keys(tmp_path: Path) -> None:
    """Processes that make the keys at once agree on them."""
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(Keys.open(tmp_path).kek)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A key that the group or others may read is no secret."""
    Keys.open(tmp_path)
    (tmp_path / "kek.key").chmod(mode)
    with pytest.raises(KeyFileError, match="key_readable_by_others"):
        Keys.open(tmp_path)


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    """Who may write to the folder may replace the keys."""
    Keys.open(tmp_path / "keys")
    (tmp_path / "keys").chmod(0o770)
    with pytest.raises(KeyFileError, match="key_folder_writable_by_others"):
        Keys.open(tmp_path / "keys")


@pytest.mark.parametrize("content", ["", "00", "g" * 64, "0" * 63, "0" * 66, "A" * 64])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    """A file that is not exactly one key is an error; it is not replaced."""
    Keys.open(tmp_path)
    (tmp_path / "identity.key").write_text(content)
    with pytest.raises(KeyFileError, match="key_damaged"):
        Keys.open(tmp_path)
    assert (tmp_path / "identity.key").read_text() == content


def test_a_link_is_refused(tmp_path: Path) -> None:
    """A key is a file, not a pointer to one."""
    Keys.open(tmp_path)
    (tmp_path / "kek.key").rename(tmp_path / "elsewhere")
    (tmp_path / "kek.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError, match="key_unreadable"):
        Keys.open(tmp_path)


def test_nothing_shows_a_key(keys: Keys) -> None:
    """The repr holds no key."""
    assert keys.kek.hex() not in repr(keys)
    assert repr(keys) == "Keys()"


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "b"), ("a", "c")), (("a", "b"), ("b", "a")), (("ab", "c"), ("a", "bc")), (("", "a"), ("a", ""))],
)
def test_ids_differ(keys: Keys, one: tuple[str, str], other: tuple[str, str]) -> None:
    """Another reference or another text is another document."""
    assert keys.identify(*one) != keys.identify(*other)


def test_an_id_is_the_installations(keys: Keys, tmp_path: Path) -> None:
    """The same document has the same id here, another elsewhere, and lone surrogates do not matter."""
    elsewhere = Keys.open(tmp_path / "other")
    assert keys.identify("r", "t\ud800") == keys.identify("r", "t\ud800")
    assert len(keys.identify("r", "t")) == 32
    assert keys.identify("r", "t") != elsewhere.identify("r", "t")
    assert keys.placeholder_key("a") != keys.placeholder_key("b")
    assert keys.kek_id != elsewhere.kek_id
