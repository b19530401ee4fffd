"""What is planted in connections, and must be found nowhere afterwards."""

from __future__ import annotations

SECRET = "senha-que-ninguem-ve"
WORKER = "malote_worker"
"""What tasks log in as, in role ``malote_runtime``; here its password as well."""

EC, CHAVE = "1006993069", "chave-que-ninguem-ve"
ARCHIVE_KEY = "5c1f0e97b6d24a83e1907fd26b4ac835"
