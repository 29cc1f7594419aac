"""Whose turn it is."""

import asyncio
from contextlib import suppress

from core.turns import Turns


class Order:
    """Who had their turn, in order; everybody keeps it until told to go on."""

    def __init__(self) -> None:
        self.turns, self.had = Turns(), list[str]()

    async def ask(self, name: str) -> asyncio.Task[None]:
        """Names in capitals belong to the patient."""
        task = asyncio.create_task(self._have(name))
        await asyncio.sleep(0)
        return task

    async def _have(self, name: str) -> None:
        async with self.turns.take(patient=name.isupper()):
            self.had.append(name)
            await asyncio.sleep(0)


async def test_who_is_waited_for_comes_first_and_the_patient_have_every_second_turn() -> None:
    order = Order()
    async with order.turns.take(patient=True):
        tasks = [await order.ask(name) for name in ("A", "B", "C", "x", "y", "z")]
    await asyncio.gather(*tasks)
    assert order.had == ["x", "A", "y", "B", "z", "C"]


async def test_who_goes_away_while_waiting_holds_nobody_up() -> None:
    order = Order()
    async with order.turns.take(patient=True):
        gone, called, last = [await order.ask(name) for name in ("x", "y", "Z")]
        assert order.turns.is_wanted
        gone.cancel()
    called.cancel()  # it is their turn, and they do not know it yet
    with suppress(asyncio.CancelledError):
        await called
    await last
    assert order.had == ["Z"]
    async with asyncio.timeout(1), order.turns.take(patient=False):
        assert not order.turns.is_wanted
