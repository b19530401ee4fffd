"""Registers timetables, the extra link and the story pages with Airflow."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from malote_provider.links import PREFIX, StoryLink
from malote_provider.timetables import OpeningHoursTimetable


class MalotePlugin(AirflowPlugin):
    """Found by the entry point ``airflow.plugins``, and by nothing else."""

    name = "malote"
    timetables: ClassVar[list[Any]] = [OpeningHoursTimetable]
    operator_extra_links: ClassVar[list[Any]] = [StoryLink()]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The story pages; every process loads plugins, only the api-server reads this."""
        from malote_provider.story import app

        return [{"app": app, "url_prefix": PREFIX, "name": "malote"}]
