"""The simulators as a process: killed, they are gone; started again, they know what they had accepted."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from malote_local.ports import free_ports
from malote_local.pretended import Pretended, PretendedError


def test_killed_simulators_are_gone_and_come_back_where_they_were_without_their_faults(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    port, control = free_ports(2)
    pretended = Pretended(tmp_path, ports={"ccee": port}, control=control)
    try:
        pretended.wait()
        pretended.tell("ccee", "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
        pretended.crash()
        with pytest.raises(requests.ConnectionError):
            pretended.shown("ccee")
        pretended.start()
        assert pretended.shown("ccee")["faults"]["queued"] == []
        pretended.tell("ccee", "faults", [{"on": "importarArquivo", "fault": "lost_reply"}])
        pretended.hush("ccee")
        assert pretended.shown("ccee")["faults"]["queued"] == []
    finally:
        pretended.stop()


def test_simulators_that_do_not_start_say_why(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (port,) = free_ports(1)
    pretended = Pretended(tmp_path, ports={"nobody": port}, control=port)
    with pytest.raises(PretendedError, match="no simulator 'nobody'"):
        pretended.wait()
    pretended.stop()
