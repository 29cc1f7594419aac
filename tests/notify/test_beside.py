"""What goes to many goes out by a process beside: a real one, to a real mail server."""

import os
import signal
from asyncio import create_task, gather, to_thread
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from notify.dkim import Dkim
from notify.senders.beside import FEW, Beside
from notify.senders.contract import Gone, Retry
from notify.senders.smarthost import Smarthost
from notify.senders.smtp import Smtp
from notify.verp import ReturnPaths
from notify.ways_out import smtp
from tests.notify.building import until
from tests.notify.sink import Sink
from tests.notify.test_dkim import verify
from tests.notify.test_mail import CONTENT, DELIVERY

BULK = DELIVERY._replace(is_bulk=True)
PATHS = ReturnPaths(b"secret", "bounces@demo.example")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
async def beside(sink: Sink, key: Path) -> AsyncIterator[Beside]:
    beside = Beside(
        partial(
            smtp,
            Smarthost.parse(sink.url),
            hostname="guichet.demo.example",
            name="smtp",
            dkim=partial(Dkim.load, "demo.example", "guichet", key),
            return_paths=PATHS,
        )
    )
    yield beside
    await beside.close()
    assert not postmen()


async def test_a_mail_to_many_is_composed_signed_and_sent_there(
    sink: Sink, beside: Beside, key: Path
) -> None:
    assert await beside.send(DELIVERY, CONTENT) == "250 2.0.0 Ok: queued as 1"
    assert not postmen()  # somebody waits for that one
    assert await beside.send(BULK, CONTENT) == "250 2.0.0 Ok: queued as 2"
    await beside.started()
    (pid,) = postmen()
    assert await is_sent_by(pid, beside)
    _, while_it_starts, near, far = sink.mails
    assert while_it_starts.content == near.content == far.content
    assert far.mail_from == PATHS.address(BULK.id)
    assert isinstance(far.content, bytes)
    verify(far.content, Dkim.load("demo.example", "guichet", key).record)


async def test_what_the_server_says_comes_back_from_there(sink: Sink, beside: Beside) -> None:
    await at_work(beside)
    sink.to_recipients.extend(["550 5.1.1 No such user", "451 4.7.1 Greylisted"])
    with pytest.raises(Gone, match=r"550 5\.1\.1 No such user"):
        await beside.send(BULK, CONTENT)
    with pytest.raises(Retry, match=r"451 4\.7\.1 Greylisted") as refusal:
        await beside.send(BULK, CONTENT)
    assert not refusal.value.in_doubt


async def test_when_it_dies_its_mails_are_in_doubt_and_another_one_goes_on(
    sink: Sink, beside: Beside
) -> None:
    await at_work(beside)
    sink.open.clear()
    sending = create_task(beside.send(BULK, CONTENT))
    await until(lambda: sink.waiting == 1)
    (pid,) = postmen()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Retry) as death:
        await sending
    assert death.value.in_doubt
    sink.open.set()
    await at_work(beside)
    (another,) = postmen()
    assert another != pid
    assert await is_sent_by(another, beside)


async def test_where_there_can_be_no_process_beside_this_one_sends(
    sink: Sink, beside: Beside, key: Path
) -> None:
    await to_thread(key.unlink)  # so that the other one cannot make its sender
    with capture_logs() as logs:
        await beside.send(BULK, CONTENT)
        await beside.started()
        await beside.send(BULK, CONTENT)  # and no other one is tried at once
        await beside.started()
    assert [log["event"] for log in logs] == ["postman.not_started"]
    assert len(sink.mails) == 2
    await until(lambda: not postmen())


async def test_while_it_starts_a_few_go_out_from_here(sink: Sink, beside: Beside) -> None:
    sink.open.clear()
    sending = [create_task(beside.send(BULK, CONTENT)) for _ in range(FEW + 3)]
    await until(lambda: sink.waiting == FEW)
    await beside.started()
    await until(lambda: sink.waiting == FEW + 3)
    (pid,) = postmen()
    os.kill(pid, signal.SIGKILL)
    sink.open.set()
    answers = await gather(*sending, return_exceptions=True)
    assert [isinstance(one, Retry) for one in answers] == [False] * FEW + [True] * 3


async def test_it_ends_when_there_is_nothing_to_send_for_a_while(sink: Sink) -> None:
    make = partial(
        smtp,
        Smarthost.parse(sink.url),
        hostname="guichet.demo.example",
        name="smtp",
        dkim=None,
        return_paths=PATHS,
    )
    beside = Beside(make, idle=0.01)
    await beside.send(BULK, CONTENT)
    await until(lambda: bool(postmen()))
    await until(lambda: not postmen(), within=60)
    await beside.close()


async def test_one_that_dies_while_it_rests_does_not_take_the_next_one_with_it(
    sink: Sink,
) -> None:
    beside = Beside(partial(Smtp, Smarthost.parse(sink.url), hostname="demo.example"), idle=1.0)
    await at_work(beside)
    assert await beside.send(BULK, CONTENT)  # after which it rests
    (pid,) = postmen()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not postmen())
    with suppress(Retry):  # when its death is not known yet
        await beside.send(BULK, CONTENT)
    await at_work(beside)
    await until(lambda: not postmen(), within=60)
    await beside.close()


async def at_work(beside: Beside) -> None:
    """The process beside is started by the first mail of a campaign, which does not wait for it."""
    await beside.send(BULK, CONTENT)
    await beside.started()
    assert postmen()


async def is_sent_by(pid: int, beside: Beside) -> bool:
    """Whether a mail of a campaign waits as long as this process stands still."""
    os.kill(pid, signal.SIGSTOP)
    sending = create_task(beside.send(BULK, CONTENT))
    await beside.send(DELIVERY, CONTENT)
    waits = not sending.done()
    os.kill(pid, signal.SIGCONT)
    await sending
    return waits


def postmen() -> set[int]:
    """The processes beside that this one has."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            status = (path / "stat").read_text().rpartition(")")[2].split()
            is_ours = status[0] != "Z" and int(status[1]) == os.getpid()
            if is_ours and b"notify.senders.postman" in (path / "cmdline").read_bytes():
                found.add(int(path.name))
    return found
