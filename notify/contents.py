"""From what there is to tell to subject, text and HTML. Pure: the same view, the same words.

The templates are sandboxed (https://jinja.palletsprojects.com/en/stable/sandbox/), as towns will
write their own. What citizens and agents wrote comes in as values, never as template.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from gettext import NullTranslations
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from core.compiled import compiled
from core.i18n import LOCALES, translations
from core.sms import plain
from notify.mail import one_line
from notify.models import AccountKind, Kind
from notify.wrapping import paragraphs, wrap

TEMPLATES = Path(__file__).parent / "templates"
MAX_SUBJECT = 120  # characters that are quoted of the citizen's subject

_PREFIX = re.compile(r"^(?:\s*(?:re|réf?|fwd?|tr|aw|sv|antw)\s*:)+\s*", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class View:
    """All that the templates may show."""

    kind: Kind
    language: str
    town: str
    reference: str
    subject: str
    """The citizen's, on one line; empty where quoting it would carry a stranger's words."""
    tracking_key: str
    tracking_url: str
    text: str = ""
    """What an agent wrote: the reply, or the word that closes the case."""
    agent: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """All that the templates of mails about an account may show."""

    kind: AccountKind
    language: str
    town: str
    link: str
    """The address of the page that goes on from there."""
    hours: int = 0
    """How long the link works; 0 for as long as the page is there."""
    what: str = ""
    """What was changed, or the name of the document."""
    day: date | None = None
    """When the document runs out."""


class Words(NamedTuple):
    subject: str
    text: str
    html: str


class Contents:
    """Renders notifications; ``zone`` is where the town's days begin."""

    def __init__(
        self, zone: ZoneInfo, catalogue: Callable[[str], NullTranslations] = translations
    ) -> None:
        self._by_language: Mapping[str, SandboxedEnvironment] = {
            language: environment(language, zone, catalogue(language)) for language in LOCALES
        }

    def render(self, view: View | AccountView) -> Words:
        environment = self._by_language[view.language]
        values = {"view": view}
        name = "account" if isinstance(view, AccountView) else view.kind
        subject = environment.get_template(f"{name}.subject.txt").render(values)
        text = environment.get_template(f"{name}.txt").render(values)
        html = environment.get_template(f"{name}.html").render(values)
        return Words(_SPACE.sub(" ", one_line(subject)), wrap(text).strip() + "\n", html)

    def render_sms(self, view: View) -> str:
        """One text, without the last line break; a link may stand in it."""
        template = self._by_language[view.language].get_template(f"{view.kind}.sms.txt")
        return plain(template.render(view=view).strip())


def quoted_subject(subject: str, reference: str) -> str:
    """A citizen's subject as ours repeats it: one line, of a bearable length, no "Re: Re:"."""
    plain = _SPACE.sub(" ", one_line(subject).replace(f"[{reference}]", ""))
    plain = _PREFIX.sub("", plain).strip()
    return plain if len(plain) <= MAX_SUBJECT else plain[: MAX_SUBJECT - 1].rstrip() + "…"


def environment(language: str, zone: ZoneInfo, catalogue: NullTranslations) -> SandboxedEnvironment:
    """Where templates of one language are rendered; what they may do is little."""
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        bytecode_cache=compiled(language),
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.policies["urlize.rel"] = "noopener noreferrer"
    environment.filters["day"] = partial(_day, language=language, zone=zone)
    environment.filters["paragraphs"] = paragraphs
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return environment


def _day(at: datetime | date, *, language: str, zone: ZoneInfo) -> str:
    day = at.astimezone(zone) if isinstance(at, datetime) else at
    return format_date(day, "full", locale=language)
