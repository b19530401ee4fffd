"""What an error of the database means, in words that hold nothing of any row."""

from __future__ import annotations

import re

from malote.errors import MaloteError, Misconfigured, Transient

_LOOK = "look at the connection of the warehouse"

_MEANS: dict[str, tuple[str, str, bool]] = {
    # SQLSTATE, or its class: what it means, what to do now, and whether the same may be tried again
    "08": ("the connection to the database broke", "see that the database is up", True),
    "0A": ("the database does not do that", "correct the SQL", False),
    "22": ("a value does not fit", "run the statement by hand to see the value", False),
    "22P05": ("a character does not exist in the database's encoding", "use a database in UTF8", False),
    "23": ("a rule of the tables is broken", "run the statement by hand to see the row", False),
    "25": ("it does what this transaction does not permit", "correct the SQL: it may only read", False),
    "25006": ("it tries to write, and only reading is permitted here", "correct the SQL", False),
    "28": ("the database refuses the login", f"{_LOOK}: login and password", False),
    "3D": ("there is no such database", f"{_LOOK}: its schema is the database's name", False),
    "3F": ("there is no such schema", "correct the SQL", False),
    "40": ("the database gave it up in favour of others", "nothing: the task tries again", True),
    "42": (
        "the SQL does not fit the tables",
        "correct the SQL, or run `malote migrate` where a table is missing",
        False,
    ),
    "42601": ("it is not one statement that selects", "correct the SQL: one SELECT", False),
    "42501": ("its role may not do that", "grant the role what it reads, see docs/roles.md; never more", False),
    "53": ("the database has no room left (connections, memory or disk)", "look at the database", True),
    "54": ("it is more than the database takes", "make it smaller", False),
    "55": ("the database is not ready for it, or a lock is held", "nothing: the task tries again", True),
    "57": ("the database is being stopped, or somebody ended it", "see that the database is up", True),
    "57014": ("it took longer than the time limit, or somebody ended it", "make it quicker, or raise the limit", True),
    "58": ("the database cannot read or write its files", "look at the database", True),
    "P0": ("a function of the database raises an error", "run the statement by hand to see which", False),
    "XX": ("the database failed inside", "look at the log of the database", True),
}
_SAID = (  # of a connection that was not made: libpq gives no code then, so its words, and what they mean
    (r"password authentication|no password supplied|pg_hba|authentication", "28"),
    (r'(?:database|role|user) ".*" does not exist', "3D"),
    (r"too many (?:clients|connections)|reserved for|starting up|shutting down|recovery mode", "53"),
)


def told(error: Exception, what: str = "the warehouse", *, kept: str = "the journal is unchanged") -> MaloteError:
    """An error of the database in words; never the server's own, which quote rows, nor those of libpq, which quote us.

    :param error: of psycopg, or what Python says of text that is no text
    :param what: failed, e.g. ``"the outgoing SQL"``
    """
    import psycopg

    if isinstance(error, UnicodeError) or (isinstance(error, psycopg.DataError) and not error.sqlstate):
        return Misconfigured(
            f"{what} fails on a row: {type(error).__name__}: a value that cannot be carried",
            todo="look for NUL, half characters, dates without end; the database should be in UTF8", kept=kept,
        )  # fmt: skip
    state = getattr(error, "sqlstate", None) or ""
    if not state and isinstance(error, psycopg.OperationalError):
        state = next((code for words, code in _SAID if re.search(words, str(error))), "")
        if not state:
            return Transient(
                f"{what}: the database cannot be reached", kept=kept,
                todo="see that it is up and that host, port and TLS settings of the connection are right",
            )  # fmt: skip
    means, todo, again = _MEANS.get(state) or _MEANS.get(state[:2]) or ("the database refuses it", "look at it", False)
    kind = type(error).__name__ + (f" (SQLSTATE {state})" if len(state) == 5 else "")
    fails = "fails on a row" if state.startswith("22") else "fails"
    return (Transient if again else Misconfigured)(f"{what} {fails}: {kind}: {means}", todo=todo, kept=kept)
