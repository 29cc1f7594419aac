"""Changing a working copy, which need not be sound. Pure: each gives another copy.

A working copy is a definition as JSON reads it; what is not where it should be is left alone, and
told by :func:`problems_with`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from cases.procedures.definition import read_definition
from core.errors import BadInput, NotThere
from core.i18n import N_

Working = dict[str, Any]
MAX_NAME = 40  # characters
_PLACE = re.compile(r"pages\.(\d+)(?:\.fields\.(\d+))?")


def problems_with(working: Working) -> list[tuple[str, str]]:
    """What has to be put right before it can be published: each with the name of the field or page
    that it is about (empty for the procedure itself)."""
    try:
        read_definition(working)
    except BadInput as problem:
        reasons = problem.reason.removeprefix("Value error, ").replace("; ", "\n").splitlines()
        return [(_named(working, reason), reason) for reason in reasons]
    return []


def new_working(slug: str, title: Mapping[str, str]) -> Working:
    """A first working copy that is sound."""
    text = {locale: words for locale, words in title.items() if words}
    return {
        "format": "guichet.procedure/1",
        "slug": slug,
        "title": text,
        "summary": text,
        "category": {"code": "general", "label": {"fr": "Général", "en": "General"}},
        "pages": [{"name": "page_1", "title": {"fr": "Votre demande", "en": "Your request"}}],
    }


def add_page(working: Working, title: Mapping[str, str]) -> Working:
    made = deepcopy(working)
    pages = made.setdefault("pages", [])
    name = free_name(next(iter(title.values()), "page"), [page.get("name") for page in pages])
    pages.append({"name": name, "title": dict(title), "fields": []})
    return made


def add_field(
    working: Working, page: str, kind: str, label: Mapping[str, str]
) -> tuple[Working, str]:
    """At the end of a page; returns the name that it got, too."""
    made = deepcopy(working)
    name = free_name(next(iter(label.values()), kind), [one["name"] for one in _fields(made)])
    field: Working = {"kind": kind, "name": name, "label": dict(label)}
    if kind == "choice":
        field["options"] = [{"value": "1", "label": {"fr": "Premier choix", "en": "First choice"}}]
    if kind == "table":
        field["columns"] = [{"kind": "text", "name": "name", "label": {"fr": "Nom", "en": "Name"}}]
    if kind == "computed":
        field["expression"] = "0"
    _page(made, page).setdefault("fields", []).append(field)
    return made, name


def move(working: Working, kind: str, name: str, by: int) -> Working:
    """A ``page`` or a ``field`` one place up (-1) or down (1); a field also across pages."""
    made = deepcopy(working)
    if kind == "page":
        _swap(made["pages"], [page["name"] for page in made["pages"]].index(name), by)
        return made
    pages = made["pages"]
    number, place = _where(made, name)
    fields = pages[number]["fields"]
    if 0 <= place + by < len(fields):
        _swap(fields, place, by)
    elif 0 <= number + by < len(pages):
        field = fields.pop(place)
        there = pages[number + by].setdefault("fields", [])
        there.insert(len(there) if by < 0 else 0, field)
    return made


def remove(working: Working, kind: str, name: str) -> Working:
    made = deepcopy(working)
    if kind == "page":
        made["pages"] = [page for page in made["pages"] if page.get("name") != name]
        return made
    number, place = _where(made, name)
    del made["pages"][number]["fields"][place]
    return made


def change_field(working: Working, name: str, values: Mapping[str, Any]) -> Working:
    """Put these properties in the place of the field's own; what is empty is left out."""
    made = deepcopy(working)
    number, place = _where(made, name)
    made["pages"][number]["fields"][place] = filled(values)
    return made


def change_page(working: Working, name: str, values: Mapping[str, Any]) -> Working:
    made = deepcopy(working)
    page = _page(made, name)
    fields = page.get("fields", [])
    page.clear()
    page.update(filled(values) | {"fields": fields})
    return made


def change_general(working: Working, values: Mapping[str, Any]) -> Working:
    made = {name: value for name, value in deepcopy(working).items() if name not in values}
    return made | filled(values)


def field_of(working: Working, name: str) -> Working:
    """Raises NotThere."""
    number, place = _where(working, name)
    field: Working = working["pages"][number]["fields"][place]
    return field


def untranslated(working: Working, languages: Sequence[str]) -> list[tuple[str, str, str]]:
    """Texts that are not written in every language: the name of the field or page (empty for the
    procedure itself), the text as it is, and the first language that it lacks."""
    found = []
    for place, text in _texts(working):
        words = next((one for one in text.values() if one), "")
        missing = [one for one in languages if not text.get(one)]
        if words and missing:
            found.append((place, words, missing[0]))
    return found


def free_name(words: str, taken: list[str]) -> str:
    """A name made of words, that nothing else has."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[: MAX_NAME - 4].strip("_")
    base = base if base[:1].isalpha() else f"f_{base}".rstrip("_")
    names = [base, *(f"{base}_{number}" for number in range(2, 1_000))]
    return next(name for name in names if name not in taken)


def filled(values: Mapping[str, Any]) -> Working:
    """Without what says nothing."""
    return {name: value for name, value in values.items() if value not in ("", None, {}, [])}


def _texts(working: Working) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each text with the page or field that it stands in."""
    general = {name: part for name, part in working.items() if name != "pages"}
    yield from (("", text) for text in _texts_in(general))
    for page in working.get("pages", []):
        own = {name: part for name, part in page.items() if name != "fields"}
        yield from ((str(page.get("name", "")), text) for text in _texts_in(own))
        for field in page.get("fields", []):
            yield from ((str(field.get("name", "")), text) for text in _texts_in(field))


def _texts_in(part: Any) -> Iterator[Mapping[str, str]]:
    if isinstance(part, list):
        for one in part:
            yield from _texts_in(one)
    elif isinstance(part, dict) and part:
        if all(len(key) == 2 and isinstance(words, str) for key, words in part.items()):
            yield part
        else:
            for one in part.values():
                yield from _texts_in(one)


def _swap(items: list[Any], place: int, by: int) -> None:
    if 0 <= place + by < len(items):
        items[place], items[place + by] = items[place + by], items[place]


def _fields(working: Working) -> list[Working]:
    return [field for page in working.get("pages", []) for field in page.get("fields", [])]


def _page(working: Working, name: str) -> Working:
    return _found(working.get("pages", []), lambda page: page.get("name") == name)


def _where(working: Working, name: str) -> tuple[int, int]:
    for number, page in enumerate(working.get("pages", [])):
        for place, field in enumerate(page.get("fields", [])):
            if field.get("name") == name:
                return number, place
    raise NotThere(f"no field {name}")


def _found(items: list[Working], fits: Callable[[Working], bool]) -> Working:
    for item in items:
        if fits(item):
            return item
    raise NotThere(N_("There is no such page."))


def _named(working: Working, reason: str) -> str:
    found = _PLACE.search(reason)
    if found is None:
        return ""
    try:
        page = working["pages"][int(found[1])]
        return str((page["fields"][int(found[2])] if found[2] else page)["name"])
    except (KeyError, IndexError, TypeError):
        return ""
