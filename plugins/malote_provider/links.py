"""The button in the task view that leads to the story of its pouch."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.sdk import BaseOperatorLink

from malote_provider.pouch import pouch_id, pouch_name

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

PREFIX = "/malote"
"""Where the story pages are mounted in the api-server."""


class StoryLink(BaseOperatorLink):
    """To the story page of the task's pouch."""

    name = "Story"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The page's address; below the path of ``[api] base_url`` where there is one."""
        pouch = pouch_id(getattr(operator, "pouch", None)) or pouch_name(ti_key)
        return f"{root()}{PREFIX}/pouch/{quote(pouch)}"


def desk_url() -> str:
    """The whole address of the desk, for whoever reads it outside of Airflow's pages."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}{PREFIX}"


def root() -> str:
    """The path below which the api-server is served, without its last slash."""
    return urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
