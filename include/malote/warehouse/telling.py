"""What an error of the database means, in words that hold nothing of any row."""

from __future__ import annotations

import re

from malote.errors import MaloteError, Misconfigured, Transient
from malote.texts import english

_MEANS: dict[str, tuple[str, str, bool]] = {
    # SQLSTATE, or its class: what it means, what to do now, and whether the same may be tried again
    "08": (english("s_db_broke"), english("s_do_db_up"), True),
    "0A": (english("s_db_not_done"), english("s_do_db_sql_correct"), False),
    "22": (english("s_db_value"), english("s_do_db_see_value"), False),
    "22P05": (english("s_db_character"), english("s_do_db_utf8"), False),
    "23": (english("s_db_rule"), english("s_do_db_see_row"), False),
    "25": (english("s_db_not_permitted"), english("s_do_db_sql_read"), False),
    "25006": (english("s_db_writes"), english("s_do_db_sql_correct"), False),
    "28": (english("s_db_login"), english("s_do_db_login_do"), False),
    "3D": (english("s_db_none"), english("s_do_db_name_do"), False),
    "3F": (english("s_db_no_schema"), english("s_do_db_sql_correct"), False),
    "40": (english("s_db_gave_up"), english("s_do_db_again"), True),
    "42": (english("s_db_unfit"), english("s_do_db_sql_migrate"), False),
    "42601": (english("s_db_one_select"), english("s_do_db_sql_one"), False),
    "42501": (english("s_db_role"), english("s_do_db_grant"), False),
    "53": (english("s_db_full"), english("s_do_db_look"), True),
    "54": (english("s_db_more"), english("s_do_db_smaller"), False),
    "55": (english("s_db_locked"), english("s_do_db_again"), True),
    "57": (english("s_db_stopped"), english("s_do_db_up"), True),
    "57014": (english("s_db_too_long"), english("s_do_db_quicker"), True),
    "58": (english("s_db_files"), english("s_do_db_look"), True),
    "P0": (english("s_db_function"), english("s_do_db_see_which"), False),
    "XX": (english("s_db_inside"), english("s_do_db_log"), True),
}
_SAID = (  # of a connection that was not made: libpq gives no code then, so its words, and what they mean
    (r"password authentication|no password supplied|pg_hba|authentication", "28"),
    (r'(?:database|role|user) ".*" does not exist', "3D"),
    (r"too many (?:clients|connections)|reserved for|starting up|shutting down|recovery mode", "53"),
)


def told(error: Exception, what: str = english("s_db_warehouse"), *, kept: str = english("s_unchanged")) -> MaloteError:
    """An error of the database in words; never the server's own, which quote rows, nor those of libpq, which quote us.

    :param error: of psycopg, or what Python says of text that is no text
    :param what: failed, e.g. ``english("s_db_sql")``
    """
    import psycopg

    if isinstance(error, UnicodeError) or (isinstance(error, psycopg.DataError) and not error.sqlstate):
        return Misconfigured(
            english("s_db_fails_row", what=what, kind=type(error).__name__, means=english("s_db_uncarried")),
            todo=english("s_do_nul"), kept=kept,
        )  # fmt: skip
    state = getattr(error, "sqlstate", None) or ""
    if not state and isinstance(error, psycopg.OperationalError):
        state = next((code for words, code in _SAID if re.search(words, str(error))), "")
        if not state:
            return Transient(
                english("s_db_unreached", what=what), kept=kept,
                todo=english("s_do_database_up"),
            )  # fmt: skip
    unknown = (english("s_db_refuses"), english("s_do_db_see"), False)
    means, todo, again = _MEANS.get(state) or _MEANS.get(state[:2]) or unknown
    kind = type(error).__name__ + (f" (SQLSTATE {state})" if len(state) == 5 else "")
    if state.startswith("22"):
        said = english("s_db_fails_row", what=what, kind=kind, means=means)
    else:
        said = english("s_db_fails", what=what, kind=kind, means=means)
    return (Transient if again else Misconfigured)(said, todo=todo, kept=kept)
