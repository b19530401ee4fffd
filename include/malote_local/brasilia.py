"""An Airflow plugin of `make up`: the UI shows Brasília time in a browser that has never chosen another.

Airflow 3 has no option for it: its UI keeps the zone in the browser, and begins with the computer's own.
"""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

SCRIPT = b"""<script>localStorage.timezone ??= '"America/Sao_Paulo"'</script>"""
ELSEWHERE = ("/api/", "/execution/", "/malote/", "/static/")


class Brasilia:
    """ASGI middleware that puts the script into the one page of Airflow's UI, and touches nothing else."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(ELSEWHERE):
            await self._app(scope, receive, send)
            return
        of_page = False

        async def changed(message: dict[str, Any]) -> None:
            nonlocal of_page
            if message["type"] == "http.response.start":
                kept = [each for each in message["headers"] if each[0] != b"content-length"]
                of_page = dict(kept).get(b"content-type", b"").startswith(b"text/html")
                message = {**message, "headers": kept} if of_page else message
            elif of_page:
                message = {**message, "body": message.get("body", b"").replace(b"<head>", b"<head>" + SCRIPT, 1)}
            await send(message)

        await self._app(scope, receive, changed)


class BrasiliaPlugin(AirflowPlugin):
    """Read by the api-server only."""

    name = "brasilia"
    fastapi_root_middlewares: ClassVar[list[Any]] = [
        {"middleware": Brasilia, "args": [], "kwargs": {}, "name": "Brasília time"}
    ]
