"""The properties of a page or a field as a form: which widget each has, read and written. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from agent_api.reasons import Translate, in_words
from cases.procedures.fields import KINDS
from core.errors import BadInput
from core.i18n import LOCALES, N_

KIND_LABELS = {
    "text": N_("Text on one line"),
    "long_text": N_("Long text"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone number"),
    "date": N_("Date"),
    "number": N_("Number"),
    "choice": N_("Choice"),
    "yes_no": N_("Yes or no"),
    "address": N_("Postal address"),
    "position": N_("Place on the map"),
    "files": N_("Files"),
    "consent": N_("Consent"),
    "table": N_("Table of lines"),
    "heading": N_("Heading"),
    "explanation": N_("Explanation"),
    "computed": N_("Computed value"),
}
ACCEPTED = ("pdf", "jpg", "png", "heic", "tif", "doc", "docx", "odt", "xls", "xlsx", "ods")
AUTOCOMPLETES = ("", "given-name", "family-name", "organization", "bday", "off")

# Widget and label of each property, in the order in which forms show them.
WIDGETS: Mapping[str, tuple[str, str]] = {
    "label": ("texts", N_("Label")),
    "title": ("texts", N_("Title")),
    "help": ("texts", N_("Help")),
    "required": ("flag", N_("Must be filled in")),
    "style": ("pick", N_("Shown as")),
    "options": ("options", N_("Answers")),
    "unit": ("texts", N_("Unit")),
    "least": ("number", N_("At least")),
    "most": ("number", N_("At most")),
    "decimals": ("number", N_("Digits behind the point")),
    "earliest": ("line", N_("Earliest day")),
    "latest": ("line", N_("Latest day")),
    "min_length": ("number", N_("Characters at least")),
    "max_length": ("number", N_("Characters at most")),
    "autocomplete": ("pick", N_("The browser offers")),
    "accept": ("many", N_("Kinds of files")),
    "max_size": ("number", N_("Bytes of one file at most")),
    "max_count": ("number", N_("Files at most")),
    "row": ("texts", N_("What a line is called")),
    "min_rows": ("number", N_("Lines at least")),
    "max_rows": ("number", N_("Lines at most")),
    "columns": ("columns", N_("Columns")),
    "expression": ("code", N_("Computed by")),
    "shown": ("flag", N_("Shown to the citizen")),
    "visible_when": ("code", N_("Shown when")),
    "prefill": ("code", N_("Filled in at first with")),
    "checks": ("checks", N_("Rules")),
}
CHOICES: Mapping[str, Sequence[str]] = {
    "style": ("radio", "list", "many"),
    "autocomplete": AUTOCOMPLETES,
    "accept": ACCEPTED,
}
ON_BY_DEFAULT = frozenset({"required", "shown"})
PAGE_PROPERTIES: Sequence[str] = ("title", "help", "visible_when")


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    widget: str
    label: str
    """A message id."""
    value: Any
    choices: Sequence[str] = ()
    wrong: Sequence["Wrong"] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a property, and where in its expression."""

    reason: str
    number: int | None = None
    """Of one of several rules, from 0."""
    excerpt: str = ""
    """The line of the expression, and below it a mark at the place."""


def properties_of(
    names: Sequence[str],
    values: Mapping[str, Any],
    reasons: Sequence[str] = (),
    translate: Translate = str,
) -> list[Property]:
    """``reasons`` as :func:`cases.procedures.editing.problems_with` tells them."""
    return [
        Property(
            name,
            widget,
            label,
            _shown(name, widget, values),
            CHOICES.get(name, ()),
            wrong_with(name, values.get(name), reasons, translate),
        )
        for name, (widget, label) in WIDGETS.items()
        if name in names
    ]


