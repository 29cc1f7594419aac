"""The words of a campaign: an entry, or a digest of several, in one language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Protocol
from zoneinfo import ZoneInfo

from jinja2.sandbox import SandboxedEnvironment

from core.i18n import LOCALES, translations
from core.sms import plain
from notify.campaigns import CampaignKind
from notify.contents import Words, environment
from notify.filling import TOKEN, WHY, without_marks
from notify.mail import one_line
from notify.wrapping import wrap


class Item(Protocol):
    """An entry as campaigns tell of it, in one language."""

    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str:
        """Plain, for digests; may be empty."""
        ...

    @property
    def text(self) -> str:
        """The whole of it, plain."""
        ...

    @property
    def html(self) -> str:
        """The same, sanitised: safe to be shown."""
        ...

    @property
    def sms(self) -> str:
        """Its short text; never empty."""
        ...

    @property
    def url(self) -> str:
        """Of its page."""
        ...

    @property
    def correction(self) -> str:
        """What was put right; empty in the first version."""
        ...


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """All that the templates of campaigns may show."""

    kind: CampaignKind
    language: str
    town: str
    urgent: bool
    items: Sequence[Item]
    preferences: str
    """Address of the recipient's page; a mark stands in it (:mod:`notify.filling`)."""
    unsubscribe: str
    why: str = WHY


class Announcements:
    """Renders them; ``zone`` is where the town's days begin, ``portal`` the URL of its pages."""

    def __init__(
        self,
        zone: ZoneInfo,
        town: str,
        portal: str,
        catalogue: Callable[[str], NullTranslations] = translations,
    ) -> None:
        self._town = town
        self._portal = portal
        self._by_language: Mapping[str, SandboxedEnvironment] = {
            language: environment(language, zone, catalogue(language)) for language in LOCALES
        }

    def mail(self, view: AnnouncementView) -> Words:
        templates, name = self._by_language[view.language], view.kind
        subject = templates.get_template(f"{name}.subject.txt").render(view=view)
        text = templates.get_template(f"{name}.txt").render(view=view)
        html = templates.get_template(f"{name}.html").render(view=view)
        return Words(one_line(subject), wrap(text).strip() + "\n", html)

    def sms(self, view: AnnouncementView) -> str:
        """One text; of an entry alone, for digests do not come by SMS."""
        template = self._by_language[view.language].get_template("announcement.sms.txt")
        return plain(template.render(view=view).strip())

    def push(self, view: AnnouncementView) -> str:
        """The title, and the short text where there is one of its own."""
        item = view.items[0]
        title = one_line(
            self._by_language[view.language]
            .get_template("announcement.subject.txt")
            .render(view=view)
        )
        return title if item.sms == item.title else f"{title}\n{item.sms}"

    def view(
        self,
        kind: CampaignKind,
        language: str,
        items: Sequence[Item],
        *,
        campaign: str = "",
        urgent: bool = False,
    ) -> AnnouncementView:
        """``campaign`` is its id, for the link by which it is unsubscribed from."""
        preferences = f"{self._portal}/subscriptions/{TOKEN}"
        return AnnouncementView(
            kind=kind,
            language=language,
            town=self._town,
            urgent=urgent,
            items=[_Clean.of(item) for item in items],
            preferences=preferences,
            unsubscribe=f"{preferences}/unsubscribe/{campaign}",
        )


@dataclass(frozen=True, slots=True)
class _Clean:
    """An item in which no mark of ours stands."""

    title: str
    summary: str
    text: str
    html: str
    sms: str
    url: str
    correction: str

    @classmethod
    def of(cls, item: Item) -> "_Clean":
        return cls(
            title=one_line(without_marks(item.title)),
            summary=without_marks(item.summary),
            text=without_marks(item.text),
            html=without_marks(item.html),
            sms=without_marks(item.sms),
            url=without_marks(item.url),
            correction=without_marks(item.correction),
        )
