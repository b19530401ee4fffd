"""What stands among the open ones, in its order, and what makes a submission one of a kind."""

from __future__ import annotations

from datetime import timedelta

RECENT = timedelta(days=30)
"""How long a refusal at the door is shown whose items have not travelled again."""

NEWS = timedelta(days=3)
"""How long items that an answer refused are shown, unless a selection wants them again: then they are held back."""

_NOT_AGAIN = """not exists (
            select 1 from malote.item_row as live
            where live.scope = i.scope and live.reference = i.reference and live.submission <> s.id
              and live.outcome is distinct from 'refused')"""

REFUSED = f"""s.standing = 'refused' and s.moved_at > %(recent)s and exists (
        select 1 from malote.item_row as i where i.submission = s.id and {_NOT_AGAIN})"""
"""Of ``malote.submission as s``: refused at the door since ``recent``, and its items have not travelled again."""

# Of what a few days brought: no index knows which items were refused, years of them would be read. Of each the first
# hundred: a selection wants all of them or none, and a lot of Cielo may have thousands.
_ITEMS_REFUSED = f"""s.standing = 'landed' and s.id = any (array(
        select l.submission from malote.load as l where l.landed_at > %(news)s and l.items_refused > 0))
    and exists (
        select 1 from (
            select r.scope, r.reference from malote.item_row as r
            where r.submission = s.id and r.outcome = 'refused' order by r.ordinal limit 100) as i
        where not exists (select 1 from malote.held as h where h.scope = i.scope and h.reference = i.reference)
          and {_NOT_AGAIN})"""

HELD = "held"
CONDITIONS = {
    "in_doubt": "",
    "overdue": "",
    "refused": REFUSED,
    "unanswered": """s.standing = 'landed'
        and s.id in (select i.submission from malote.item_row as i where i.outcome = 'unanswered')""",
    HELD: "",
    "items_refused": _ITEMS_REFUSED,
    "sending": "",
    "prepared": "",
    "answered": "",
    "received": "",
    "landed": "s.standing = 'landed'",
    "withdrawn": "s.standing = 'withdrawn'",
}
NEEDS_A_PERSON = ("in_doubt", "overdue", "refused", "unanswered", HELD, "items_refused")
KINDS = tuple(kind for kind in CONDITIONS if kind not in ("landed", "withdrawn"))
"""In the order in which they are shown; what is over is shown of one run only."""