def wrong_with(name: str, value: Any, reasons: Sequence[str], translate: Translate) -> list[Wrong]:
    """Those that are about this property."""
    pattern = re.compile(
        rf"(?:^|\.){name}(?:\.(\d+))?(?:\.\w+)*: (?:(\d+):(\d+): )?(.+)", re.DOTALL
    )
    return [
        Wrong(
            in_words(reason, translate).words,
            int(found[1]) if found[1] else None,
            _excerpt(_expression(value, found[1]), found[2], found[3]),
        )
        for reason in reasons
        if (found := pattern.search(reason))
    ]


def _expression(value: Any, number: str | None) -> str:
    if isinstance(value, list) and number and int(number) < len(value):
        value = value[int(number)].get("rule", "")
    return value if isinstance(value, str) else ""


def _excerpt(expression: str, line: str | None, column: str | None) -> str:
    lines = expression.splitlines()
    if not line or not column or not 0 < int(line) <= len(lines):
        return ""
    return f"{lines[int(line) - 1]}\n{' ' * (int(column) - 1)}^"


def names_of(kind: str) -> Sequence[str]:
    """The properties of a kind of fields."""
    return tuple(KINDS[kind].model_fields)


def read_properties(names: Sequence[str], form: FormData) -> dict[str, Any]:
    """Raises BadInput when what was written cannot even be kept, with the property's name."""
    return {
        name: _read(name, widget, form) for name, (widget, _) in WIDGETS.items() if name in names
    }


def _shown(name: str, widget: str, values: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - one a widget
    value = values.get(name)
    match widget:
        case "flag":
            return name in ON_BY_DEFAULT if value is None else bool(value)
        case "options":
            return "\n".join(
                " | ".join(
                    [one.get("value", ""), *(one.get("label", {}).get(x, "") for x in LOCALES)]
                )
                for one in value or []
            )
        case "columns":
            return value or []
        case "checks":
            return [*(value or []), {"rule": "", "message": {}}]
        case "many":
            return value or []
        case "texts":
            return value or {}
        case _:
            return "" if value is None else value


def _read(name: str, widget: str, form: FormData) -> Any:  # noqa: PLR0911 - one a widget
    match widget:
        case "texts":
            return read_texts(form, name)
        case "flag":
            on = form.get(name) == "on"
            return on if on != (name in ON_BY_DEFAULT) else None
        case "number":
            return _number(name, read_text(form, name))
        case "options":
            return [_option(line) for line in read_text(form, name).splitlines() if line.strip()]
        case "checks":
            return read_checks(form)
        case "many":
            return [one for one in form.getlist(name) if isinstance(one, str)]
        case _:
            return read_text(form, name)


def read_texts(form: FormData, name: str) -> dict[str, str]:
    """By language, without those that say nothing."""
    texts = {locale: read_text(form, f"{name}-{locale}") for locale in LOCALES}
    return {locale: words for locale, words in texts.items() if words}


def read_checks(form: FormData) -> list[dict[str, Any]]:
    """Rules with their messages; those without a rule are left out."""
    rules = form.getlist("check-rule")
    messages = {locale: form.getlist(f"check-message-{locale}") for locale in LOCALES}
    made = []
    for number, rule in enumerate(rules):
        words = {
            locale: str(given[number]).strip()
            for locale, given in messages.items()
            if number < len(given) and str(given[number]).strip()
        }
        if str(rule).strip():
            made.append({"rule": str(rule).strip(), "message": words})
    return made


def _option(line: str) -> dict[str, Any]:
    value, *words = (part.strip() for part in line.split("|"))
    label = {locale: text for locale, text in zip(LOCALES, words, strict=False) if text}
    return {"value": value, "label": label or {LOCALES[0]: value}}


def _number(name: str, text: str) -> int | float | None:
    if not text:
        return None
    try:
        number = float(text.replace(",", ".").replace("\N{NARROW NO-BREAK SPACE}", ""))
        return int(number) if number.is_integer() else number
    except (ValueError, OverflowError) as problem:
        raise BadInput(N_("This is not a number."), where=name) from problem


def read_text(form: FormData, name: str) -> str:
    """Without the spaces around it, its lines ended as ours are; empty when nothing was typed."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""
