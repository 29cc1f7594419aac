"""``guichet quarantine …``: what could not be handled."""

from typing import Annotated
from uuid import UUID

import typer

from core.errors import NotThere
from guichet.offline import fail, with_town
from guichet.progress import bars
from guichet.town import Town
from ingest import quarantine
from ingest.pipeline import CONSUMERS

MOST = 10_000  # listed
BATCH = 50  # given back in one transaction

quarantined = typer.Typer(no_args_is_help=True, help="What could not be handled.")

OneConsumer = Annotated[
    str, typer.Option("--consumer", help=f"What one of them gave up on: {', '.join(CONSUMERS)}.")
]


@quarantined.command("list")
def list_quarantine(consumer: OneConsumer = "") -> None:
    """Show what waits for somebody, oldest first."""
    _known(consumer)

    async def work(town: Town) -> list[quarantine.Item]:
        async with town.database.read() as session:
            return await quarantine.open_items(session, limit=MOST)

    items = [item for item in with_town(work) if consumer in ("", item.consumer)]
    for item in items:
        since = item.quarantined_at.astimezone().isoformat(" ", "seconds")
        typer.echo(f"{item.id}  {since}  {item.consumer:<12}  {item.channel:<8}  {item.reason}")
    typer.echo(f"{len(items)} in quarantine", err=True)


@quarantined.command("retry")
def retry_quarantine(
    item_id: Annotated[UUID | None, typer.Argument(help="As the list shows it.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is in quarantine.")] = False,
    consumer: OneConsumer = "",
) -> None:
    """Give one event, or many, to its consumer again.

    A running process tries them within a second, otherwise the next one that starts.
    """
    _known(consumer)
    many = everything or bool(consumer)
    if many == (item_id is not None):
        fail("name one event, or --all, or --consumer")
    count, left = with_town(lambda town: _retry(town, item_id, consumer))
    if item_id is not None:
        typer.echo("will be tried again at once")
        return
    more = f"; {left} are no longer there to be tried" if left else ""
    typer.echo(f"{count} will be tried again at once{more}")


async def _retry(town: Town, item_id: UUID | None, consumer: str) -> tuple[int, int]:
    """How many are given back, and how many are not there any more."""
    if item_id is not None:
        async with town.database.begin() as session:
            await quarantine.retry(session, town.clock, item_id)
        return 1, 0
    async with town.database.read() as session:
        # Those of now: what fails again meanwhile would come back for ever.
        ids = await quarantine.open_ids(session, consumer)
    count = 0
    with bars() as shown:
        advance = shown.bar("events", len(ids))
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            async with town.database.begin() as session:
                for one in batch:
                    try:
                        await quarantine.retry(session, town.clock, one)
                    except NotThere:  # an agent was faster
                        continue
                    count += 1
            advance(len(batch))
    return count, len(ids) - count


def _known(consumer: str) -> None:
    if consumer and consumer not in CONSUMERS:
        fail(f"no consumer is called {consumer}; there are {', '.join(CONSUMERS)}")
