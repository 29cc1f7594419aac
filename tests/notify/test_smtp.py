import asyncio
import ssl

import pytest

from core.errors import BadInput, Refused
from notify.senders.contract import Declined, Gone, Retry, Unreachable
from notify.senders.smarthost import Smarthost
from notify.senders.smtp import Smtp
from notify.verp import ReturnPaths
from tests.notify.building import until
from tests.notify.sink import Sink
from tests.notify.test_mail import CONTENT, DELIVERY


async def test_a_mail_arrives_and_the_servers_answer_is_kept(sink: Sink, smtp: Smtp) -> None:
    answer = await smtp.send(DELIVERY, CONTENT)
    assert answer == "250 2.0.0 Ok: queued as 1"
    (mail,) = sink.mails
    assert mail.mail_from == DELIVERY.return_path
    assert mail.rcpt_tos == [DELIVERY.recipient]
    assert sink.messages()[0]["Message-ID"] == DELIVERY.message_id


async def test_one_connection_carries_mail_after_mail(sink: Sink, smtp: Smtp) -> None:
    for _ in range(3):
        await smtp.send(DELIVERY, CONTENT)
    assert (len(sink.mails), sink.connections) == (3, 1)


async def test_a_kept_connection_that_the_server_closed_costs_nothing(
    sink: Sink, smtp: Smtp
) -> None:
    await smtp.send(DELIVERY, CONTENT)
    sink.hang_up()
    await smtp.send(DELIVERY, CONTENT)
    assert (len(sink.mails), sink.connections) == (2, 2)


async def test_a_connection_without_work_is_closed(sink: Sink) -> None:
    smtp = Smtp(Smarthost.parse(sink.url), hostname="guichet.demo.example", idle=0.01)
    await smtp.send(DELIVERY, CONTENT)
    await until(lambda: sink.ended == 1)
    await smtp.close()


@pytest.mark.parametrize("answers", ["to_recipients", "to_mails"])
async def test_4xx_is_for_later_and_5xx_is_final(sink: Sink, smtp: Smtp, answers: str) -> None:
    getattr(sink, answers).extend(["451 4.7.1 Greylisted", "550 5.1.1 No such user"])
    with pytest.raises(Retry, match=r"451 4\.7\.1 Greylisted"):
        await smtp.send(DELIVERY, CONTENT)
    with pytest.raises(Refused, match=r"550 5\.1\.1 No such user"):
        await smtp.send(DELIVERY, CONTENT)
    await smtp.send(DELIVERY, CONTENT)
    assert (len(sink.mails), sink.connections) == (1, 1)


async def test_commands_go_at_once_where_the_server_allows_it(sink: Sink, smtp: Smtp) -> None:
    sink.extensions = ["PIPELINING"]
    sink.to_recipients.extend(["550 5.1.1 No such user", "451 4.7.1 Greylisted"])
    with pytest.raises(Gone, match=r"550 5\.1\.1 No such user"):
        await smtp.send(DELIVERY, CONTENT)
    with pytest.raises(Retry, match=r"451 4\.7\.1 Greylisted"):
        await smtp.send(DELIVERY, CONTENT)
    for _ in range(2):
        await smtp.send(DELIVERY, CONTENT)
    sink.hang_up()
    await smtp.send(DELIVERY, CONTENT)
    assert (len(sink.mails), sink.connections) == (3, 2)
    assert sink.messages()[2]["Message-ID"] == DELIVERY.message_id


async def test_a_report_of_a_failure_is_asked_for_where_there_are_any() -> None:
    """By hand, as aiosmtpd knows no DSN (RFC 3461)."""
    lines: list[str] = []
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 dsn.example\r\n")
        is_data = False
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            lines.append(line)
            is_data = line == "DATA"
            writer.write(b"250-hello\r\n250 DSN\r\n" if line[:4] == "EHLO" else b"")
            writer.write(b"354 go on\r\n" if is_data else b"")
            if is_data:
                await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 ok\r\n" if line[:4] != "EHLO" else b"")
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    paths = ReturnPaths(b"secret", "bounces@demo.example")
    smarthost = Smarthost.parse(f"smtp://127.0.0.1:{port}")
    smtp = Smtp(smarthost, hostname="x.example", return_path=paths.address)
    await smtp.send(DELIVERY, CONTENT)
    await smtp.close()
    await ended.wait()
    server.close()
    await server.wait_closed()
    mail, recipient = lines[1], lines[2]
    assert mail.endswith(f" RET=HDRS ENVID={DELIVERY.id.hex}")
    assert recipient == f"RCPT TO:<{DELIVERY.recipient}> NOTIFY=FAILURE"
    assert list(paths.deliveries(mail)) == [DELIVERY.id]


async def test_what_the_server_will_not_carry_another_one_may(sink: Sink, smtp: Smtp) -> None:
    sink.to_mails.append("554 5.7.1 Rejected as spam")
    with pytest.raises(Declined):
        await smtp.send(DELIVERY, CONTENT)


async def test_a_server_that_wants_a_login_is_not_the_citizens_fault(
    sink: Sink, smtp: Smtp
) -> None:
    sink.to_recipients.append("530 5.7.0 Authentication required")
    with pytest.raises(Unreachable):
        await smtp.send(DELIVERY, CONTENT)


async def test_a_server_that_is_not_there_is_unreachable(sink: Sink, smtp: Smtp) -> None:
    await sink.stop()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{sink.port}"):
        await smtp.send(DELIVERY, CONTENT)


