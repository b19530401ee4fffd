"""Registers timetables, the extra link and the desk's pages with Airflow."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from malote_provider import forms  # noqa: F401  every process that checks a form knows its dialect
from malote_provider.links import PREFIX, StoryLink, root
from malote_provider.timetables import OpeningHoursTimetable


class MalotePlugin(AirflowPlugin):
    """Found by the entry point ``airflow.plugins``, and by nothing else."""

    name = "malote"
    timetables: ClassVar[list[Any]] = [OpeningHoursTimetable]  # type: ignore[misc]
    operator_extra_links: ClassVar[list[Any]] = [StoryLink()]  # type: ignore[misc]

    @property
    def fastapi_apps(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The desk; every process loads plugins, only the api-server reads this."""
        from malote_provider.desk.app import app

        return [{"app": app, "url_prefix": PREFIX, "name": "malote"}]

    @property
    def external_views(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The desk in Airflow's navigation, and the same filtered on the pages of a DAG, a run and a task."""
        page = f"{root()}{PREFIX}/"
        icons = {"icon": f"{page}static/malote.svg", "icon_dark_mode": f"{page}static/malote-dark.svg"}
        of_run = f"{page}?dag={{DAG_ID}}&run={{RUN_ID}}"
        places = (
            ("nav", page, "malote"),
            ("dag", f"{page}?dag={{DAG_ID}}", "malote-dag"),
            ("dag_run", of_run, "malote-run"),
            ("task_instance", of_run, "malote-task"),
        )
        return [
            {"name": "Malote", "destination": where, "href": href, "url_route": route, "category": "browse", **icons}
            for where, href, route in places
        ]
