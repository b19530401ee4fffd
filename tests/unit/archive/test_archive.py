"""The archive: whole files or none, the same bytes in the same place, card data sealed from its first byte."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from malote.archive import Archive, Seal
from malote.archive.seal import FRAME
from malote.errors import Altered, Malformed, MaloteError, Misconfigured, Transient
from malote.submission import Stored
from support.planted import ARCHIVE_KEY as KEY

CARD = b"4012001037141112"
OTHER = KEY[::-1]


@pytest.fixture(params=["folder", "file://", "memory://"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An archive's place: a local folder by path and by URL, and a file system that is not local."""
    here = {"folder": str(tmp_path / "a"), "file://": f"file://{tmp_path / 'b'}"}
    return here.get(request.param, f"memory://{tmp_path.name}")


def put(archive: Archive, data: bytes, *, name: str = "lote.xml", sealed: bool = False, cut: int = 10_000) -> Stored:
    with archive.write("cielo/sent", name, sealed=sealed) as sheet:
        for at in range(0, len(data), cut):
            sheet.write(data[at : at + cut])
    return sheet.stored


def get(archive: Archive, stored: Stored) -> bytes:
    with archive.open(stored) as file:
        return file.read()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("sealed", [False, True])
def test_what_was_written_is_read_with_its_plain_hash_and_size(url: str, sealed: bool) -> None:
    writer, reader = Archive(url, KEY), Archive(url, KEY)
    for size in (0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 5 * FRAME + 17):
        data = os.urandom(size)
        stored = put(writer, data, sealed=sealed)

        assert get(reader, stored) == data
        assert (stored.size, stored.sealed) == (size, sealed)
        assert (stored.sha256 == hashlib.sha256(data).hexdigest()) is not sealed
        assert stored.name.startswith("sealed/" * sealed + "cielo/sent/") and stored.name.endswith("-lote.xml")


def test_the_hash_of_sealed_bytes_is_keyed_and_the_same_in_every_process(url: str) -> None:
    one, other, stranger = (put(Archive(url, key), b"4012001037141112", sealed=True) for key in (KEY, KEY, OTHER))
    assert one.sha256 == other.sha256
    assert one.sha256 != stranger.sha256


def test_a_card_sealed_as_text_opens_only_under_its_key(url: str) -> None:
    text = Seal(KEY).seal_text('{"numero": "4012001037141112"}')
    assert "4012" not in text
    assert Archive(url, KEY).unseal_text(text) == '{"numero": "4012001037141112"}'
    assert text != Seal(KEY).seal_text('{"numero": "4012001037141112"}')
    for key, wrong in ((OTHER, text), (KEY, text[:-4] + "AAAA"), (KEY, "4012001037141112")):
        with pytest.raises(Misconfigured, match="does not open a sealed text") as caught:
            Archive(url, key).unseal_text(wrong)
        assert "4012" not in str(caught.value)


def test_the_sealed_files_of_a_time_are_listed_unfinished_ones_too(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), KEY)
    old, plain, new = put(archive, b"a", sealed=True), put(archive, b"b"), put(archive, b"c", sealed=True)
    (tmp_path / "sealed" / "cielo" / ".dead.part").write_bytes(b"half")
    for name in (old.name, plain.name, "sealed/cielo/.dead.part"):
        os.utime(tmp_path / name, (1_700_000_000, 1_700_000_000))
    before = datetime(2024, 1, 1, tzinfo=timezone.utc)
    assert sorted(archive.sealed_before(before)) == sorted([old.name, "sealed/cielo/.dead.part"])
    assert new.name not in archive.sealed_before(before)
    assert Archive(str(tmp_path / "empty")).sealed_before(before) == []


def test_the_same_bytes_land_in_the_same_place_and_others_beside_them(url: str) -> None:
    archive = Archive(url)

    first, again, other = put(archive, b"a"), put(archive, b"a"), put(archive, b"b")

    assert first == again and first.name != other.name
    assert (get(archive, first), get(archive, other)) == (b"a", b"b")


def test_an_error_inside_leaves_nothing_behind(url: str, tmp_path: Path) -> None:
    archive = Archive(url, KEY)
    for sealed in (False, True):
        with pytest.raises(KeyError), archive.write("f", "n", sealed=sealed) as sheet:  # noqa: PT012 (the block is meant)
            sheet.write(b"x" * 200_000)
            raise KeyError
        with pytest.raises(RuntimeError):
            assert sheet.stored

    assert files(tmp_path) == []
    assert archive._files.below("") == []


