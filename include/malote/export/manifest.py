"""The manifest of one table's day: which file holds which load, as of which landing, and what it weighs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from malote.errors import Misconfigured
from malote.export.folder import Folder
from malote.export.parquet import Written
from malote.journal import ToExport
from malote.texts import english

FOLDER = "_manifest"
"""Beside the tables' folders, and begun as Spark, Hive and Trino begin what is no data."""


def days_of(day: str) -> str:
    """The folder of a day, as all that reads partitions by name spells it."""
    return f"dia={day}"


@dataclass(slots=True)
class Manifest:
    """What is told of the files of one table and day. Written whole, and only where it says something new.

    The files are the truth for readers; this is the truth for the next export, and for whoever counts.
    """

    table: str
    day: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    _changed: bool = False

    @property
    def name(self) -> str:
        """Its own file."""
        return f"{FOLDER}/{self.table}/{days_of(self.day)}.json"

    @classmethod
    def read(cls, folder: Folder, table: str, day: str) -> Manifest:
        """As it is there; empty where there is none.

        :raises Misconfigured: where the file is none of ours
        """
        manifest = cls(table, day)
        if (text := folder.read(manifest.name)) is not None:
            try:
                manifest.files = {each["submission_id"]: each for each in json.loads(text)["files"]}
            except (ValueError, KeyError, TypeError, RecursionError):
                raise Misconfigured(
                    english("s_export_manifest", name=manifest.name, folder=folder.name), kept=english("s_kept_beside"),
                    todo=english("s_do_export_again"),
                ) from None  # fmt: skip
        return manifest

    def has(self, submission: ToExport) -> bool:
        """Whether its file is listed as it has landed last."""
        return self.files.get(submission.id, {}).get("change") == submission.change

    def add(self, submission: ToExport, name: str, written: Written) -> None:
        """List a file in place of what was listed of its submission."""
        self.files[submission.id] = {
            "submission_id": submission.id, "path": name, "rows": written.rows, "bytes": written.bytes,
            "sha256": written.sha256, "change": submission.change,
        }  # fmt: skip
        self._changed = True

    def write(self, folder: Folder) -> None:
        """Put it, where something was added."""
        if self._changed:
            files = [self.files[id] for id in sorted(self.files)]
            text = json.dumps({"table": self.table, "dia": self.day, "files": files}, indent=1)
            folder.put(folder.spool_text(self.name, text + "\n"), self.name)
            self._changed = False
