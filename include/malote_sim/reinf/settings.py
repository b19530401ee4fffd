"""What can be asked of and told to the pretended EFD-Reinf beside what `malote_sim.control` says of all institutions.

Operations: `recepcao` (POST /recepcao/lotes), `consulta` (GET /consulta/lotes/{protocolo}) and `recibo`
(GET /consulta/reciboevento/R4020/1/11222333/2026-10/…: the key in the order of `kinds.KINDS`, whose ideEvtAdic may be
left out; who has no number is asked for as /R4020/semCnpjBeneficiario/…/{nmBenef}, /R4010/semCpfBeneficiario/…).
It is never closed. A certificate is asked for: who shows none is 496, who shows one without a CNPJ 495 (one that is
expired, or of a foreign authority, TLS itself will not hear). It must be of the contributor, or `powers` says so.

Shown: `lotes` {protocolo: …, sha256, asks, fewest_seconds_between_asks, eventos}, `meses` {"11222333/4/2026-10":
"fechado" or "aberto"}, `declared` {reference: times a receipt was given}, `declared_more_than_once`, `same_bytes`
{sha256: times, where a lote was taken more than once}. In Python: `sim.reinf.lotes[protocolo]` (`.sha256`,
`.filed[0].receipt`), `.declared`, `.declared_more_than_once`.

References in `accepted`: code, action (inclusao, alteracao, exclusao, reabertura) and key, like
"R-4020 2026-10 1 11222333000181 33000167000101"; of a CPF "***456789**"; of a rectification also "retifica" and the
receipt; of a R-9000 the receipt; of a R-1000 iniValid; of an alteracao a hash of its content. " #2" is added when the
first was refused and the client has been told so (by consulta), or was excluded, or its month has been opened (closed)
again since: then it may travel anew. `accepted` counts at reception; the very same event again (same Id, same bytes)
is not counted, as the institution tells it apart itself, unless `duplicates` is "accepted".

Without any setting an event is refused by what it declares (codes are ours; MS0022 is told by a third party):
    wrong check digits of cnpjBenef, cpfBenef, cnpjPrestador, cnpjFont or cnpjLig; a dtFG outside perApur; a tax above
    its base; a zero in `retencoes`; a process that is not in R-1070
    an original whose key is there; a rectification or R-9000 whose receipt is of another kind, period or key, or not
    active; whatever comes before its R-1000, or into a closed month; a R-2099 whose S and N are not what is there; a
    reopening of what is open

Faults of its own, (A) and (-) as in `malote_sim.control`:
    own_500 (-?)        its own 500 in XML, cdResposta 99, with an error id
    gateway (A?)        a gateway's HTML page with `status` (502), after the request was acted upon
    json (-?)           a gateway's JSON with `status` (503)
    certificate (-)     495, or `status` 496
    refuse (-?)         422 in XML, cdResposta 7 (of a query 8): `codigo`, `descricao`
    unsupported (-)     415
    late (A)            on consulta: still running for `times` asks, and for `seconds` (simulated) more; on recepcao:
                        ready `seconds` later
    code (A)            the right answer with another `cdResposta` (77)
    no_protocol (A)     on recepcao: 201 without protocoloEnvio
    wrong_protocol (A)  on recepcao: a protocol that nobody has; on consulta: the result of another lote, or the same
                        under such a protocol
    wrong_echo (A)      on recepcao and consulta: the answer is about another contributor (its nrInsc is 99999999)
    in_error (A)        on recepcao: the first `events` (1) events will be refused with `codigo` ("MS1099")
    partial (A)         on consulta: a result without its last `missing` (1) events; on recibo: without receipts
    twice (A)           on consulta: the first event comes twice
    stranger (A)        on consulta: one event more, of an Id that was not sent
    no_receipts (A)     on consulta: a good result whose receipts are missing
    iso (A)             the reply in ISO-8859-1
    empty (A?)          the right status, and no body

Settings, the default first. NAME stands for an Id, a reference, a protocol, a code like "R-4020", or "*":
    environment         "producao_restrita" (tpAmb 2) | "producao" (1)
    powers              {}: {CNPJ of a certificate: ["11222333"] or "*"}: contributors it acts for beside its own root
    schemas             "": the folder of the official XSDs; without, a small check of our own
    most_events, largest   50, 54000000 (bytes: a third party tells of 54 MB, M of none)
    events_checked      "door" (an event that is wrong by itself, in form, Id, tpAmb or signature, makes the whole lote
                        422) | "result" (the lote is taken, and that event refused)
    signed_as           "both" | "in_place" | "alone": whether a signature is checked inside the lote or as a document
    result_after        3: simulated seconds of processing, of what is received from now on
    search_lag          0: simulated seconds by which recibo is behind
    duplicates          "told" (the same event again: evtDupl, its first receipt, MS0022 as a warning) | "silent" (that
                        receipt, and not a word) | "refused" (MS0022 as an error) | "accepted" (declared twice)
    same_lote           "new_protocol" | "same_protocol" (201 with the first) | "refused" (422): the same bytes again
    same_lote_protocol  true; false: that 422 does not tell the protocol
    same_key            "refused" | "told" (evtDupl and the receipt of what is there) | "accepted" (it replaces it)
    refused_ids         "taken" | "free": whether an Id that was refused may come again, with the very same event
    check_digits        true
    reject, warn        {}: {NAME: ["excess", "4711"]}: refused, or accepted, with these (keys of WORDS, or codes)
    refused_in          "own" (R-9005 of a R-4020) | "R-9001": the event that tells a refusal
    absent              "404" | "200" | "404 empty" | "404 html": recibo of what is not there
    ended               "told" | "hidden": whether recibo tells what is RETIFICADO or EXCLUIDO
    not_found           "xml" (cdResposta 9) | "html" | "empty": the 404 of a protocol that nobody has
    too_soon            0: who asks the same again in fewer simulated seconds is answered `too_soon_as`
    too_soon_as         "429" | "422" | "403". No figure is known (M 4.4.2.3): `limit` and `enforce` are for consulta
    messages            {}: {"excess": ["MS9999", "…"]}: other codes and words
    protocol            "{ambiente}.{mes}.{number}": its form
    timestamps          "offset" (2026-11-03T10:00:00-03:00) | "local" | "fraction" (local, with .123)
    signed              true: R-9001 … R-9015 are signed
    prefix              "": of the return's namespace
    content_type        "application/xml": of every answer in XML
    extras              false; true: answers hold an element that no schema has
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

DEFAULTS: dict[str, Any] = {
    "environment": "producao_restrita",
    "powers": {},
    "schemas": "",
    "most_events": 50,
    "largest": 54_000_000,
    "events_checked": "door",
    "signed_as": "both",
    "result_after": 3,
    "search_lag": 0,
    "duplicates": "told",
    "same_lote": "new_protocol",
    "same_lote_protocol": True,
    "same_key": "refused",
    "refused_ids": "taken",
    "check_digits": True,
    "reject": {},
    "warn": {},
    "refused_in": "own",
    "absent": "404",
    "ended": "told",
    "not_found": "xml",
    "too_soon": 0,
    "too_soon_as": "429",
    "messages": {},
    "protocol": "{ambiente}.{mes}.{number}",
    "timestamps": "offset",
    "signed": True,
    "prefix": "",
    "content_type": "application/xml",
    "extras": False,
}

_CHOICES: dict[str, tuple[object, ...]] = {
    "environment": ("producao_restrita", "producao"),
    "events_checked": ("door", "result"),
    "signed_as": ("both", "in_place", "alone"),
    "duplicates": ("told", "silent", "refused", "accepted"),
    "same_lote": ("new_protocol", "same_protocol", "refused"),
    "same_key": ("refused", "told", "accepted"),
    "refused_ids": ("taken", "free"),
    "refused_in": ("own", "R-9001"),
    "absent": ("404", "200", "404 empty", "404 html"),
    "ended": ("told", "hidden"),
    "not_found": ("xml", "html", "empty"),
    "too_soon_as": ("429", "422", "403"),
    "timestamps": ("offset", "local", "fraction"),
    **dict.fromkeys(("same_lote_protocol", "check_digits", "signed", "extras"), (True, False)),
}


def _lists(given: Any) -> bool:
    return isinstance(given, Mapping) and all(isinstance(each, list) and each for each in given.values())


_RIGHT: dict[str, Callable[[Any], bool]] = {
    **{name: lambda value, choices=choices: value in choices for name, choices in _CHOICES.items()},  # type: ignore[misc]
    "powers": lambda value: all(each == "*" or isinstance(each, list) for each in value.values()),
    "schemas": lambda value: value == "" or any(Path(value).glob("*.xsd")),
    "messages": lambda value: all(len(each) == 2 for each in value.values()),
    "protocol": lambda value: value.format(ambiente=1, mes=1, number=1) != value.format(ambiente=1, mes=1, number=2),
    "prefix": lambda value: value == "" or bool(re.fullmatch(r"[^\W\d][\w.-]*", value)),
    "content_type": lambda value: isinstance(value, str),
    **dict.fromkeys(("reject", "warn"), _lists),
    **dict.fromkeys(("result_after", "search_lag", "too_soon"), lambda value: value >= 0),
    **dict.fromkeys(("most_events", "largest"), lambda value: value > 0),
}


def check(name: str, value: Any) -> None:
    """ValueError when the setting cannot have this value."""
    if name in _RIGHT and not _RIGHT[name](value):
        raise ValueError(f"the setting {name} cannot be {value!r}; see malote_sim.reinf.settings")


def may_act(powers: Mapping[str, Any], cnpj: str, contributor: tuple[str, str]) -> bool:
    """Whether a certificate of that CNPJ may act for a contributor: for its own root, or where `powers` lets it."""
    given = powers.get(cnpj, [])
    return bool(cnpj) and (contributor == ("1", cnpj[:8]) or given == "*" or contributor[1] in given)
