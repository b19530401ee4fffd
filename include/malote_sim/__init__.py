"""The institutions, pretended faithfully: written from their manuals and from known facts, never from our client.

    with malote_sim.running("ccee", folder=certificates_folder) as sim:
        sim.url("ccee"), sim.certificates.client, sim.ccee.accepted

What can be asked of them and told to them while they run is written in `malote_sim.control`.
"""

from __future__ import annotations

from malote_sim.server import SIMULATORS, Running, running

__all__ = ["SIMULATORS", "Running", "running"]