def test_purging_removes_and_may_be_done_twice(url: str) -> None:
    archive = Archive(url, KEY)
    stored = put(archive, CARD, sealed=True)

    archive.purge(stored)
    archive.purge(stored)

    with pytest.raises(Misconfigured, match="holds no") as caught:
        archive.open(stored)
    assert "purged" in str(caught.value)


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        put(Archive(str(tmp_path / "x" / "archive")), b"a")
    finally:
        os.umask(mask)

    for path in (tmp_path / "x").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_name_cannot_lead_out_of_the_archive(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path / "inside"))

    for folder, name in (("../..", "../../x"), ("/etc", "/etc/passwd"), ("a/../b", ".."), ("", ""), ("é", "ção .xml")):
        with archive.write(folder, name) as sheet:
            sheet.write(b"a")
        assert get(archive, sheet.stored) == b"a"
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", sheet.stored.name)
    for name in ("../outside", "a/../../outside", "/etc/passwd"):
        with pytest.raises(Misconfigured):
            archive.open(Stored(name, "", 1))

    assert {path.relative_to(tmp_path).parts[0] for path in files(tmp_path)} == {"inside"}


def test_a_long_name_keeps_its_end(tmp_path: Path) -> None:
    assert put(Archive(str(tmp_path)), b"a", name="x" * 400 + ".xml").name.endswith("x.xml")


def test_a_plain_file_that_changed_its_size_is_not_read(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    stored = put(archive, b"abc")
    (tmp_path / stored.name).write_bytes(b"ab")

    with pytest.raises(Misconfigured, match="in the archive .* has 2 bytes, and had 3"):
        archive.open(stored)


def test_no_plain_byte_of_a_sealed_file_is_on_disk_at_any_moment(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), KEY)

    with archive.write("cielo/sent", "lote.xml", sealed=True) as sheet:
        for _ in range(5 * FRAME // len(CARD)):
            sheet.write(CARD)
        during = [path.read_bytes() for path in files(tmp_path)]
    after = [path.read_bytes() for path in files(tmp_path)]

    assert len(during) == len(after) == 1 and len(during[0]) > FRAME
    assert not any(CARD[:6] in data for data in during + after)


def test_a_sealed_file_is_not_named_by_the_hash_of_its_card_data(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), KEY)

    first, again = put(archive, CARD, sealed=True), put(archive, CARD, sealed=True)

    assert first.sha256 == again.sha256 and first.name != again.name
    assert first.sha256 not in first.name
    one, other = files(tmp_path)
    assert one.read_bytes() != other.read_bytes()


def test_sealing_without_a_key_says_which_connection_to_create(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="malote_archive"):
        put(Archive(str(tmp_path)), CARD, sealed=True)
    assert files(tmp_path) == []

    stored = put(Archive(str(tmp_path), KEY), CARD, sealed=True)
    with pytest.raises(Misconfigured, match="malote_archive"):
        Archive(str(tmp_path)).open(stored)


def test_another_password_does_not_open_it(tmp_path: Path) -> None:
    stored = put(Archive(str(tmp_path), KEY), CARD, sealed=True)

    with pytest.raises(Misconfigured, match="password of connection malote_archive") as caught:
        Archive(str(tmp_path), OTHER).open(stored)
    assert OTHER not in str(caught.value) and CARD.decode() not in str(caught.value)


HEAD, SEALED_FRAME = 39, FRAME + 16


def _swap(data: bytes) -> bytes:
    one, two = HEAD + SEALED_FRAME, HEAD + 2 * SEALED_FRAME
    return data[:one] + data[two : two + SEALED_FRAME] + data[one:two] + data[two + SEALED_FRAME :]


