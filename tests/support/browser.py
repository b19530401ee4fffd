"""What the browser tests stand on: the desk with a doubt in it, where chromium is, pictures for the docs."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest

from malote_local.stage import Stage
from support import ROOT

HOW = "the browser tests need Playwright and Debian's chromium: `apt install chromium`, then `make test-browser`"
PICTURES = ROOT / "docs" / "pictures"
GATE = '''
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

class OneDagLess(SimpleAuthManager):
    """Somebody whose name is `outra` may do everything, but not with the contracts."""

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None):
        if user.username == "outra" and details is not None and details.id == "ccee_contratos":
            return False
        return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
'''
USERS = {"admin": "admin", "leitora": "viewer", "outra": "admin"}


@dataclass(frozen=True)
class Desk:
    """What the tests look at: the stage, the passwords by user, the submission in doubt with its run, and the month
    that is declared to the EFD-Reinf with the day until which it is due."""

    stage: Stage
    passwords: dict[str, str]
    doubt: str
    run: str
    month: str
    due: date

    @property
    def url(self) -> str:
        return self.stage.airflow.url

    def receipt(self) -> str:
        """Under which number CCEE has the document that is in doubt, as a person would look it up there."""
        query = "select document_sha256 from malote.submission where id = %s"
        with psycopg.connect(self.stage.warehouse) as warehouse:
            (sha256,) = warehouse.execute(query, (self.doubt,)).fetchone() or ("",)
        there = self.stage.simulator("ccee")["submissions"]
        return next(code for code, each in there.items() if each["sha256"] == sha256)


def chromium() -> str:
    """Where the browser is; fails, and says how it is had, where it is not."""
    found = os.environ.get("MALOTE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail(HOW, pytrace=False)
    return found


def picture(page: Any, name: str, last: Any, margin: int = 16) -> None:
    """Keep a picture for the docs, where `make test-browser PICTURES=1` asks for them.

    :param last: what is at its end, so that nothing is cut: the window becomes so high
    :param margin: so much is below that; none below a row of a table
    """
    if os.environ.get("PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        size = page.viewport_size
        page.evaluate("scrollTo(0, 0)")
        box = last.last.bounding_box()
        page.set_viewport_size({**size, "height": round(box["y"] + box["height"]) + margin})
        page.screenshot(path=str(PICTURES / f"{name}.png"))
        page.set_viewport_size(size)
