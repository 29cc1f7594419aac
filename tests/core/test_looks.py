"""Work that is looked for again and again goes on after a fault."""

import asyncio

import pytest

from core.looks import keep_looking


async def test_a_look_that_fails_is_not_the_last_one() -> None:
    looks, enough = 0, asyncio.Event()

    async def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise ValueError("nobody has thought of this")
        if looks == 2:
            raise OSError("the store is away")
        enough.set()
        return False

    looking = asyncio.create_task(keep_looking("tests", look, 0))
    async with asyncio.timeout(5):
        await enough.wait()
    assert not looking.done()
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
