"""What the forms of the editor say of a procedure beside its pages. Pure.

Nothing is refused here: what makes no sense is told by the definition itself, with its place.
"""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import FormData

from agent_api.properties import read_checks, read_text, read_texts
from cases.agents import Role
from cases.models import CaseStatus
from core.i18n import LOCALES


def read_general(form: FormData) -> dict[str, Any]:
    """Titles, category, where it goes, who the sender is."""
    minutes = read_text(form, "minutes")
    return {
        **{
            name: read_texts(form, name)
            for name in ("title", "summary", "introduction", "confirmation", "keywords")
        },
        "category": {
            "code": read_text(form, "category"),
            "label": read_texts(form, "category-label"),
        },
        "minutes": int(minutes) if minutes.isdecimal() else 5,
        "queue": read_text(form, "queue"),
        "sender": {
            role: name
            for role in ("first_name", "last_name", "email", "phone")
            if (name := read_text(form, f"sender-{role}"))
        },
        "subject": read_text(form, "subject"),
        "documents": _documents(form),
    }


def read_who(form: FormData) -> dict[str, Any]:
    """Who may use it, and when."""
    opening: dict[str, Any] = {
        name: text
        for name in ("first_day", "last_day", "season_start", "season_end")
        if (text := read_text(form, name))
    }
    closed = read_texts(form, "closed_message")
    return {
        "anonymous": read_text(form, "anonymous") or "allowed",
        "opening": opening | ({"closed_message": closed} if closed else {}),
        "eligibility": read_checks(form),
    }


def read_after(form: FormData) -> dict[str, Any]:
    """Statuses and comments: what happens once it was sent."""
    comments = {side: False for side in ("citizen", "agent") if f"comments-{side}" not in form}
    return {
        "statuses": [made for status in CaseStatus if (made := _status(form, status))],
        "comments": comments,
    }


READ: Mapping[str, Callable[[FormData], dict[str, Any]]] = {
    "general": read_general,
    "who": read_who,
    "after": read_after,
}
"""By the action of the form."""


def _status(form: FormData, status: CaseStatus) -> dict[str, Any] | None:
    """None for one that is as everywhere; what it is called must be said of any other."""
    label = read_texts(form, f"{status}-label")
    explanation = read_texts(form, f"{status}-explanation")
    roles = [str(one) for one in form.getlist(f"{status}-moved_by") if one in {*Role}]
    visible = f"{status}-visible" in form
    if not label and not explanation and not roles and visible:
        return None
    made: dict[str, Any] = {"status": str(status), "label": label}
    if explanation:
        made["explanation"] = explanation
    if not visible:
        made["visible"] = False
    if roles:
        made["moved_by"] = roles
    return made


def _documents(form: FormData) -> list[dict[str, str]]:
    """One a line: French | English."""
    lines = [line.split("|") for line in read_text(form, "documents").splitlines() if line.strip()]
    texts = [
        {locale: part.strip() for locale, part in zip(LOCALES, line, strict=False) if part.strip()}
        for line in lines
    ]
    return [text for text in texts if text]
