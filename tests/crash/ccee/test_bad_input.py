"""What can be wrong with a trip to the CCEE: a clear error of the right class, nothing lost, nothing sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from malote.clock import SystemClock
from malote.errors import Invalid, MaloteError, Misconfigured, ReplyLost
from malote.institution import load
from malote.trip import Outgoing
from malote.wire import SyncDriver, context
from support.stages import CceeStage
from support.trip import Trip, landed, standings

TABLE = "ccee.resultado_processamento"
NOW = SystemClock().now()  # OpenSSL looks at no other clock than the machine's


@pytest.fixture
def begin(stage: CceeStage, warehouse: str, tmp_path: Path) -> Iterator[Callable[..., Trip]]:
    made: list[Trip] = []

    def begin(institution: Any = None, driver: Any = None, **options: Any) -> Trip:
        made.append(
            Trip(
                institution or stage.institution(), driver or stage.driver(), warehouse, str(tmp_path / "archive"),
                service="contratos", clock=made[-1].clock if made else None, **options,
            )
        )  # fmt: skip
        return made[-1]

    yield begin
    for trip in made:
        trip.close()


def with_access(stage: CceeStage, **changes: Any) -> Any:
    access = stage.access()
    extra = {**access.extra, **changes.pop("extra", {})}
    return load("ccee")(replace(access, extra=extra, **changes))


def home(begin: Callable[..., Trip], stage: CceeStage, n: int = 4) -> None:
    """Whatever was wrong is put right: everything comes home, once."""
    stage.calm()
    trip = begin()
    trip.clock.pass_(hours=2)
    trip.run(stage.rows(0, n))
    assert set(stage.accepted().values()) == {1}
    assert [row[0] for row in landed(trip.dsn, TABLE)] == [f"C{i:03}" for i in range(n)]
    assert set(standings(trip.dsn)) == {"landed"}


# ---- our rows


def test_every_problem_of_a_selection_is_in_one_message_with_item_path_and_rule(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    rows = stage.rows(0, 5)
    rows[1]["Contrato.@idSubMerEntrega"] = "9"
    rows[3]["Contrato.MontanteMedio.TipoModulacao.@tipoModulacao"] = "X"
    rows[4]["Contrato.@idComprador"] = "ABCDEF"
    trip = begin()
    with pytest.raises(Invalid) as wrong:
        trip.prepare(rows)
    said = str(wrong.value)
    for reference, path in (("C001", "idSubMerEntrega"), ("C003", "tipoModulacao"), ("C004", "idComprador")):
        assert any(p.reference == reference and path in p.path and p.rule for p in wrong.value.problems), said
        assert reference in said and path in said
    assert standings(trip.dsn) == {} and not stage.accepted()


def test_a_duplicate_reference_is_a_problem(begin: Callable[..., Trip], stage: CceeStage) -> None:
    with pytest.raises(Invalid, match="C001"):
        begin().prepare([*stage.rows(0, 3), *stage.rows(1, 1)])
    assert not stage.accepted()


def test_a_missing_column_and_one_that_is_no_path_are_named(begin: Callable[..., Trip], stage: CceeStage) -> None:
    rows = [{name: value for name, value in row.items() if name != "reference"} for row in stage.rows(0, 2)]
    with pytest.raises(Invalid, match="reference"):
        begin().prepare(rows)
    with pytest.raises(Invalid, match="Contrato.@idVendido"):
        begin().prepare([{**row, "Contrato.@idVendido": "1"} for row in stage.rows(0, 2)])


def test_sql_without_a_reference_is_refused_and_broken_sql_is_explained(begin: Callable[..., Trip]) -> None:
    trip = begin()
    with pytest.raises(Invalid, match="no column `reference`"):
        trip.prepare(Outgoing(trip.dsn, "select 1 as x"))
    with pytest.raises(Misconfigured, match="does not run.*nowhere"):
        trip.prepare(Outgoing(trip.dsn, "select reference from nowhere"))
    assert standings(trip.dsn) == {}


@pytest.mark.parametrize("value", ["'40120010x'", "case when i < 2000 then i::text else '40120010x' end"])
def test_a_value_that_the_sql_stumbles_over_is_not_quoted(begin: Callable[..., Trip], value: str) -> None:
    trip = begin()
    query = f"select ({value})::integer as reference, 1 as x from generate_series(1, 3000) i"
    with pytest.raises(Misconfigured, match="fails on a row: InvalidTextRepresentation") as caught:
        list(Outgoing(trip.dsn, query))
    assert "40120010x" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_outgoing_table_and_the_shipped_sql_fit_together(begin: Callable[..., Trip], stage: CceeStage) -> None:
    from malote.place import sql

    trip = begin()
    with psycopg.connect(trip.dsn) as connection:
        connection.execute(
            """insert into outgoing.ccee_contratos
               (referencia, data_de_inicio, data_de_fim, id_comprador, id_vendedor, montante_medio)
               select 'C' || to_char(i, 'FM000'), '2027-01-01 00:00', '2027-12-31 23:00', '64983', '66242', 1.5
               from generate_series(0, 3) i"""
        )
    rows = Outgoing(trip.dsn, sql("outgoing", "ccee__contratos.sql").read_text(encoding="utf-8"))
    assert trip.run(rows).rows == 4
    assert trip.prepare(rows).held == 4
    home(begin, stage)


# ---- our connection


def test_a_wrong_certificate_password_says_so(stage: CceeStage) -> None:
    certificates = stage.sim.certificates
    with pytest.raises(Misconfigured, match="password"):
        context(certificate=str(certificates.client), password="wrong", ca_bundle=str(certificates.ca), now=NOW)


def test_an_expired_certificate_says_since_when(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "AGENTE:12345678000195")])
    begun = datetime(2024, 1, 1, tzinfo=timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begun).not_valid_after(begun + timedelta(days=300)).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "old.p12"
    sealed = serialization.BestAvailableEncryption(b"secret")
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, sealed))
    with pytest.raises(Misconfigured, match="2024"):
        context(certificate=str(path), password="secret", ca_bundle=None, now=NOW)


def test_a_certificate_that_they_do_not_know_is_one_error_and_not_a_thousand_doubts(
    begin: Callable[..., Trip], stage: CceeStage, tmp_path: Path
) -> None:
    stranger = trustme.CA().issue_cert("somebody@else.example")
    key = serialization.load_pem_private_key(stranger.private_key_pem.bytes(), None)
    certificate = x509.load_pem_x509_certificate(stranger.cert_chain_pems[0].bytes())
    path = tmp_path / "stranger.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"x",
            key,
            certificate,
            None,
            serialization.BestAvailableEncryption(b"pw"),  # type: ignore[arg-type]
        )
    )
    trust = context(certificate=str(path), password="pw", ca_bundle=str(stage.sim.certificates.ca), now=NOW)
    trip = begin(driver=SyncDriver(trust))
    trip.prepare(stage.rows(0, 4))
    with pytest.raises((Misconfigured, ReplyLost), match="certificate"):  # TLS 1.3 may lose the alert to a reset
        trip.send()
    assert standings(trip.dsn) == {"prepared": 1} and not stage.accepted()
    home(begin, stage)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"extra": {"codigo_perfil_agente": "9999"}}, "codigo_?[pP]erfil_?[aA]gente"),
        ({"password": "wrong"}, "2001|password|user"),
    ],
)
def test_a_wrong_profile_or_password_stops_the_pouch_and_nothing_is_in_doubt(
    changes: dict[str, Any], said: str, begin: Callable[..., Trip], stage: CceeStage
) -> None:
    trip = begin(with_access(stage, **changes))
    trip.prepare(stage.rows(0, 4))
    with pytest.raises(Misconfigured, match=said):
        trip.send()
    assert standings(trip.dsn) == {"prepared": 1} and not stage.accepted()
    if "password" in changes:
        home(begin, stage)


def test_a_wsdl_that_is_not_xml_is_said_before_anything_is_sent(begin: Callable[..., Trip], stage: CceeStage) -> None:
    trip = begin(with_access(stage, base_url=f"{stage.sim.control}/_sim"))
    trip.prepare(stage.rows(0, 4))
    with pytest.raises(MaloteError) as wrong:
        trip.send()
    assert "WSDL" in str(wrong.value)
    assert standings(trip.dsn) == {"prepared": 1} and not stage.accepted()


# ---- their answers


@pytest.mark.parametrize("fault", ["laughs", "huge", "truncated", "wrong_code", "malformed", "html"])
def test_a_bad_answer_is_asked_for_again_and_nothing_is_lost(
    fault: str, begin: Callable[..., Trip], stage: CceeStage, caplog: pytest.LogCaptureFixture
) -> None:
    trip = begin()
    trip.prepare(stage.rows(0, 4))
    trip.send()
    stage.sim.ccee.play(fault, on="obterResultadoProcessamento", **({"mb": 50} if fault == "huge" else {}))
    trip.clock.pass_(minutes=1)
    rest = trip.asking.in_turn(trip.scope, trip.driver)
    assert rest.waiting == 1 and standings(trip.dsn) == {"received": 1}
    assert "ccee-1" in caplog.text, "the log says whose answer was bad"
    home(begin, stage)


def test_an_answer_in_iso_8859_1_keeps_its_accents(begin: Callable[..., Trip], stage: CceeStage) -> None:
    stage.sim.ccee.play("iso", on="obterResultadoProcessamento")
    trip = begin()
    trip.run(stage.rows(0, 4))
    assert {row[3] for row in landed(trip.dsn, TABLE)} == {"Operação Realizada com Sucesso."}
    home(begin, stage)


# ---- both readings of what nobody documented


@pytest.mark.parametrize(
    "reading",
    [
        {"codigo_namespace": "BO"},
        {"codigo_namespace": "BM"},
        {"prefixes": "NS1"},
        {"prefixes": "env"},
        {"pending": "no_detalhe"},
        {"pending": "empty_result"},
        {"pending": "fault_3001"},
        {"pending": "fault_1-3001"},
        {"order": "reversed"},
        {"order": "shuffled"},
    ],
    ids=lambda reading: "-".join(map(str, *reading.items())),
)
def test_both_readings_of_an_undocumented_point_come_home(
    reading: dict[str, Any], begin: Callable[..., Trip], stage: CceeStage
) -> None:
    stage.sim.ccee.set(**reading)
    if "pending" in reading:
        stage.sim.ccee.play("late", on="obterResultadoProcessamento", times=2)
    trip = begin()
    trip.prepare(stage.rows(0, 4))
    trip.send()
    if "pending" in reading:
        trip.clock.pass_(minutes=1)
        assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1
    home(begin, stage)


def test_two_detalhes_for_a_record_are_both_kept_and_counted(begin: Callable[..., Trip], stage: CceeStage) -> None:
    stage.sim.ccee.set(details_per_record=2)
    trip = begin()
    trip.run(stage.rows(0, 4))
    with psycopg.connect(trip.dsn) as connection:
        load = connection.execute("select row_count, items_accepted, items_answered_twice from malote.load").fetchone()
    assert load == (8, 4, 4)


def test_a_record_without_detalhe_waits_then_is_unanswered_and_stays_locked(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    stage.sim.ccee.set(details_per_record={"C002": 0})
    trip = begin()
    trip.prepare(stage.rows(0, 4))
    trip.send()
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1, "the missing one may still come"
    trip.wait()
    trip.land()
    with psycopg.connect(trip.dsn) as connection:
        items = dict(connection.execute("select reference, standing from malote.item").fetchall())
    assert items == {"C000": "accepted", "C001": "accepted", "C002": "unanswered", "C003": "accepted"}
    assert begin(pouch="second").prepare(stage.rows(0, 4), refused_too=True).held == 4


def test_an_answer_for_a_record_that_was_not_sent_is_kept_and_counted(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    stage.sim.ccee.play("stranger", on="obterResultadoProcessamento", reference="SOMEBODY-ELSE")
    trip = begin()
    trip.run(stage.rows(0, 4))
    with psycopg.connect(trip.dsn) as connection:
        load = connection.execute("select row_count, rows_unmatched from malote.load").fetchone()
    assert load == (5, 1)
    assert (None, "SOMEBODY-ELSE") in {(row[0], row[4]) for row in landed(trip.dsn, TABLE)}


def test_erro_frees_aviso_accepts_and_an_unknown_status_is_never_final(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    stage.sim.ccee.set(status={"C000": "ERRO", "C001": "AVISO", "C002": "EM_ANALISE"})
    trip = begin()
    trip.prepare(stage.rows(0, 4))
    trip.send()
    trip.clock.pass_(minutes=1)
    assert trip.asking.in_turn(trip.scope, trip.driver).waiting == 1, "EM_ANALISE is not final"
    trip.wait()
    trip.land()
    with psycopg.connect(trip.dsn) as connection:
        items = dict(connection.execute("select reference, standing from malote.item").fetchall())
    assert items == {"C000": "refused", "C001": "accepted", "C002": "unanswered", "C003": "accepted"}
    assert begin(pouch="second").prepare(stage.rows(0, 4)).items == 0
    assert begin(pouch="third").prepare(stage.rows(0, 4), refused_too=True).items == 1


# ---- what reports read


def test_the_contracts_report_says_the_last_that_is_known_of_each_reference(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    stage.sim.ccee.set(status={"C000": "ERRO"})
    trip = begin()
    trip.run(stage.rows(0, 3))
    begin(pouch="second").prepare(stage.rows(3, 1))
    with psycopg.connect(trip.dsn) as connection:
        report = connection.execute(
            """select referencia, codigo_contrato is null, comprador_codigo, vendedor_codigo, ultimo_status,
                      situacao_item, mensagem is not null, quando is not null
               from report.ccee_contratos order by referencia"""
        ).fetchall()
    assert report == [
        ("C000", True, "64983", "66242", "ERRO", "recusado", True, True),
        ("C001", False, "64983", "66242", "SUCESSO", "aceito", True, True),
        ("C002", False, "64983", "66242", "SUCESSO", "aceito", True, True),
        ("C003", True, None, None, "preparado", "enviado", False, True),
    ]
    stage.sim.ccee.set(status={})
    again = begin(pouch="third")
    again.prepare(stage.rows(0, 4), refused_too=True)
    again.send()
    again.wait()
    again.land()
    with psycopg.connect(trip.dsn) as connection:
        last = connection.execute(
            "select ultimo_status from report.ccee_contratos where referencia = 'C000'"
        ).fetchone()
    assert last == ("SUCESSO",), "the second journey is the last that is known"


def test_open_submissions_are_in_their_report_until_they_are_settled(
    begin: Callable[..., Trip], stage: CceeStage
) -> None:
    def open_ones() -> list[Any]:
        with psycopg.connect(trip.dsn) as connection:
            return connection.execute("select situacao, itens, protocolo from report.submissoes_abertas").fetchall()

    trip = begin()
    trip.prepare(stage.rows(0, 4))
    assert open_ones() == [("preparado", 4, None)]
    trip.send()
    ((standing, _, receipt),) = open_ones()
    assert standing == "aguardando" and receipt
    trip.wait()
    trip.land()
    assert open_ones() == []
