"""What is planted in connections, and must be found nowhere afterwards."""

from __future__ import annotations

SECRET = "senha-que-ninguem-ve"
WORKER = "malote_worker"
"""What tasks log in as, in role ``malote_runtime``; here its password as well."""

EC, CHAVE, ARCHIVE_KEY = "1006993069", "chave-que-ninguem-ve", "uma-chave-de-arquivo-que-ninguem-ve"
