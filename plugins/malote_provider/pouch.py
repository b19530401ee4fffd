"""The pouch's name: what a task run sends is found again by it, whatever is cleared or retried."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context


def pouch_of(context: Context) -> str:
    """The pouch of a running task, see :func:`pouch_name`."""
    return pouch_name(context["ti"])


def pouch_name(ti: Any) -> str:
    """``dag/run/task``, and ``/map_index`` where the task is mapped: the same after a retry and after a clear."""
    mapped = f"/{ti.map_index}" if (ti.map_index or 0) >= 0 and ti.map_index is not None else ""
    return f"{ti.dag_id}/{ti.run_id}/{ti.task_id}{mapped}"


def pouch_id(value: Any) -> str:
    """The id from what ``submit`` pushed: that object, the id itself, or either as the text that a template made of it.

    Empty where there is none.
    """
    if isinstance(value, str) and value.strip().startswith("{"):
        value = ast.literal_eval(value.strip())
    if isinstance(value, Mapping):
        return str(value.get("pouch") or "")
    text = str(value or "").strip()
    return "" if text == "None" else text
