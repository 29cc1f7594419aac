"""What has to be put right before a procedure can be published: where it is, and what to do."""

import re
from collections.abc import Mapping

from agent_api.procedure_views import Problem
from agent_api.properties import WIDGETS
from agent_api.reasons import Translate, in_words
from cases.procedures import editing as change
from cases.procedures import say
from core.i18n import N_, translator

PARTS: Mapping[str, tuple[str, str]] = {
    "slug": ("general", N_("Address")),
    "title": ("general", N_("Title")),
    "summary": ("general", N_("Summary for the catalogue")),
    "introduction": ("general", N_("Introduction")),
    "documents": ("general", N_("Documents to have at hand")),
    "confirmation": ("general", N_("What happens next")),
    "keywords": ("general", N_("Further words to find it by")),
    "category": ("general", N_("Category")),
    "minutes": ("general", N_("Minutes that it takes")),
    "queue": ("general", N_("Queue")),
    "sender": ("general", N_("Who asks")),
    "subject": ("general", N_("Behind the title in the subject of the case (CEL)")),
    "anonymous": ("who", N_("Without an account")),
    "eligibility": ("who", N_("Rules")),
    "opening": ("who", N_("Who may use it, and when")),
    "statuses": ("after", N_("After it was sent: statuses and comments")),
    "comments": ("after", N_("Comments in a case")),
    "pages": ("pages", N_("Pages and fields")),
    "name": ("pages", N_("Name")),
    "kind": ("pages", N_("Kind of field")),
}
"""What is no property of a field: the section of the editor's page that it is in, and its label."""


def problems_of(working: change.Working, locale: str) -> list[Problem]:
    """In the words of who edits it."""
    pages = {page.get("name"): page for page in working.get("pages", [])}
    fields = {one.get("name"): one for page in pages.values() for one in page.get("fields", [])}
    translate, found = translator(locale), []
    for place, raw in change.problems_with(working):
        reason = in_words(raw, translate)
        is_page = ".fields." not in reason.place and place in pages
        named = (pages if is_page else fields).get(place) or {}
        said = named.get("title") or named.get("label")
        part = _part_of(reason.place)
        problem = Problem(
            place=place,
            is_page=is_page,
            reason=raw,
            called=(say(said, locale) if isinstance(said, dict) else "") or place,
            part=translate(part) if part else "",
            words=reason.words,
            technical=reason.technical,
            section=_section_of(reason.place),
        )
        found.append(problem)
    return found


def as_line(reason: str, translate: Translate) -> str:
    """Who edits the text finds the place by its path."""
    said = in_words(reason, translate)
    words = " – ".join(filter(None, (said.words, said.technical)))
    line = {"label": said.place, "message": words}
    return translate(N_("%(label)s: %(message)s")) % line if said.place else words


def _part_of(place: str) -> str:
    """What a place such as ``pages.0.fields.1.label`` is a part of; empty when it is unknown."""
    name = _own(place)
    return PARTS[name][1] if name in PARTS else WIDGETS.get(name, ("", ""))[1]


def _section_of(place: str) -> str:
    """The section of the editor's page that has it."""
    return PARTS.get(_own(place), ("pages", ""))[0]


def _own(place: str) -> str:
    """The property, without the page, field and column that it is of."""
    return re.sub(r"(?:pages|fields|columns)\.\d+\.", "", place).partition(".")[0]
