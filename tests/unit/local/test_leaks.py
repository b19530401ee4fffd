"""What looks for planted cards finds them: in files, across the blocks it reads, and in compressed rows."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from malote_local.leaks import leaks

CARD = {"a card": "4012001037141112"}


def test_a_card_is_found_in_a_file_even_across_two_blocks(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(b"x" * ((1 << 20) - 8) + b"4012001037141112" + b"x" * 100)
    (tmp_path / "b.log").write_text("401200******1112")
    (tmp_path / "simulators.jsonl").write_text("4012001037141112")
    assert leaks(tmp_path, [], CARD, aside=["simulators.jsonl"]) == ["a card stands in logs/a.log"]


def test_a_card_is_found_in_a_row_that_the_server_compresses(database: str, tmp_path: Path) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("create schema s; create table s.t (a jsonb); create table clean (a text)")
        connection.execute("insert into s.t select jsonb_build_object('k', repeat('0', 100000) || '4012001037141112')")
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    assert leaks(tmp_path, [database], CARD) == [f"a card stands in table {name}.s.t"]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ('{"validade": "203911"}', True),
        ("<validade>203911</validade>", True),
        ("validade=203911", True),
        ("2026-11-28T02:30:42.203911Z [info] request finished", False),
        ("0af1203911d2", False),
        ("1203911", False),
    ],
)
def test_a_short_secret_is_not_found_where_its_digits_stand_by_chance(tmp_path: Path, text: str, stands: bool) -> None:
    (tmp_path / "a.log").write_text(text)
    assert leaks(tmp_path, [], {"validade": "203911"}) == ["validade stands in a.log"] * stands
