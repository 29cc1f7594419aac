"""The boxes that there are, in the order of who has never arranged them."""

from collections.abc import Sequence

from channels.web.account.context import Context
from channels.web.home.box import HomeBox
from channels.web.home.cases import CasesBox, DraftsBox
from channels.web.home.news import NewsBox
from channels.web.home.season import SeasonBox
from channels.web.home.services import ServicesBox
from core.i18n import N_

WAITING = CasesBox("waiting", N_("Waiting for you"), ("waiting",), "hand")
"""First, whatever the citizen arranges: the town cannot go on without them."""


def boxes_of(context: Context) -> Sequence[HomeBox]:
    """What can be arranged."""
    settings = context.settings
    return (
        DraftsBox(context.clock),
        CasesBox("open", N_("With us"), ("new", "in_progress"), "clock"),
        NewsBox(context.clock),
        SeasonBox(context.clock, settings),
        NewsBox(context.clock),
        *context.boxes,
        *([ServicesBox(settings.services)] if settings.services else []),
    )
