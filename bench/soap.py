"""A SOAP answer of 10,000 detalhe to rows, beside zeep's deserialiser with the same WSDL: time and extra memory."""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

from goals import Goals

N = int(os.environ.get("MALOTE_BENCH_DETALHES", "10000"))
DETALHE = """<out2:detalhe><out2:status>SUCESSO</out2:status><out2:descricao>Operação Realizada com Sucesso.
</out2:descricao><out2:contrato><out2:codigoOrigem>REF-{i:08}</out2:codigoOrigem><out2:codigo>{code}</out2:codigo><out2:vigencias>
<out2:vigencia><out2:comprador><out2:codigo>64983</out2:codigo></out2:comprador><out2:vendedor>
<out2:codigo>66242</out2:codigo></out2:vendedor></out2:vigencia></out2:vigencias></out2:contrato></out2:detalhe>"""
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<soap-env:Envelope xmlns:soap-env="http://schemas.xmlsoap.org/soap/envelope/"><soap-env:Header>
<mh:messageHeader xmlns:mh="http://xmlns.energia.org.br/MH/v1"><mh:codigoPerfilAgente>66242</mh:codigoPerfilAgente>
<mh:transactionId>007ab888</mh:transactionId></mh:messageHeader></soap-env:Header><soap-env:Body>
<out:obterResultadoProcessamentoResponse xmlns:out2="http://xmlns.energia.org.br/BO/v1"
 xmlns:out="http://xmlns.energia.org.br/BM/v1"><out:resultadoProcessamento>
<out2:codigoProcessamento>5453222</out2:codigoProcessamento><out2:ResultadosProcessamentoImportacaoContrato>
{details}</out2:ResultadosProcessamentoImportacaoContrato></out:resultadoProcessamento>
</out:obterResultadoProcessamentoResponse></soap-env:Body></soap-env:Envelope>"""


def answer(n: int) -> bytes:
    return ANSWER.format(details="".join(DETALHE.format(i=i, code=1922021 + i) for i in range(n))).encode()


def peak() -> float:
    """Peak of this process so far, in MiB."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def ours(data: bytes) -> int:
    from malote.institutions.ccee.answers.details import details

    def fault(_: Any) -> Any:
        raise AssertionError("a fault")

    return sum(1 for _ in details(io.BytesIO(data), "5453222", fault))


def zeeps(data: bytes) -> int:
    import requests
    import zeep

    from malote.place import schemas

    client = zeep.Client(str(schemas("ccee") / "v1" / "ResultadoProcessamentoBSv1.wsdl"))
    service = next(iter(client.wsdl.services.values()))
    binding = next(iter(service.ports.values())).binding
    reply = requests.Response()
    reply.status_code, reply._content = 200, data
    reply.headers["Content-Type"] = "text/xml"
    read = binding.process_reply(client, binding.get("obterResultadoProcessamento"), reply)
    result = read.body.resultadoProcessamento if hasattr(read, "body") else read.resultadoProcessamento
    return len(result.ResultadosProcessamentoImportacaoContrato.detalhe)


def main() -> None:
    if len(sys.argv) > 1:
        work, n = {"ours": ours, "zeep": zeeps}[sys.argv[1]], int(sys.argv[2])
        work(answer(10))  # imports and schema compilation are nobody's fault
        data = answer(n)
        memory, begun = peak(), time.process_time()
        rows = work(data)
        took = time.process_time() - begun
        assert rows == n, rows
        print(json.dumps({"seconds": took, "mib": peak() - memory}))
        return
    seconds: dict[str, list[float]] = {"ours": [], "zeep": [], "ours x10": []}
    memory: dict[str, list[float]] = {name: [] for name in seconds}
    for _ in range(3):
        for name in seconds:
            which, n = name.split()[0], N * 10 if name.endswith("x10") else N
            done = subprocess.run([sys.executable, __file__, which, str(n)], check=True, capture_output=True, text=True)
            result = json.loads(done.stdout)
            seconds[name].append(result["seconds"])
            memory[name].append(result["mib"])
    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(json.dumps({"bench": "soap", "detalhes": N, "cpu_seconds": {k: round(v, 3) for k, v in median.items()}}))
    extra = {k: round(statistics.median(v), 1) for k, v in memory.items()}
    print(json.dumps({"extra_MiB": extra}))
    goals = Goals()
    goals.most("soap/zeep", median["ours"] / median["zeep"], 0.125)
    sys.exit(goals.end())


if __name__ == "__main__":
    main()
