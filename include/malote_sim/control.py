"""The control page `/_sim/`: what the simulators have done, their clock, their faults, their settings.

Plain HTTP on the control port (`--control-port`; `running().control`), and over TLS on each institution's own port,
with the client certificate where that asks for one (Cielo does not). Bodies and answers are JSON; what cannot be done
is 400 `{"error": "…"}`, and nothing is changed by it. Every change answers with what GET would.

    GET    /_sim/               {"institutions": {"ccee": "/_sim/ccee/", …}, "clock": "2026-11-22T08:00:00-03:00"}
    GET    /_sim/ccee/          everything; both are pages with buttons when a browser asks for text/html
    POST   /_sim/ccee/faults    [{"on": "importarArquivo", "fault": "lost_reply", "times": 1, "skip": 0, …options}]
    DELETE /_sim/ccee/faults    what is still queued is not played
    POST   /_sim/ccee/settings  {"pending": "fault_3001", "result_after": 600}
    POST   /_sim/ccee/clock     {"advance": 3600}, {"speed": 60}, {"set": "2026-11-22T08:00:00-03:00"}; one for all.
                                {"set": "now"} is back to the wall clock
    POST   /_sim/ccee/reset     forget what was accepted, counts, settings, faults (not the journal, nor the clock)

GET shows, of every institution: `accepted` {reference: times}, `items_accepted` (their sum),
`accepted_more_than_once` (how many references), `requests`, `requests_by_operation`, `max_in_window` (most requests in
any sliding window of real seconds, over all operations but a WSDL's or a look), `max_in_window_by_operation`,
`violations` (requests that found more than `limit` in the window of an operation with a documented limit), `departures`
(names in requests that are not the manual's though they were understood: should stay empty), `faults`
{"queued": […], "played": […]}, `settings`, `clock`, `clock_speed`. Of CCEE also `submissions`
{codigoProcessamento: {perfil, root, tipoGeracao, sha256 (of the file, trimmed, in its own encoding), accepted_at,
ready_at, references, asks}}, `registered`
{reference: times a contract came into being, so ERRO does not count} and `registered_more_than_once`. Of Cielo also
`lots` {"EC/number": {operation, file, sha256, accepted_at, process_at, ready_at, items, processed, asks, returned}},
`charged` {order number: times authorised, by 02 or 08}, `charged_more_than_once`, `transactions_by_status`; its
references in `accepted` are the order number of a 02, else operation and tid (or, of 07, order number; of 05, id), like
"04:10069930690000001234", and of a partial cancellation also its valor. No card number and no chave is shown or kept.

In Python, from any thread: `sim.ccee.accepted` (a Counter), `.accepted_more_than_once`, `.submissions[codigo]` (also
`.content`, the file's bytes), `.arrivals.most`, `.departures`, `.play("lost_reply", on="importarArquivo", times=2)`,
`.set(pending="fault_3001")`, `.faults.played`, `.described()`, `.reset()`; `sim.clock.advance(3600)`, `.set(…)`,
`.speed`. Likewise `sim.cielo`, with `.charged`, `.charged_more_than_once`, `.lots["1006993069/86"]`.

Faults. `on` is an operation, or `*` (any but CCEE's `wsdl` and Cielo's `look`, a GET, which is answered 405). The first
in the queue that fits is played, `times` times, after `skip` requests. (A): the request is acted upon first; (-): it is
not; (A?) and (-?): the option `accept` decides.

    lost_reply (A)    closed without a reply
    head, bytes (A)   the right reply, but under a head, or in bytes, that strict readers refuse: `how` is a form of
                      `malote_sim.spoiling` (102, absurd_date, trailers, gzip_said …; control, utf-16_said …)
    reset_before (-)  TCP reset before the body is read
    timeout (A?)      silence until the client gives up
    500, 503 (-?)     a gateway's HTML page; 503 may have `retry_after`
    throttle (-)      429 with `retry_after` (30); as: "fault" is a SOAP fault "Rejected by SLM Monitor", status 500
                      (Cielo: the same page as `closed`)
    closed (-)        the gateway's SOAP fault: no backside connection; Cielo: an HTML page with status 503
    html (A?)         200 with an HTML page
    malformed (A?)    broken markup
    truncated (A?)    half the body; `chunked`: true ends it without a last chunk, else Content-Length tells of all
    huge (A)          `mb` (50) of white space within it
    slow (A)          the right reply, whole, `seconds` (5) of real time later
    laughs (A)        a DTD with a billion laughs
  CCEE's own:
    late (A)          on obterResultadoProcessamento: pending for `times` asks, and ready `seconds` (simulated) later
                      than it was to be; on importarArquivo: the result of that file is ready `seconds` later
    partial (A)       the last `missing` (1) records have no detalhe
    whole_file (A)    one detalhe in ERRO, with `descricao`, without contrato: the file failed as a whole
    wrong_code (A)    another submission's result, or the same under codigo + 1 when there is no other
    stranger (A)      one detalhe more, for `reference` ("ESTRANHO-1")
    iso (A)           the reply in ISO-8859-1
    fault (-?)        a SOAP fault: `errorCode` ("4001"), `message`, `faultcode`, `faultstring`, `faultactor`,
                      `element`, `namespace`, `prefix`, `status` (500); `form`: "1.2" (as SOAP 1.2 has it) or
                      "unbound" (a prefix in `detail` that is bound to nothing)
  Cielo's own, on `upload` and `download` (partial, stranger and wrong_lot wait until a return file is given out):
    late (A)          on download: pending for `times` asks, and ready `seconds` (simulated) later than it was to be;
                      on upload: the return of that lot is ready `seconds` later
    partial (A)       the last `missing` (1) items are not in the return
    stranger (A)      one transacao more, for `reference` ("ESTRANHO1")
    wrong_lot (A)     the return of another processed lot, or the right one when there is no other
    erro (-?)         `codigo` (79), with its own `mensagem` or the given one

Settings of every institution: `limit` (600) in `window` (60, real seconds) of each operation with a documented limit;
`enforce` (false; when true, what is beyond the limit gets the fault `throttle`); `head`, `bytes` (""): every reply goes
out in that form of `malote_sim.spoiling`. Of CCEE, the default first:

    codigo_namespace    "BM" | "BO": of codigoProcessamento in importarArquivoResponse
    prefixes            "manual" | "soapenv" | "env" | "NS1" | "io2" | "v21" | "none" (default namespaces), or a dict
                        with some of env, mh, bm, bo, fm
    pending             "no_detalhe" (an empty list) | "empty_result" (an empty resultadoProcessamento) |
                        "fault_3001" | "fault_1-3001"
    details_per_record  1 | 0 | 2, or {reference: number}
    order               "as_sent" | "reversed" | "shuffled" (the same way each time)
    result_after        0: simulated seconds of processing, of files accepted from now on
    users               {"usuario": {"password": "senha", "profiles": ["1234"]}}
    status              {}: {reference: "ERRO"} or {reference: {"status": "EM_ANALISE", "descricao": "…"}}; of other
                        references, those that start with ERRO or AVISO get that, and all others SUCESSO
    decimal_sign        "" (either is taken) | "," | ".": a record with an amount that has the other one is ERRO

Settings of Cielo. NAME stands for an order number, a tid, an item's id, or a reference as in `accepted`:

    stores              {EC: chave}; Cielo's three published test stores
    environment         "test" (a valor that does not end in 00 is denied, LR 20) | "production"
    processing_every    3600: lots are run at these full simulated seconds (each full hour); 0 is at once
    result_after        43200: the return is there at the first run so many seconds after the upload
    reused              100 | 72: the code for a lot number that the EC has used
    largest             "MB" | "MiB": what 20 MB of a file means
    codigo              "recorded" (of lots 81, of items 030) | "padded" (all three digits) | "bare"
    return_in           "attachment" | "arquivo" (as text in retorno-download-lote)
    second_copy         "" | "082" | "mensagem": said at the first ask for a return that is there, and for the next
    second_copy_after   3600 simulated seconds
    lots_refused        {}: {"86": "071"} (or "*"): said instead of the return; if set before the run, nothing is done
    recurring           true; false: autorizar 4 is erro 053
    deny_orders         {}: {order number: LR}
    deny_amounts        {}: {"1050": LR}, in centavos. A card after its validade is denied with LR 54 (and, when
                        autorizar is 4, answered with a new one: Renova Fácil)
    fail                {}: {NAME: "097"}, the item is an erro and does nothing
    token_fails         []: of NAMEs, whose token step is an erro 057 in a good answer
    only_token          []: of NAMEs that the return answers with a retorno-token, whatever the lot's operation
    online              {}: {tid: {"pedido": "A1", "valor": 1000, "status": 4, "days_ago": 0, "capturar": false,
                        "ec": "1006993069", "bandeira": "visa"}}, transactions not made by a lot (status 2: for 08)
    echo_id             true | false (no answer has the id) | "semantic" (erro 001 has id="", as on-line)
    pan, extras         true, false: whether transacao has a pan; whether it has elements that no XSD has
    status              {}: {NAME: "7"}, as the return tells it
    unanswered          []: of NAMEs that the return leaves out, or how many of the last
    answered_twice, strangers   []: of NAMEs that come twice, or that were not sent and come all the same

Of BNDES, all of this (what is shown, references, triggers, faults, settings) is written in `malote_sim.bndes.settings`;
of the EFD-Reinf in `malote_sim.reinf.settings`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from malote_sim import page
from malote_sim.clock import SimulatedClock
from malote_sim.simulator import Simulator


class Control:
    """An ASGI application over all the running simulators."""

    def __init__(self, simulators: Mapping[str, Simulator], clock: SimulatedClock) -> None:
        self._simulators, self._clock = simulators, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever cannot be done is answered 400 with `{"error": …}`."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            response = JSONResponse({"error": str(error)}, 400)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        start, _, rest = request.url.path.strip("/").partition("/")
        institution, _, what = rest.partition("/")
        if start != "_sim" or (institution and institution not in self._simulators):
            return JSONResponse({"error": f"nothing here; see {', '.join(self._pages())}"}, 404)
        if not institution:
            if _for_people(request):
                return HTMLResponse(
                    page.everybody(self._simulators, self._clock.now(), self._clock.speed, _words(request))
                )
            return JSONResponse({"institutions": self._pages(), "clock": self._clock.now().isoformat()})
        simulator = self._simulators[institution]
        given: Any = json.loads(await request.body() or b"null") if request.method == "POST" else None
        action = (request.method, what)
        if action == ("GET", ""):
            return _one(request, simulator)
        if action == ("POST", "faults"):
            with simulator.lock:
                simulator.faults.add(*(given if isinstance(given, list) else [given]))
        elif action == ("DELETE", "faults"):
            with simulator.lock:
                simulator.faults.queued.clear()
        elif action == ("POST", "settings"):
            simulator.set(**given)
        elif action == ("POST", "clock"):
            self._set_clock(given)
        elif action == ("POST", "reset"):
            simulator.reset()
        else:
            return JSONResponse(
                {"error": f"{request.method} {what or '/'} is not something the control page knows"}, 404
            )
        return JSONResponse(simulator.described())

    def _everybody(self, request: Request) -> Response:
        now = self._clock.now()
        if _for_people(request):
            return HTMLResponse(page.everybody(self._simulators, now, self._clock.speed, _words(request)))
        return JSONResponse({"institutions": self._pages(), "clock": now.isoformat()})

    def _set_clock(self, given: Mapping[str, Any]) -> None:
        known = {"advance", "speed", "set"}
        if not given or set(given) - known:
            raise ValueError(f"the clock takes {', '.join(sorted(known))}, not {given!r}")
        if "set" in given:
            now = given["set"] == "now"
            said = given["set"].replace("Z", "+00:00")
            self._clock.set(datetime.now(timezone.utc) if now else datetime.fromisoformat(said))
        if "speed" in given:
            self._clock.speed = given["speed"]
        if "advance" in given:
            self._clock.advance(given["advance"])

    def _pages(self) -> dict[str, str]:
        return {name: f"/_sim/{name}/" for name in self._simulators}


def _one(request: Request, simulator: Simulator) -> Response:
    if _for_people(request):
        return HTMLResponse(page.one(simulator, _words(request)))
    return JSONResponse(simulator.described())


def _for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _words(request: Request) -> Mapping[str, str]:
    return page.words(request.headers.get("accept-language", ""))
