"""All pages of a form at once, with everything that may be shown, for those who edit it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.procedures import Procedure, ShownPage, Surroundings, fill_in, say
from channels.web.procedures.controls import Control, Reader, controls_of
from core.i18n import translator


@dataclass(frozen=True, slots=True)
class PreviewedControl:
    control: Control
    visible_when: str


@dataclass(frozen=True, slots=True)
class PreviewedPage:
    title: str
    help: str
    visible_when: str
    controls: Sequence[PreviewedControl]


def preview(
    procedure: Procedure, locale: str, now: datetime, zone: ZoneInfo, country: str
) -> Sequence[PreviewedPage]:
    """As a citizen sees it who has not filled in anything, conditions aside."""
    around = Surroundings(now, zone, country, {})
    form = fill_in(procedure, {}, around)
    reader = Reader(locale, translator(locale), around.place.today)
    conditions = {name: field.visible_when for name, field in procedure.fields.items()}
    return [
        PreviewedPage(
            say(page.title, locale),
            say(page.help, locale),
            page.visible_when,
            [
                PreviewedControl(control, conditions[control.name])
                for control in controls_of(ShownPage(page, page.fields, ()), form, {}, (), reader)
            ],
        )
        for page in procedure.pages
    ]
