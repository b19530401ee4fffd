"""Críticas and searches of the simulated BNDES."""

from __future__ import annotations

from lxml import etree

from support.sim.bndes import CAN, CON, FIN, LIB, document, root, text, texts


def test_triggers_reject_and_the_log_of_criticas_says_why(caller):
    refused = caller.post(FIN, document(FIN, anoProposta=2026, numeroProposta="999901"))
    assert (refused.status_code, text(refused, "codigo")) == (400, "4001")
    rejected = caller.run(FIN, anoProposta=2026, numeroProposta="999911")
    assert texts(rejected, "codigo") == ["4001", "4002"] and text(rejected, "numeroBNDES") == ""
    log = caller.get(f"api/v1/logCriticas/{text(rejected, 'numeroProtocolo')}")
    assert (log.status_code, root(log).tag) == (200, "consulta_verificacao_retorno")
    assert texts(log, "codigo") == ["4001", "4002"] and texts(log, "tipo") == ["impeditiva"] * 2
    for service, number in ((CON, "999921"), (LIB, "999931"), (CAN, "999941")):
        numero = caller.approved(number) if service == CON else caller.contracted(number)
        reply = caller.run(service, numeroBNDES=numero, valor="1.00")
        assert text(reply, "status") == "rejeitado", service
    alerted = caller.run(FIN, anoProposta=2026, numeroProposta="999951")
    assert (text(alerted, "status"), text(alerted, "codigo")) == ("aprovado", "4101")


def test_a_log_of_criticas_is_400_while_processing_and_for_an_unknown_protocol(caller):
    protocol = caller.take(FIN, anoProposta=2026, numeroProposta=1)
    for asked, code in ((protocol, "3005"), ("0", "3004")):
        reply = caller.get(f"api/v1/logCriticas/{asked}")
        assert (reply.status_code, text(reply, "codigo")) == (400, code)
    caller.sim.clock.advance(3)
    assert texts(caller.get(f"api/v1/logCriticas/{protocol}"), "critica") == []


def test_a_setting_rejects_what_it_names(caller):
    caller.sim.bndes.set(reject={"2026/5": ["cadin", "4711"]})
    assert texts(caller.run(FIN, anoProposta=2026, numeroProposta=5), "codigo") == ["4002", "4711"]
    assert text(caller.run(FIN, anoProposta=2026, numeroProposta=6), "status") == "aprovado"


def test_a_search_is_202_and_complete_by_proposal_person_or_event(caller):
    caller.run(FIN, anoProposta=2026, numeroProposta=1, cnpjBeneficiario="11444777000161")
    numero = caller.contracted(2)
    found = caller.search(anoProposta=2026, numeroProposta=2)
    assert (found.status_code, root(found).tag) == (202, "pesquisa_operacao_retorno")
    assert (text(found, "numeroBNDES"), text(found, "situacao")) == (numero, "contratado")
    assert texts(found, "tipo") == [FIN, CON] and len(texts(found, "numeroProtocolo")) == 2
    for leaves, numbers in (
        ({"cnpjBeneficiario": "11444777000161"}, ["1"]),
        ({"evento": CON}, ["2"]),
        ({"anoProposta": 2026}, ["1", "2"]),
        ({"numeroBNDES": numero}, ["2"]),
        ({"anoProposta": 2026, "numeroProposta": 3}, []),
    ):
        assert texts(caller.search(**leaves), "numeroProposta") == numbers, leaves
    nothing = caller.search()
    assert (nothing.status_code, text(nothing, "codigo"), text(nothing, "status")) == (400, "3001", "")
    caller.sim.bndes.set(nothing_found="400", search_protocols=False, search_hides=["contratado"])
    assert caller.search(anoProposta=2026, numeroProposta=2).status_code == 400
    assert texts(caller.search(anoProposta=2026), "numeroProtocolo") == []


def test_a_subcredit_tells_all_that_became_of_it(caller):
    numero = caller.contracted()
    for valor in ("100.00", "5000.00"):
        caller.run(LIB, numeroBNDES=numero, valor=valor)
    reply = caller.get(f"api/v1/consultaSubcredito/{numero}")
    assert (reply.status_code, root(reply).tag, text(reply, "saldo")) == (202, "subcreditoRetorno", "900.00")
    assert texts(reply, "status") == ["aprovado", "aprovado", "aprovado", "rejeitado"]
    assert [etree.QName(each).localname for each in root(reply)][-3:] == [FIN, CON, "liberacoes"]
    unknown = caller.get("api/v1/consultaSubcredito/1")
    assert (unknown.status_code, text(unknown, "codigo")) == (400, "3003")


def test_searches_may_lag_behind(caller):
    caller.sim.bndes.set(search_lag=60)
    numero = caller.approved()
    assert texts(caller.search(anoProposta=2026, numeroProposta=1), "operacao") == []
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 400
    caller.sim.clock.advance(50)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "situacao") == "processando"
    caller.sim.clock.advance(10)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "situacao") == "aprovado"
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 202


def test_a_subcredit_may_have_a_number_of_its_own(caller):
    caller.sim.bndes.set(contract_number="own")
    numero = caller.approved()
    assert caller.get(f"api/v1/consultaSubcredito/{numero}").status_code == 400
    contract = text(caller.run(CON, numeroBNDES=numero), "numeroContratoBNDES")
    assert contract not in ("", numero)
    assert text(caller.search(anoProposta=2026, numeroProposta=1), "numeroContratoBNDES") == contract
    assert text(caller.get(f"api/v1/consultaSubcredito/{contract}"), "numeroBNDES") == numero
