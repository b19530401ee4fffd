"""What each fault does, in Portuguese, by what it is said to do in English."""

from __future__ import annotations

FAULTS = {
    "accept, then close the connection without a reply": "aceita, e fecha a conexão sem responder",
    "reset the connection before the body is read": "derruba a conexão antes de ler o corpo",
    "say nothing until the client gives up": "não diz nada até o cliente desistir",
    "a gateway's HTML page with status 500": "a página HTML de um gateway, com status 500",
    "an HTML page with status 503": "uma página HTML com status 503",
    "429 and Retry-After, or (as: fault) the institution's own words": (
        "429 e Retry-After, ou (as: fault) as palavras da própria instituição"
    ),
    "markup that no parser takes": "marcação que nenhum leitor aceita",
    "half the body; Content-Length (or, chunked: true, no last chunk) promised all": (
        "metade do corpo; Content-Length (ou, com chunked: true, a falta do último pedaço) prometia tudo"
    ),
    "status 200 with an HTML page": "status 200 com uma página HTML",
    "the institution's answer when it is not at work": "o que a instituição responde fora do horário",
    "the right reply, blown up with white space to `mb` megabytes (50)": (
        "a resposta certa, inchada com espaços até `mb` megabytes (50)"
    ),
    "the right reply, whole, `seconds` (5) of real time later": (
        "a resposta certa, inteira, `seconds` segundos (5) de verdade mais tarde"
    ),
    "the right reply under a head that strict readers refuse": (
        "a resposta certa, sob um cabeçalho que leitores rigorosos recusam"
    ),
    "the right reply in bytes that no XML has": "a resposta certa em bytes que nenhum XML tem",
    "the reply with a DTD whose entities grow a billion times": (
        "a resposta com um DTD cujas entidades crescem um bilhão de vezes"
    ),
    "pending for these asks; takes `seconds` (simulated) more": (
        "pendente nestas perguntas; leva `seconds` segundos (simulados) a mais"
    ),
    "processing for these asks; takes `seconds` (simulated) more": (
        "em processamento nestas perguntas; leva `seconds` segundos (simulados) a mais"
    ),
    "running for these asks; takes `seconds` (simulated) more": (
        "em andamento nestas perguntas; leva `seconds` segundos (simulados) a mais"
    ),
    "the details of the last `missing` (1) records are not there": (
        "faltam os detalhes dos últimos `missing` (1) registros"
    ),
    "a SOAP fault": "um SOAP fault",
    "the result of another codigoProcessamento": "o resultado de outro codigoProcessamento",
    "the reply in ISO-8859-1": "a resposta em ISO-8859-1",
    "one detalhe in ERRO for the file, without contrato": "um só detalhe, em ERRO, para o arquivo, sem contrato",
    "a detalhe more, for a `reference` that was not sent": "um detalhe a mais, de uma `reference` que não foi enviada",
    "the outcomes of the last `missing` (1) items are not there": (
        "falta o que foi feito dos últimos `missing` (1) itens"
    ),
    "a transacao more, for a `reference` that was not sent": (
        "uma transacao a mais, de uma `reference` que não foi enviada"
    ),
    "the return of another lot": "o retorno de outro lote",
    "an erro with this `codigo` (79)": "um erro com este `codigo` (79)",
    "its own 500 in XML: nothing was done": "o 500 da própria instituição, em XML: nada foi feito",
    "a gateway's HTML page with `status` (502)": "a página HTML de um gateway, com `status` (502)",
    "an HTML page with `status` (403)": "uma página HTML com `status` (403)",
    "400 in its own XML": "400 no XML da própria instituição",
    "a result without what matters, a search without its last `missing` (1)": (
        "um resultado sem o que importa, uma pesquisa sem os últimos `missing` (1)"
    ),
    "the result of another request": "o resultado de outro pedido",
    "the right status and no body": "o status certo e nenhum corpo",
    "its own 500 in XML, with an error id": "o 500 da própria instituição, em XML, com a identificação de um erro",
    "a gateway's JSON with `status` (503)": "o JSON de um gateway, com `status` (503)",
    "a page with `status` (495)": "uma página com `status` (495)",
    "422 in its own XML": "422 no XML da própria instituição",
    "a page with status 415": "uma página com status 415",
    "another `cdResposta` (77)": "outro `cdResposta` (77)",
    "201 without a protocol": "201 sem protocolo",
    "the protocol of nobody, the result of another": "o protocolo de ninguém, o resultado de outro",
    "an answer about another contributor": "uma resposta sobre outro contribuinte",
    "the first `events` (1) are refused": "os primeiros `events` (1) eventos são recusados",
    "without the last `missing` (1) events, or receipts": "sem os últimos `missing` (1) eventos, ou recibos",
    "the first event comes twice": "o primeiro evento vem duas vezes",
    "one event more, that was not sent": "um evento a mais, que não foi enviado",
    "good events without their receipts": "eventos bons sem os seus recibos",
}
