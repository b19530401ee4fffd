"""What can be wrong with a trip to BNDES: certificate, XSD, rows, answers; what is said, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from malote.errors import Invalid, MaloteError, Misconfigured, ReplyLost
from support.stages import BndesStage
from support.trip import Trip, landed, standings

TABLE = "bndes.resultado"
RULES = {"send_timeout": "PT1S", "ask_timeout": "PT1S", "requests": 0, "opening_hours": "", "opening_days": "all"}


def home(begin: Callable[..., Trip], stage: BndesStage, n: int = 3) -> None:
    """Whatever was wrong is put right: everything comes home, once."""
    stage.calm()
    trip = begin()
    trip.clock.pass_(hours=2)
    trip.run(stage.rows(0, n))
    assert dict(stage.accepted()) == {f"financiamento 2026/{1000 + i}": 1 for i in range(n)}
    assert [row[0] for row in landed(trip.dsn, TABLE)] == [f"2026/{1000 + i}" for i in range(n)]
    assert set(standings(trip.dsn)) == {"landed"}


def useful(error: MaloteError, *words: str) -> None:
    """It says what is wrong, and what to do now."""
    said = str(error)
    assert all(word in said for word in words), said
    assert "Do now:" in said, said


# ---- the certificate


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_certificate": "expired"}, ("expired since 20", "renew it")),
        ({"client_certificate_password": "senha-errada"}, ("does not open", "password")),
        ({"client_certificate": "/nowhere/agente.p12"}, ("/nowhere/agente.p12", "cannot be read")),
    ],
    ids=["expired", "password", "missing"],
)
def test_a_certificate_that_cannot_be_used_stops_before_any_socket(
    begin: Callable[..., Trip], stage: BndesStage, changes: dict[str, str], words: tuple[str, ...]
) -> None:
    file = getattr(stage.sim.certificates, changes.get("client_certificate", ""), None)
    with pytest.raises(Misconfigured) as wrong:
        begin(**{**changes, **({"client_certificate": str(file)} if file else {})})
    useful(wrong.value, *words)
    assert "senha-errada" not in str(wrong.value)
    assert not sum(stage.sim.bndes.requests.values())
    home(begin, stage)


@pytest.mark.parametrize(
    ("file", "words"),
    [("foreign", "certificate"), ("stranger", "HTTP 403"), ("nameless", "HTTP 401")],
)  # fmt: skip
def test_a_certificate_that_they_turn_down_is_one_error_and_not_a_thousand_doubts(
    begin: Callable[..., Trip], stage: BndesStage, file: str, words: str
) -> None:
    trip = begin(client_certificate=str(getattr(stage.sim.certificates, file)))
    trip.prepare(stage.rows(0, 3))
    with pytest.raises((Misconfigured, ReplyLost), match=words) as wrong:  # TLS 1.3 may lose the alert to a reset
        trip.send()
    useful(wrong.value)
    assert standings(trip.dsn) == {"prepared": 3} and not stage.sim.bndes.requests["financiamento"]
    home(begin, stage)


def test_a_server_that_the_bundle_does_not_vouch_for_is_not_talked_to(
    begin: Callable[..., Trip], stage: BndesStage
) -> None:
    trip = begin(ca_bundle=None)
    trip.prepare(stage.rows(0, 3))
    with pytest.raises(Misconfigured, match="ca_bundle"):
        trip.send()
    assert standings(trip.dsn) == {"prepared": 3}
    home(begin, stage)


# ---- our schema and rows


@pytest.mark.parametrize(
    "xsd", ["<xs:schema", "", "<html/>", "\x00\x01", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>"
            "<xs:element name='financiamento' type='Nowhere'/></xs:schema>"],
)  # fmt: skip
def test_an_xsd_that_does_not_parse_stops_before_anything_is_kept_or_sent(
    begin: Callable[..., Trip], stage: BndesStage, tmp_path: Path, xsd: str
) -> None:
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "financiamento.xsd").write_text(xsd)
    trip = begin(schemas=str(folder))
    with pytest.raises(Misconfigured, match="financiamento.xsd cannot be compiled") as wrong:
        trip.prepare(stage.rows(0, 3))
    useful(wrong.value, "Do now: correct or replace it", "Not lost: nothing was sent")
    assert standings(trip.dsn) == {} and not sum(stage.sim.bndes.requests.values())
    home(begin, stage)


def test_rows_that_break_the_xsd_are_all_in_one_message_and_none_of_the_selection_travels(
    begin: Callable[..., Trip], stage: BndesStage, tmp_path: Path
) -> None:
    rows = stage.rows(0, 4)
    rows[1]["beneficiario.cpfCnpj"] = "123"
    rows[2]["valorFinanciado"] = None
    rows[3]["numeroProposta"] = "77"
    trip = begin()
    with pytest.raises(Invalid) as wrong:
        trip.prepare(rows)
    useful(wrong.value, "2026/1001", "beneficiario.cpfCnpj", "2026/1002", "2026/1003", "Do now:", "nothing was sent")
    assert "52998224725" not in str(wrong.value)
    assert standings(trip.dsn) == {} and not sum(stage.sim.bndes.requests.values())
    assert not [path for path in (tmp_path / "archive").rglob("*.xml")]
    home(begin, stage)


# ---- their answers


BAD = [
    ("html", {}), ("empty", {}), ("malformed", {}), ("truncated", {}), ("laughs", {}), ("huge", {"mb": 1}),
    ("wrong_protocol", {}), ("500", {}), ("gateway", {}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "options"), BAD, ids=[fault for fault, _ in BAD])
def test_a_result_that_is_none_is_said_and_asked_for_again_and_nothing_of_it_lands(
    begin: Callable[..., Trip], stage: BndesStage, caplog: pytest.LogCaptureFixture, fault: str, options: Any
) -> None:
    trip = begin(rules={**RULES, "answer_bytes": 100_000})
    trip.prepare(stage.rows(0, 1))
    trip.send()
    stage.sim.bndes.play(fault, on="financiamento_retorno", **options)
    trip.clock.pass_(minutes=1)
    rest = trip.asking.in_turn(trip.scope, trip.driver)
    assert rest.waiting == 1 and rest.wake is not None and standings(trip.dsn) == {"received": 1}
    assert "bndes-1" in caplog.text, "the log says whose answer was bad"
    assert trip.land().rows == 0
    home(begin, stage, 1)


@pytest.mark.parametrize("fault", ["laughs", "html", "empty", "iso"])
def test_a_receipt_that_cannot_be_read_is_looked_for_and_one_that_can_is_taken(
    begin: Callable[..., Trip], stage: BndesStage, fault: str
) -> None:
    stage.sim.bndes.play(fault, on="financiamento")
    trip = begin()
    trip.prepare(stage.rows(0, 2))
    trip.send()
    assert standings(trip.dsn) == {"received": 2} and stage.sim.bndes.requests["financiamento"] == 2
    assert bool(stage.sim.bndes.requests["pesquisa"]) == (fault in ("html", "empty"))
    home(begin, stage, 2)


def test_an_answer_in_another_charset_keeps_its_accents_in_result_and_criticas(
    begin: Callable[..., Trip], stage: BndesStage
) -> None:
    stage.sim.bndes.set(reject={"2026/1000": ["cadin"]})
    for operation in ("financiamento_retorno", "logCriticas"):
        stage.sim.bndes.play("iso", on=operation)
    trip = begin()
    trip.run(stage.rows(0, 1))
    (row,) = landed(trip.dsn, TABLE)
    (reason,) = landed(trip.dsn, "bndes.critica")
    assert "Beneficiário com pendência no CADIN." in row and "Beneficiário com pendência no CADIN." in reason


@pytest.mark.parametrize("fault", ["html", "empty", "malformed", "huge", "500"])
def test_criticas_that_cannot_be_read_are_said_and_asked_for_again_and_the_rejection_lands_all_the_same(
    begin: Callable[..., Trip], stage: BndesStage, fault: str
) -> None:
    stage.sim.bndes.set(reject={"2026/1000": ["cadin"]})
    stage.sim.bndes.play(fault, on="logCriticas", **({"mb": 1} if fault == "huge" else {}))
    trip = begin(rules={**RULES, "answer_bytes": 100_000})
    trip.prepare(stage.rows(0, 1))
    trip.send()
    trip.wait()
    (problem,) = trip.land().problems
    assert problem.submission == "bndes-1"
    assert len(landed(trip.dsn, TABLE)) == 1 and landed(trip.dsn, "bndes.critica") == []
    assert trip.land().problems == ()
    assert len(landed(trip.dsn, "bndes.critica")) == 1


def test_a_clock_of_theirs_that_is_ahead_of_ours_does_not_put_off_the_first_question(
    begin: Callable[..., Trip], stage: BndesStage
) -> None:
    stage.sim.clock.advance(3 * 3600)
    trip = begin()
    trip.prepare(stage.rows(0, 1))
    trip.send()
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 0
    assert standings(trip.dsn) == {"answered": 1}


def test_a_status_that_nobody_knows_is_waited_for_with_a_warning_until_it_is_taught(
    begin: Callable[..., Trip], stage: BndesStage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.sim.bndes.set(status={"2026/1000": "emAnaliseDeCredito"})
    trip = begin()
    trip.prepare(stage.rows(0, 2))
    trip.send()
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1
    assert standings(trip.dsn) == {"received": 1, "answered": 1}, "the other one is not held back"
    assert "'emAnaliseDeCredito' is not known to us" in caplog.text and "extra.rules.words" in caplog.text
    taught = begin(rules={**RULES, "words": {"yes": ["emAnaliseDeCredito"]}})
    taught.wait()
    taught.land()
    assert standings(trip.dsn) == {"landed": 2}
