"""An urgent entry while a campaign goes out: how long until its first recipient has it, and its
last. The clock runs from the moment at which an agent presses the button."""

from collections.abc import Sequence
from uuid import UUID

from bench.alerts.desk import Desk
from bench.alerts.entries import Entry
from bench.alerts.sinks import Sinks
from bench.alerts.store import Store
from bench.alerts.waiting import until
from bench.subscribers import Person

FIRST_WITHIN = 2.0  # seconds
LAST_WITHIN = 30.0
PATIENCE = 180.0

Results = dict[str, object]


def warn(
    desk: Desk, sinks: Sinks, store: Store, topic: UUID, people: Sequence[Person], entry: Entry
) -> tuple[Results, list[str]]:
    """Publish it and wait until everybody has it: the figures, and what is wrong with them."""
    pressed = desk.publish(entry, topic)
    count = sum(person.urgent for person in people)
    until(
        lambda: sinks.count(entry.title) >= count,
        within=PATIENCE,
        otherwise=lambda: f"{sinks.count(entry.title)} of {count} have {entry.title!r}",
    )
    all_, mails, texts = (
        [moment - pressed for moment in sinks.moments(entry.title, mails=kind)]
        for kind in (None, True, False)
    )
    first, last, steps = all_[0], all_[-1], store.addressed(entry.title)
    results: Results = {
        "recipients": count,
        "seconds_to_the_first": round(first, 2),
        "seconds_to_the_last": round(last, 2),
        "seconds_until": {
            "it_was_a_campaign": round(steps.begun - pressed, 2),
            "the_first_was_queued": round(steps.first - pressed, 2),
            "the_last_was_queued": round(steps.last - pressed, 2),
        },
        "seconds_to_the_last_mail": round(mails[-1], 2),
        "seconds_to_the_last_sms": round(texts[-1], 2),
    }
    problems = []
    if first > FIRST_WITHIN:
        problems.append(f"{entry.title!r}: the first came after {first:.1f} s")
    if last > LAST_WITHIN:
        problems.append(f"{entry.title!r}: the last came after {last:.1f} s")
    return results, problems
