"""Pictures of today as SVG: hours as a band, items by the hour, a pace, a funnel. Tables stand beside them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from malote.desk import Hour
from malote.hours import ZONE, Counter

_WIDTH, _DAY = 480, 24 * 60
_CLEAR = 36  # an hour so near to now is not written: the two would overlap


def _svg(height: int, title: str, *parts: Markup) -> Markup:
    head = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="picture">').format(_WIDTH, height, title)
    return head + Markup("").join(parts) + Markup("</svg>")


def _rect(css: str, x: float, y: float, width: float, height: float, tip: str = "") -> Markup:
    title = Markup("<title>{}</title>").format(tip) if tip else ""
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">{}</rect>').format(
        css, x, y, max(0.0, width), max(0.0, height), title
    )


def _text(x: float, y: float, text: str, anchor: str = "middle", css: str = "") -> Markup:
    look = Markup(' class="{}"').format(css) if css else ""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>').format(x, y, anchor, look, text)


def band(counter: Counter, now: datetime, title: str, cut_off: str = "") -> Markup:
    """Today's opening hours as a band from midnight to midnight, a mark at now, another at the cut-off."""
    local = now.astimezone(ZONE)
    parts = [_rect("closed", 0, 4, _WIDTH, 16)]
    if hours := counter.hours(local.date()):
        opens, closes = (_minute(at, local) for at in hours)
        parts.append(_rect("opened", _x(opens), 4, _x(closes) - _x(opens), 16))
    if cut_off:
        hour, minute = cut_off.split(":")[:2]
        parts.append(_rect("cut", _x(int(hour) * 60 + int(minute)) - 1, 2, 2, 20, cut_off))
    now_x = _x(local.hour * 60 + local.minute)
    parts.append(_rect("now-mark", now_x - 1.5, 0, 3, 24, f"{local:%H:%M}"))
    for mark in (0, 6, 12, 18, 24):
        if abs(_x(mark * 60) - now_x) > _CLEAR:
            parts.append(_text(_x(mark * 60), 38, f"{mark:02}h", _anchor(mark)))
    parts.append(_text(min(max(now_x, 14), _WIDTH - 14), 38, f"{local:%H:%M}", css="now-text"))
    return _svg(42, title, *parts)


def month(today: date, until: date, title: str) -> Markup:
    """The month in which something is due as a band: what is left until its day, a mark at it, another at today."""
    days = monthrange(until.year, until.month)[1]
    slot = _WIDTH / days
    at = min(max((today - until.replace(day=1)).days, 0), days)
    due = until.day * slot
    parts = [
        _rect("closed", 0, 4, _WIDTH, 16),
        _rect("opened", at * slot, 4, due - at * slot, 16),
        _rect("cut", due - 1, 2, 2, 20, f"{until:%d/%m}"),
        _rect("now-mark", at * slot, 0, 3, 24, f"{today:%d/%m}"),
        _text(due, 38, f"{until:%d/%m}", css="now-text"),
    ]
    return _svg(42, title, *parts)


def _anchor(hour: int) -> str:
    return {0: "start", 24: "end"}.get(hour, "middle")


def _x(minute: float) -> float:
    return minute * _WIDTH / _DAY


def _minute(at: datetime, day: datetime) -> float:
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return min(max((at - midnight) / timedelta(minutes=1), 0), _DAY)


def bars(hours: Sequence[Hour], now: datetime, title: str, names: tuple[str, str, str, str]) -> Markup:
    """The last 24 hours: sent as an outline, verdicts stacked inside.

    :param names: of sent, accepted, refused and unanswered
    """
    begin = now.astimezone(ZONE).replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    most = max((max(h.sent, h.accepted + h.refused + h.unanswered) for h in hours), default=0) or 1
    height, slot = 80, _WIDTH / 24
    parts = [_rect("axis", 0, height + 4, _WIDTH, 1)]
    for each in hours:
        at = (each.at - begin) // timedelta(hours=1)
        if not 0 <= at < 24:
            continue
        x, foot = at * slot + 2, float(height + 4)
        tip = f"{each.at.astimezone(ZONE):%H}h: " + ", ".join(
            f"{name} {n}"
            for name, n in zip(names, (each.sent, each.accepted, each.refused, each.unanswered), strict=True)
        )
        parts.append(_rect("bar-sent", x, foot - each.sent * height / most, slot - 4, each.sent * height / most, tip))
        for css, n in (("accepted", each.accepted), ("refused", each.refused), ("unanswered", each.unanswered)):
            part = n * height / most
            foot -= part
            parts.append(_rect(f"bar-{css}", x + 3, foot, slot - 10, part, tip))
    for ahead in range(0, 24, 6):
        parts.append(_text(ahead * slot + slot / 2, height + 20, f"{begin + timedelta(hours=ahead):%H}h"))
    return _svg(height + 26, title, *parts)


def meter(used: int, limit: int, title: str) -> Markup:
    """How much of a limit is used."""
    share = min(1.0, used / limit) if limit else 0.0
    css = "level high" if share > 0.9 else "level"
    return _svg(12, title, _rect("closed", 0, 2, _WIDTH, 8), _rect(css, 0, 2, max(share * _WIDTH, 3 if used else 0), 8))


def funnel(steps: Sequence[tuple[str, int]], title: str) -> Markup:
    """Steps of a pipeline, each as wide as what reached it."""
    most = max((n for _, n in steps), default=0) or 1
    parts = []
    for at, (name, n) in enumerate(steps):
        width = n / most * (_WIDTH - 180)
        parts += [
            _text(0, at * 24 + 16, name, "start"),
            _rect(f"funnel step-{at}", 130, at * 24 + 3, max(width, 2), 17, f"{name}: {n}"),
            _text(136 + max(width, 2), at * 24 + 16, str(n), "start"),
        ]
    return _svg(len(steps) * 24, title, *parts)