DAMAGE = {
    "the last frame is cut off": lambda data: data[: HEAD + 3 * SEALED_FRAME],
    "cut inside the last frame": lambda data: data[:-1],
    "all but the first frame cut off": lambda data: data[: HEAD + SEALED_FRAME],
    "cut after the header": lambda data: data[:HEAD],
    "cut inside the header": lambda data: data[:28],
    "empty": lambda data: b"",
    "two frames swapped": _swap,
    "a frame left out": lambda data: data[: HEAD + SEALED_FRAME] + data[HEAD + 2 * SEALED_FRAME :],
    "a frame twice": lambda data: data[: HEAD + SEALED_FRAME] + data[HEAD:],
    "a byte after the end": lambda data: data + b"x",
    "one bit in the first frame": lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
    "one bit in the last frame": lambda data: data[:-30] + bytes([data[-30] ^ 1]) + data[-29:],
    "one bit in the id of the key": lambda data: data[:8] + bytes([data[8] ^ 1]) + data[9:],
    "the mark of an earlier format": lambda data: b"MALOTE2\n" + data[8:],
    "one bit in the salt": lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
    "one bit in the nonce": lambda data: data[:38] + bytes([data[38] ^ 1]) + data[39:],
    "replaced by the plain bytes": lambda data: CARD,
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_sealed_file_that_was_damaged_is_noticed_and_never_read_wrongly(tmp_path: Path, what: str) -> None:
    archive = Archive(str(tmp_path), KEY)
    plain = os.urandom(3 * FRAME + 100)
    stored = put(archive, plain, sealed=True)
    path = tmp_path / stored.name
    path.write_bytes(DAMAGE[what](path.read_bytes()))

    read = b""
    with pytest.raises((Malformed, Misconfigured)) as caught, archive.open(stored) as file:  # noqa: PT012
        while chunk := file.read(FRAME):
            read += chunk

    assert plain.startswith(read) and len(read) < len(plain)
    assert isinstance(caught.value, MaloteError) and caught.value.todo


def test_a_sealed_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path), KEY)
    plain = os.urandom(2 * FRAME + 5)
    stored = put(archive, plain, sealed=True)

    with archive.open(stored) as file:
        assert file.read(3) == plain[:3]
        assert b"".join(iter(lambda: file.read(1000), b"")) == plain[3:]


def test_a_url_that_needs_a_missing_package_says_so_without_its_secrets() -> None:
    for url in ("nosuch://user:secret@bucket/x", "abfs2://user:secret@x"):
        with pytest.raises(Misconfigured, match="archive_url") as caught:
            Archive(url)
        assert "secret" not in str(caught.value)


def test_the_archive_shows_no_key() -> None:
    archive = Archive("memory://x", KEY)

    assert KEY not in repr(archive) + repr(vars(archive))
    assert KEY not in repr(replace(put(archive, CARD, sealed=True), size=1))


def _plain(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("size", [1, 3 * FRAME, 20 * FRAME + 1])
def test_nothing_is_given_out_of_a_file_that_was_altered_at_its_very_end(
    tmp_path: Path, sealed: bool, size: int
) -> None:
    archive = Archive(str(tmp_path), KEY)
    stored = put(archive, os.urandom(size), sealed=sealed)
    path = tmp_path / stored.name
    path.write_bytes(_plain(path.read_bytes()))
    wanted = Altered if not sealed or size > FRAME else Misconfigured  # of one frame it may be the key
    with pytest.raises(wanted) as caught:
        archive.open(stored)
    assert caught.value.todo and "backup" in caught.value.todo


@pytest.mark.parametrize("sealed", [False, True])
def test_two_files_of_one_size_cannot_be_exchanged(tmp_path: Path, sealed: bool) -> None:
    archive = Archive(str(tmp_path), KEY)
    one, other = (put(archive, data * FRAME, sealed=sealed) for data in (b"one", b"two"))
    (tmp_path / one.name).write_bytes((tmp_path / other.name).read_bytes())
    for expected in (one, replace(one, sha256=other.sha256)) if sealed else (one,):
        with pytest.raises(Misconfigured):  # a journal that was altered too does not help
            archive.open(expected)


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Full(io.BytesIO):
    """A file on a disk without room."""

    def write(self, _: object) -> int:
        raise FULL


def never(*_: object, **__: object) -> None:
    raise FULL


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize(
    ("where", "what"),
    [("create", never), ("create", lambda *_: Full()), ("flush", never), ("move", never), ("remove", never)],
    ids=["made", "written", "flushed", "named", "removed"],
)
def test_what_cannot_be_kept_is_said_in_words_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, what: object, sealed: bool
) -> None:
    archive = Archive(str(tmp_path), KEY)
    if where == "remove":
        monkeypatch.setattr("malote.archive.files.Files.move", never)
    monkeypatch.setattr(f"malote.archive.files.Files.{where}", what)
    with pytest.raises(Transient, match="the archive cannot be written: no space left on device") as said:
        put(archive, b"bytes", sealed=sealed)
    assert "make room" in str(said.value) and "not sent" in str(said.value)


def test_what_fails_inside_the_block_is_not_taken_for_the_disk(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), Archive(str(tmp_path)).write("a", "b"):
        raise ConnectionResetError
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
