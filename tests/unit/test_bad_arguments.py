"""Whatever is typed, piped in, or stands in the environment: the command answers in words, and never by a traceback."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from malote.commandline import main
from support.planted import ARCHIVE_KEY

SECRET = "planted-secret"

COMMANDS = {
    "migrate": ["migrate"],
    "migrate --roles": ["migrate", "--roles"],
    "status": ["status"],
    "health": ["health", "--json"],
    "story": ["story", "ccee-1"],
    "doubts": ["doubts"],
    "resolve": ["resolve", "ccee-1", "--resend"],
    "ask-again": ["ask-again", "ccee-1"],
    "settle": ["settle", "ccee-1", "ADV-12", "--accepted", "--why", "seen"],
    "unanswered": ["unanswered"],
}

WAREHOUSES = [
    "nonsense",
    f"postgresql://me:{SECRET}@[::1/db",
    f"postgresql://me:{SECRET}@host:99999/db",
    f"postgresql://me:{SECRET}@host:port/db",
    f"postgresql://me:{SECRET}@127.0.0.1:1/db",
    f"postgresql://me:{SECRET}@nowhere.invalid/db",
    f"postgresql://me:{SECRET}@127.0.0.1:1/db?sslmode=nonsense",
    f"postgresql://me:{SECRET}@127.0.0.1:1/db?sslmode=verify-full&sslrootcert=/nowhere",
    f"postgresql://me:{SECRET}\ud800@host/db",
    f"postgresql://me:{SECRET}%00@127.0.0.1:1/db",
    f"mysql://me:{SECRET}@host/db",
    f"https://me:{SECRET}@host/db",
    f"host=127.0.0.1 port=1 password='{SECRET}",
    f"host=127.0.0.1 port=1 password={SECRET} nonsense=1",
    f"host=127.0.0.1 port=1 password={SECRET}\0",
    f"password={SECRET} port=0",
    f'{{"conn_type": "postgres", "password": "{SECRET}"',
    f'{{"conn_type": "mysql", "password": "{SECRET}"}}',
    f'{{"conn_type": "postgres", "host": "127.0.0.1", "port": "{SECRET}"}}',
    f'{{"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "password": ["{SECRET}"]}}',
    f'{{"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "password": "{SECRET}", "extra": "{{"}}',
    f'{{"conn_type": "postgres", "host": "127.0.0.1", "port": 1e400, "password": "{SECRET}"}}',
    f'{{"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "password": "{SECRET}\\u0000"}}',
    f'["{SECRET}"]',
    '{"a":' * 50_000,
]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """``said(*arguments)``: runs the command, which must refuse, and returns what it says; no secret is in it."""
    monkeypatch.chdir(tmp_path)
    for name in ("WAREHOUSE", "ARCHIVE"):
        monkeypatch.delenv(f"AIRFLOW_CONN_MALOTE_{name}", raising=False)

    def run(*arguments: str, code: int = 1) -> str:
        assert main(arguments) == code
        read = capsys.readouterr()
        assert SECRET not in read.out + read.err and "Traceback" not in read.err
        assert "malote itself failed" not in read.err
        return read.err

    return run


@pytest.mark.parametrize("warehouse", WAREHOUSES, ids=lambda each: ascii(each)[:60])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_warehouse_that_is_none_is_refused_in_words(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str, warehouse: str
) -> None:
    try:
        monkeypatch.setenv("AIRFLOW_CONN_MALOTE_WAREHOUSE", warehouse)
    except (ValueError, UnicodeError):
        assert "Do now:" in said("--warehouse", warehouse, *COMMANDS[command])
        return
    assert "Do now:" in said(*COMMANDS[command])


@pytest.mark.parametrize("warehouse", WAREHOUSES, ids=lambda each: ascii(each)[:60])
def test_nor_does_it_say_what_stands_in_a_file_or_in_an_argument(
    said: Callable[..., str], tmp_path: Path, warehouse: str
) -> None:
    file = tmp_path / "dsn"
    file.write_bytes(warehouse.encode("utf-8", "surrogatepass"))
    said("--warehouse-file", str(file), "status")
    said("--warehouse", warehouse, "status")


FILES = ["absent", ".", "pipe", "half\ud800", "nul\0", "x" * 5000, "round", "latin", "/dev/zero", "/proc/kmsg", "empty"]


@pytest.mark.parametrize("name", FILES, ids=lambda each: ascii(each)[:20])
def test_a_file_that_is_none_is_refused_without_waiting_for_it(
    said: Callable[..., str], tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "latin").write_bytes("host=é".encode("latin-1"))
    (tmp_path / "empty").touch()
    assert "Do now:" in said("--warehouse-file", name, "status")
    assert "Do now:" in said("--warehouse", "host=h", "migrate", "--roles", "--passwords", name)


ARGUMENTS = [
    ["find", "nul\0"],
    ["items", "half\ud800"],
    ["pace", "nul\0", "--reset"],
    ["archive", "rekey"],
    ["archive", "rekey", "--url", f"nosuch://me:{SECRET}@bucket"],
    ["archive", "rekey", "--url", "nul\0"],
    ["explain", "bndes", "nul\0"],
    ["explain", "ccee", "/nowhere"],
    ["explain", "cielo", "/dev/zero"],
    ["explain", "bndes", ".", "--extra", "."],
    ["story", "nobody-1"],
    ["story", ""],
    ["story", "nul\0"],
    ["story", "half\ud800"],
    ["story", "x" * 100_000],
    ["story", "'; drop table malote.event; --"],
    ["resolve", "nobody-1", "--receipt", "nul\0"],
    ["resolve", "nobody-1", "--receipt", ""],
    ["resolve", "nobody-1", "--receipt", " "],
    ["resolve", "nobody-1", "--resend", "--why", "nul\0"],
    ["resolve", "nobody-1", "--withdraw", "--why", "half\ud800"],
    ["resolve", "nobody-1", "--resend", "--absent"],
    ["ask-again", "nobody-1", "--why", "nul\0"],
    ["settle", "nobody-1", "nul\0", "--accepted", "--why", "x"],
    ["settle", "nobody-1", "half\ud800", "--refused", "--why", "x"],
    ["migrate", "--passwords", "."],
    ["migrate", "--roles", "--passwords", "/nowhere"],
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda each: ascii(" ".join(each))[:50])
def test_arguments_that_mean_nothing_are_refused_in_words(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, warehouse: str, arguments: list[str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_WAREHOUSE", warehouse)
    assert said(*arguments)


@pytest.mark.parametrize("command", [each for each in COMMANDS if not each.startswith("migrate")])
def test_a_database_without_a_journal_is_told_so(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, database: str, command: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_WAREHOUSE", database)
    assert "malote migrate" in said(*COMMANDS[command])


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["story"], ["resolve", "x"], ["--local", "--warehouse", "x", "status"]]
)
def test_what_is_no_command_is_answered_with_its_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "usage: malote" in capsys.readouterr().err


CARDS = [
    b"4012001037141112",
    b'"4012001037141112"',
    b'{"numero": "4012001037141112"',
    b'{"numero": "\xff4012001037141112"}',
    b'{"numero": "4012001037141112\\ud800"}',
    b"\xff\xfe{\x00}\x00",
    b"[" * 100_000,
    b'{"numero": ' + b"1" * 10_000 + b"}",
    b"{}\n\n{}",
    b"\0",
]


@pytest.mark.parametrize("data", CARDS, ids=lambda each: repr(each)[:40])
def test_a_card_that_is_no_object_is_refused_and_not_repeated(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", json.dumps({"password": ARCHIVE_KEY}))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data + b"\n"), encoding="utf-8"))
    words = said("seal")
    assert "is no JSON object" in words and "40120010" not in words


KEYS = [f'{{"password": "{SECRET}"', f"generic://:{SECRET}@[::1", f'["{SECRET}"]', "[" * 50_000, '{"password": ""}', ""]


@pytest.mark.parametrize("connection", KEYS, ids=lambda each: each[:40])
def test_a_key_that_is_none_is_refused_in_words(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, connection: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MALOTE_ARCHIVE", connection)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}\n"))
    assert "Do now:" in said("seal")


def test_what_lies_in_the_current_folder_counts_only_when_a_person_says_so(
    said: Callable[..., str], tmp_path: Path, warehouse: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ".malote"
    folder.mkdir(mode=0o700)
    (folder / "warehouse.dsn").write_text(warehouse)
    (folder / "warehouse.dsn").chmod(0o600)
    assert "nobody said where the warehouse is" in said("status")
    assert main(["--local", "status"]) == 0
    assert "nothing was ever sent" in capsys.readouterr().out


def _others_may_write(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o002)


def _group_may_write(path: Path) -> None:
    path.chmod(path.stat().st_mode | 0o020)


def _a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _somebody_elses(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root gives files away")
    os.chown(path, 65534, -1)


@pytest.mark.parametrize("plant", [_others_may_write, _group_may_write, _a_link, _somebody_elses])
@pytest.mark.parametrize("which", [".malote", ".malote/warehouse.dsn", ".malote/archive.key"])
def test_what_somebody_else_may_have_planted_is_not_trusted(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, which: str, plant: Callable[[Path], None]
) -> None:
    folder = tmp_path / ".malote"
    folder.mkdir(mode=0o700)
    for name in ("warehouse.dsn", "archive.key"):
        (folder / name).write_text(f"postgresql://me:{SECRET}@127.0.0.1:1/db")
        (folder / name).chmod(0o600)
    plant(tmp_path / which)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}\n"))
    if not which.endswith("key"):
        assert "is not trusted" in said("--local", "status")
    if not which.endswith("dsn"):
        assert "is not trusted" in said("--local", "seal")


def test_a_password_on_the_command_line_is_warned_of(warehouse: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--warehouse", warehouse, "status"]) == 0
    assert "--warehouse-file" in capsys.readouterr().err


def test_what_malote_itself_does_wrong_is_one_line_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError(SECRET)

    monkeypatch.setattr("malote.commandline.warehouse", broken)
    assert main(["status"]) == 1
    words = capsys.readouterr().err
    assert "malote itself failed: KeyError at test_bad_arguments.py:" in words and SECRET not in words