async def test_a_hung_server_is_given_up_for_now(sink: Sink) -> None:
    smtp = Smtp(Smarthost.parse(sink.url), hostname="guichet.demo.example", patience=0.1)
    sink.open.clear()
    with pytest.raises(Retry) as hung:
        await smtp.send(DELIVERY, CONTENT)
    assert hung.value.in_doubt
    await smtp.close()


async def test_a_server_that_falls_silent_is_not_waited_for_longer_after_other_mails(
    sink: Sink,
) -> None:
    """One clock for all that a connection asks: the first answers must not wind it up."""
    smtp = Smtp(
        Smarthost.parse(sink.url), hostname="guichet.demo.example", timeout=0.2, patience=0.3
    )
    for _ in range(3):
        await smtp.send(DELIVERY, CONTENT)
    sink.open.clear()
    async with asyncio.timeout(10):
        with pytest.raises(Retry, match="no answer to the mail") as problem:
            await smtp.send(DELIVERY, CONTENT)
    assert problem.value.in_doubt
    assert sink.connections == 1
    await smtp.close()


async def test_a_server_may_take_longer_over_a_mail_than_over_a_command(sink: Sink) -> None:
    """To give up early doubles the mail: the server has it already (RFC 1047)."""
    smtp = Smtp(Smarthost.parse(sink.url), hostname="guichet.demo.example", timeout=0.5)
    sink.open.clear()
    sending = asyncio.create_task(smtp.send(DELIVERY, CONTENT))
    await until(lambda: sink.waiting == 1)
    await asyncio.sleep(0.6)  # longer than it waits for a command
    sink.open.set()
    await sending
    assert len(sink.mails) == 1
    await smtp.close()


async def test_what_the_server_has_declined_is_in_no_doubt(sink: Sink, smtp: Smtp) -> None:
    sink.to_mails.append("451 4.3.0 Try again later")
    with pytest.raises(Retry) as declined:
        await smtp.send(DELIVERY, CONTENT)
    assert not declined.value.in_doubt


async def test_a_mailbox_with_accents_goes_to_a_server_that_takes_it(
    sink: Sink, smtp: Smtp
) -> None:
    await smtp.send(DELIVERY._replace(recipient="jérôme@citizens.example"), CONTENT)
    assert sink.mails[0].rcpt_tos == ["jérôme@citizens.example"]
    assert sink.mails[0].smtp_utf8


async def test_a_server_without_smtputf8_refuses_such_a_mailbox(sink: Sink, smtp: Smtp) -> None:
    sink.speaks_utf8 = False
    with pytest.raises(Refused, match="SMTPUTF8"):
        await smtp.send(DELIVERY._replace(recipient="jérôme@citizens.example"), CONTENT)
    await smtp.send(DELIVERY, CONTENT)
    assert len(sink.mails) == 1


async def test_the_channel_is_encrypted_when_the_server_offers_it(
    sink: Sink, smtp: Smtp, server_tls: ssl.SSLContext
) -> None:
    sink.tls = server_tls
    await smtp.send(DELIVERY, CONTENT)
    assert sink.encrypted == [True]


async def test_it_logs_in_with_the_name_and_password_of_the_url(sink: Sink) -> None:
    sink.password = "pass word"
    url = f"smtp://user%40demo.example:pass%20word@127.0.0.1:{sink.port}"
    smtp = Smtp(Smarthost.parse(url), hostname="guichet.demo.example")
    await smtp.send(DELIVERY, CONTENT)
    await smtp.close()
    wrong = Smtp(Smarthost.parse(url.replace("pass%20", "no")), hostname="guichet.demo.example")
    with pytest.raises(Unreachable, match="535"):
        await wrong.send(DELIVERY, CONTENT)


async def test_a_cancelled_sending_leaves_no_connection_behind(sink: Sink, smtp: Smtp) -> None:
    sink.open.clear()
    sending = asyncio.create_task(smtp.send(DELIVERY, CONTENT))
    await until(lambda: sink.waiting == 1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: sink.ended == 1)


async def test_a_sending_cancelled_while_it_begins_anew_leaves_no_connection_behind(
    sink: Sink, smtp: Smtp
) -> None:
    sink.to_recipients.append("550 5.1.1 No such user")
    sink.resets.clear()
    sending = asyncio.create_task(smtp.send(DELIVERY, CONTENT))
    await until(lambda: sink.waiting == 1)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: sink.ended == 1)


@pytest.mark.parametrize("recipient", ["+33612345678", "a@b.example>\r\nRCPT TO:<c@d.example", ""])
async def test_what_is_no_mail_address_is_refused_before_the_server_is_asked(
    sink: Sink, smtp: Smtp, recipient: str
) -> None:
    with pytest.raises(Refused, match="not a mail address"):
        await smtp.send(DELIVERY._replace(recipient=recipient), CONTENT)
    assert sink.connections == 0


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://relay.example", 25, False),
        ("smtp://u:p@relay.example", 587, False),
        ("smtps://u:p@relay.example", 465, True),
        ("smtp://relay.example:1025", 1025, False),
    ],
)
def test_the_port_follows_from_the_url(url: str, port: int, tls: bool) -> None:
    smarthost = Smarthost.parse(url)
    assert (smarthost.host, smarthost.port, smarthost.tls) == ("relay.example", port, tls)
    assert "p@" not in repr(smarthost)


@pytest.mark.parametrize("url", ["relay.example", "http://relay.example", "smtp://", "smtp://h:x"])
def test_a_wrong_url_is_refused_when_it_is_read(url: str) -> None:
    with pytest.raises(BadInput):
        Smarthost.parse(url)
