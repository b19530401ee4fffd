"""Import once, in the scheduler, what each task would import anew: tasks are its forks, on a laptop with few cores."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import malote

if "scheduler" in sys.argv:  # two seconds of a core for each task
    importlib.import_module("malote_provider.flows")
    for module in pkgutil.walk_packages(malote.__path__, "malote."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
