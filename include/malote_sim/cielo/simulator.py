"""Cielo, pretended: the batch web service that takes a lot of card transactions and gives a return file hours later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar, TypeGuard

from malote_sim.cielo import returns, settings, uploads
from malote_sim.cielo.store import Store, tid_of
from malote_sim.cielo.uploads import Lot, Wrong
from malote_sim.clock import BRASILIA
from malote_sim.faults import Fault, Kind, Reply, kind, page
from malote_sim.simulator import Asked, Simulator

UPLOAD, DOWNLOAD, LOOK = "upload", "download", "look"
PATHS = {"/lote/ecommwsecLoteUpload.do": UPLOAD, "/lote/ecommwsecLoteDownload.do": DOWNLOAD}
_ON_BOTH: dict[str, Any] = {"accepts": True, "operations": (UPLOAD, DOWNLOAD)}
_ON_RETURN: dict[str, Any] = {"accepts": True, "operations": (DOWNLOAD,)}
_OF_RETURNS = ("partial", "stranger", "wrong_lot")


class Cielo(Simulator):
    """What its settings and faults mean is written in `malote_sim.control`."""

    name = "cielo"
    demands_certificate = False
    operations = (UPLOAD, DOWNLOAD, LOOK)
    uncounted = (LOOK,)
    faults_of_its_own: ClassVar[Mapping[str, Kind]] = {
        "late": kind("pending for these asks; takes `seconds` (simulated) more", "seconds", **_ON_BOTH),
        "partial": kind("the outcomes of the last `missing` (1) items are not there", "missing", **_ON_RETURN),
        "stranger": kind("a transacao more, for a `reference` that was not sent", "reference", **_ON_RETURN),
        "wrong_lot": kind("the return of another lot", **_ON_RETURN),
        "erro": kind(
            "an erro with this `codigo` (79)", "codigo", "mensagem", "accept", **_ON_BOTH | {"accepts": False}
        ),
    }
    behaviour: ClassVar[Mapping[str, Any]] = settings.DEFAULTS
    store: Store
    lots: dict[str, Lot]
    """The accepted lots, by EC/number: `lots["1006993069/86"]`."""

    @property
    def charged(self) -> Counter[str]:
        """How often each order number was authorised; what is due by the clock is processed first."""
        with self.lock:
            self._process()
            return Counter(self.store.charged)

    @property
    def charged_more_than_once(self) -> int:
        """How many order numbers were authorised more than once."""
        return sum(times > 1 for times in self.charged.values())

    def forget(self) -> None:
        """See the base class."""
        self.store, self.lots = Store(), {}

    def check(self, name: str, value: Any) -> None:
        """See the base class."""
        settings.check(name, value)

    def set(self, **given: Any) -> None:
        """See the base class. What is due by the clock happens by the settings as they were."""
        with self.lock:
            self._process()
            super().set(**given)
            for tid, made in given.get("online", {}).items():
                self.store.put(settings.made_online(tid, made, self.clock.now()))

    def operation(self, method: str, path: str, query: str) -> str | None:  # noqa: ARG002
        """See the base class."""
        return PATHS.get(path) if method == "POST" or path not in PATHS else LOOK

    def answer(self, asked: Asked, fault: Fault | None) -> Reply:
        """See the base class."""
        if asked.operation == LOOK:
            return page(405, "Use POST")
        self._process()
        try:
            reply = self._upload(asked, fault) if asked.operation == UPLOAD else self._download(asked.body, fault)
        except Wrong as wrong:
            reply = self._erro(asked.operation, wrong.code)
        if fault is None:
            return reply
        if fault.name == "erro":
            return self.refusal(asked, fault)
        return Reply(b"".join(reply.stream), reply.status, reply.headers) if reply.stream else reply

    def refusal(self, asked: Asked, fault: Fault) -> Reply:
        """See the base class."""
        if fault.name != "erro":
            return page(503, "Fora do ar")  # what Cielo says then is not known
        return self._erro(asked.operation, int(fault.options.get("codigo", 79)), fault.options.get("mensagem"))

    def _erro(self, operation: str, code: int, words: str | None = None) -> Reply:
        digits = self.settings["codigo"]
        if operation == UPLOAD:
            return _of_upload(returns.refused(code, digits=digits, words=words))
        return _of_ask(returns.not_returned(code, digits=digits, words=words))

    # The upload.

    def _upload(self, asked: Asked, fault: Fault | None) -> Reply:
        name, content = uploads.read_upload(asked.headers.get("content-type", ""), asked.body)
        named = uploads.NAME.fullmatch(name)
        if named is None:
            raise Wrong(76)
        if len(content) > settings.LARGEST[self.settings["largest"]]:
            raise Wrong(71)
        contents = uploads.read_lot(content)
        numero = uploads.lot_number(contents.numero)
        self._admit(contents.ec, contents.chave)
        uploads.agree(named.groupdict(), contents)
        now = self.clock.now()
        process_at = self._next_run(now + timedelta(microseconds=1))
        wait = self.settings["result_after"] + (fault.options.get("seconds", 0) if _is(fault, "late") else 0)
        lot = Lot(
            ec=contents.ec,
            numero=numero,
            operation=named["operation"],
            file=name,
            sha256=uploads.digest(content),
            accepted_at=now,
            process_at=process_at,
            ready_at=max(process_at, self._next_run(now + timedelta(seconds=wait))),
            items=contents.items,
        )
        if lot.key in self.lots:
            raise Wrong(self.settings["reused"])
        self.departures.update(contents.departures)
        self._take(lot)
        self.keep(lot.kept())
        self._process()
        return _of_upload(returns.accepted(now))

    def _admit(self, ec: str, chave: str) -> None:
        if ec not in self.settings["stores"]:
            raise Wrong(84)
        if self.settings["stores"][ec] != chave:
            raise Wrong(85)

    def _take(self, lot: Lot) -> None:
        self.lots[lot.key] = lot
        self.accepted.update(item.reference for item in lot.items)

    # The hourly run.

    def _next_run(self, instant: datetime) -> datetime:
        every = self.settings["processing_every"]
        if not every:
            return instant
        return datetime.fromtimestamp(math.ceil(instant.timestamp() / every) * every, timezone.utc).astimezone(BRASILIA)

    def _process(self) -> None:
        now = self.clock.now()
        due = [lot for lot in self.lots.values() if lot.outcomes is None and lot.process_at <= now]
        for lot in sorted(due, key=lambda each: each.process_at):
            outcomes = []
            for place, item in enumerate(() if self._refused(lot) else lot.items):
                tid = tid_of(lot.ec, lot.numero, place)
                outcomes.append(self.store.act(item, ec=lot.ec, tid=tid, at=lot.process_at, settings=self.settings))
            lot.outcomes = tuple(outcomes)

    def _refused(self, lot: Lot) -> int:
        refused = self.settings["lots_refused"]
        return int(refused.get(str(lot.numero), refused.get("*", 0)))

    # The return.

    def _download(self, body: bytes, fault: Fault | None) -> Reply:
        ask = uploads.read_ask(body)
        self.departures.update(ask.departures)
        numero = uploads.lot_number(ask.numero)
        self._admit(ask.ec, ask.chave)
        lot = self.lots.get(f"{ask.ec}/{numero}")
        if lot is None:
            raise Wrong(74)
        lot.asks += 1
        if _is(fault, "late"):
            lot.ready_at += timedelta(seconds=fault.options.get("seconds", 0))
        told = None if _is(fault, "late") else self._stage(lot)
        if fault is not None and fault.name in _OF_RETURNS and told is not lot:
            self._put_back(fault)
        if told is None:
            raise Wrong(81)
        return self._returned(lot, fault) if isinstance(told, Lot) else told

    def _stage(self, lot: Lot) -> Lot | Reply | None:
        """The lot itself when its return is there, what is said instead, or None while it is pending."""
        now = self.clock.now()
        if lot.outcomes is None or now < lot.ready_at:
            return None
        if refused := self._refused(lot):
            return self._erro(DOWNLOAD, refused)
        kind_of_words = self.settings["second_copy"]
        if kind_of_words and lot.copy_at is None:
            lot.copy_at = now + timedelta(seconds=self.settings["second_copy_after"])
        if lot.copy_at is not None and now < lot.copy_at:
            said = returns.message(returns.SECOND_COPY)
            return _of_ask(said) if kind_of_words == "mensagem" else self._erro(DOWNLOAD, 82)
        return lot

    def _returned(self, lot: Lot, fault: Fault | None) -> Reply:
        lot.returned += 1
        if _is(fault, "wrong_lot"):
            lot = next((each for each in self.lots.values() if each is not lot and each.outcomes is not None), lot)
        missing = fault.options.get("missing", 1) if _is(fault, "partial") else 0
        strangers = [str(fault.options.get("reference", "ESTRANHO1"))] if _is(fault, "stranger") else []
        chave = self.settings["stores"].get(lot.ec, "")
        file = returns.return_file(lot, chave, dict(self.settings), missing=missing, strangers=strangers)
        if self.settings["return_in"] == "arquivo":
            return Reply(headers={"content-type": "text/xml"}, stream=returns.within_arquivo(file))
        headers = {"content-type": "text/xml", "content-disposition": f"attachment; filename={lot.file}"}
        return Reply(headers=headers, stream=file)

    def _put_back(self, fault: Fault) -> None:
        """A fault of return files waits until there is one to spoil."""
        if fault.times == 0:
            self.faults.queued.insert(0, fault)
        fault.times += 1
        self.faults.played.remove({"on": DOWNLOAD, "fault": fault.name})

    # The control page.

    def show(self) -> dict[str, Any]:
        """The lots, `charged` {order number: times authorised}, and how many transactions have which status."""
        self._process()
        by_status = Counter(str(each.status) for each in self.store.transactions.values())
        return {
            "charged": dict(self.charged),
            "charged_more_than_once": self.charged_more_than_once,
            "transactions_by_status": dict(by_status),
            "lots": {key: lot.shown() for key, lot in self.lots.items()},
        }

    def described(self) -> dict[str, Any]:
        """See the base class; of a chave only its first characters are shown."""
        described = super().described()
        stores = {ec: f"{chave[:4]}…" for ec, chave in self.settings["stores"].items()}
        return {**described, "settings": {**described["settings"], "stores": stores}}

    def restore(self, kept: dict[str, Any]) -> None:
        """See the base class."""
        self._take(Lot.restored(kept))


def _of_upload(body: bytes) -> Reply:
    return Reply(body, headers={"content-type": "text/html;charset=utf-8"})


def _of_ask(body: bytes) -> Reply:
    return Reply(body, headers={"content-type": "text/xml"})  # recorded without a charset


def _is(fault: Fault | None, name: str) -> TypeGuard[Fault]:
    return fault is not None and fault.name == name
