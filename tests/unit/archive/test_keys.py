"""Keys of the archive: weak ones seal nothing, old ones open still, and what earlier versions sealed is read."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from malote.archive import Archive, Keys, Seal
from malote.archive.keys import STRENGTH, strength
from malote.errors import Altered, Misconfigured
from malote.submission import Stored
from support.planted import ARCHIVE_KEY as KEY

OTHER, THIRD = KEY[::-1], KEY[16:] + KEY[:16]

STRONG: dict[str, Callable[[], str]] = {
    "openssl rand -hex 16": lambda: secrets.token_hex(16),
    "openssl rand -hex 32": lambda: secrets.token_hex(32),
    "in capitals": lambda: secrets.token_hex(16).upper(),
    "openssl rand -base64 48": lambda: base64.b64encode(secrets.token_bytes(48)).decode(),
    "a kilobyte": lambda: secrets.token_hex(512),
    "with the line end of a file": lambda: f"{secrets.token_hex(16)}\n",
}

WEAK = {
    "a word": "secret",
    "half as long": "a7b500b1d286b47a",
    "one bit short": "5c1f0e97b6d24a83e1907fd26b4ac83",
    "one letter": "a" * 64,
    "two letters in turn": "ab" * 32,
    "a word eight times": "password" * 8,
    "a card number twice": "4012001037141112" * 2,
    "counted": "0123456789abcdef" * 4,
    "the alphabet": "abcdefghijklmnopqrstuvwxyz0123456789",
    "the keyboard": "qwertyuiopasdfghjklzxcvbnm1234567890",
    "zeros and a one": "0" * 31 + "1",
    "digits, thirty": "735028461907352846190735502846",
    "a UUID": str(uuid.uuid4()),
    "four words": "correct horse battery staple",
    "with dashes": "uma-chave-de-arquivo-que-ninguem-ve",
    "with capitals": "MinhaSenhaSuperSecreta2026!",
    "with signs": "Malote@Cielo#2026$Producao!Chave",
    "a sentence": "uma chave muito secreta que ninguem conhece na empresa",
    "a blank": " ",
}


@pytest.mark.parametrize("made", STRONG)
def test_a_key_that_was_drawn_at_random_seals(tmp_path: Path, made: str) -> None:
    for _ in range(100):
        assert strength(STRONG[made]()) >= STRENGTH
    with Archive(str(tmp_path), STRONG[made]()).write("x", "y", sealed=True) as sheet:
        sheet.write(b"a card")
    assert sheet.stored.sealed


@pytest.mark.parametrize("weak", WEAK)
def test_a_weak_key_seals_nothing_and_says_how_to_get_a_strong_one(tmp_path: Path, weak: str) -> None:
    assert strength(WEAK[weak]) < STRENGTH
    for seal in (
        lambda: Archive(str(tmp_path), WEAK[weak]).write("x", "y", sealed=True).__enter__(),
        lambda: Seal(WEAK[weak]).seal_text("a card"),
    ):
        with pytest.raises(Misconfigured, match="too weak") as caught:
            seal()
        assert "openssl rand -hex 32" in str(caught.value) and "old_keys" in str(caught.value)
        assert WEAK[weak] == " " or WEAK[weak] not in str(caught.value)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# ---- what earlier versions sealed, under a key that would be too weak today

EARLIER_KEY, NAME, PLAIN = "a long random text", "sealed/cielo/sent/0f/0fab-lote.xml", b"<lote>4012001037141112</lote>"
EARLIER_HASH = "322c01cc3c6dc1c1ae8bf39832ccf2d767b3dbcbd1cf515c7f31f7e9596ec1dc"
EARLIER = {  # in base64
    "format 1": "TUFMT1RFMQruX/9SMJGed9qYCQNy9Xclhvi2KsA3yOq0dxAUGsr0KmxcN8mIbDGC"
    "eVq83FE7pf/dAcqNd8zVi0qwv7vidXZn0bNy4Q==",
    "format 2": "TUFMT1RFMgrkOYwPRHEM2wPzSycD5Xc7Fava3DHZqJvEawf4xgODnyThGdUp"
    "dHURZss+8XUvllum9xZqWjUm+3hBD3C05KxWNvyyeQ==",
}
RINGS = {
    "as the key": Keys(EARLIER_KEY),
    "as the only old key": Keys(KEY, [EARLIER_KEY]),
    "as the last of three": Keys(KEY, [OTHER, EARLIER_KEY]),
}


def put_earlier(folder: Path, format: str) -> Stored:
    (folder / NAME).parent.mkdir(parents=True)
    (folder / NAME).write_bytes(base64.b64decode(EARLIER[format]))
    return Stored(NAME, EARLIER_HASH, len(PLAIN), sealed=True)


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("format", EARLIER)
def test_what_earlier_versions_sealed_is_read_and_held_against_the_journals_hash(
    tmp_path: Path, format: str, ring: str
) -> None:
    stored = put_earlier(tmp_path, format)
    archive = Archive(str(tmp_path), RINGS[ring])
    with archive.open(stored) as file:
        assert file.read() == PLAIN
    with pytest.raises(Altered, match="not what was written"):
        archive.open(Stored(NAME, "0" * 64, len(PLAIN), sealed=True))


def test_a_text_that_an_earlier_version_sealed_opens_under_the_key_wherever_it_stands() -> None:
    sealed = "malote1:uJWuFBI3YPUfXjzIIu8kfIqruaCYhbc-5azGMnQMb7ZPnVI="
    for ring in RINGS.values():
        assert Seal(ring).open_text(f"{sealed}\n") == "segredo"


# ---- a change of the key


def sealed_under(folder: Path, key: str) -> Stored:
    with Archive(str(folder), key).write("cielo/sent", "lote.xml", sealed=True) as sheet:
        sheet.write(PLAIN)
    return sheet.stored


def test_a_file_names_its_key_and_opens_as_long_as_that_is_known(tmp_path: Path) -> None:
    stored = sealed_under(tmp_path, OTHER)
    with Archive(str(tmp_path), Keys(KEY, [THIRD, OTHER])).open(stored) as file:
        assert file.read() == PLAIN
    id = Archive(str(tmp_path), OTHER).key_id
    with pytest.raises(Misconfigured, match=f"sealed under the key {id}.*neither the password .* nor one of its old"):
        Archive(str(tmp_path), Keys(KEY, [THIRD])).open(stored)


def test_two_files_and_two_texts_of_one_key_share_no_salt(tmp_path: Path) -> None:
    one, other = ((tmp_path / sealed_under(tmp_path, KEY).name).read_bytes() for _ in range(2))
    assert one[:16] == other[:16] and one[16:32] != other[16:32]  # magic and id; the salt
    texts = [base64.urlsafe_b64decode(Seal(KEY).seal_text("a card").removeprefix("malote2:")) for _ in range(2)]
    assert texts[0][:8] == texts[1][:8] and texts[0][8:24] != texts[1][8:24]


@pytest.mark.parametrize("earlier", [None, *EARLIER])
def test_sealed_anew_it_lies_there_twice_and_the_new_one_needs_no_old_key(tmp_path: Path, earlier: str | None) -> None:
    old = put_earlier(tmp_path, earlier) if earlier else sealed_under(tmp_path, OTHER)
    both = Archive(str(tmp_path), Keys(KEY, [OTHER, EARLIER_KEY]))
    assert list(both.sealed_otherwise()) == [old.name]
    new = both.reseal(old)
    assert new.name != old.name and new.name.startswith("sealed/cielo/sent/") and new.name.endswith("-lote.xml")
    with both.open(old) as was, Archive(str(tmp_path), KEY).open(new) as file:
        assert was.read() == file.read() == PLAIN
    both.purge(old)
    assert list(both.sealed_otherwise()) == []


def test_sealed_anew_in_its_place_it_keeps_its_name(tmp_path: Path) -> None:
    old = sealed_under(tmp_path, OTHER)
    assert Archive(str(tmp_path), Keys(KEY, [OTHER])).reseal_in_place(old.name) == len(PLAIN)
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file())
    assert path == tmp_path / old.name
    with pytest.raises(Altered):  # whoever keeps a hash of it must not do so
        Archive(str(tmp_path), KEY).open(old)


OLD_KEYS = {
    "none": ({}, 0),
    "an empty list": ({"old_keys": []}, 0),
    "a list": ({"old_keys": [OTHER, THIRD]}, 2),
    "one text": ({"old_keys": OTHER}, 1),
    "a list in a text, as a form gives it": ({"old_keys": f'["{OTHER}"]'}, 1),
    "a number": ({"old_keys": 1234}, None),
    "a list of numbers": ({"old_keys": [1234]}, None),
    "an object": ({"old_keys": {"2025": OTHER}}, None),
    "a list that breaks off": ({"old_keys": f'["{OTHER}'}, None),
}


@pytest.mark.parametrize("given", OLD_KEYS)
def test_old_keys_are_a_list_of_texts_or_one(given: str) -> None:
    extra, count = OLD_KEYS[given]
    if count is None:
        with pytest.raises(Misconfigured, match="old_keys in the extra of connection malote_archive") as caught:
            Keys.configured(KEY, extra)
        assert OTHER not in str(caught.value) and "1234" not in str(caught.value)
    else:
        assert len(Keys.configured(KEY, extra).known) == 1 + count
