"""``guichet run`` as a sysadmin meets it."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.builders import mail
from tests.e2e.engines import NewTown, on_embedded
from tests.e2e.ground import AGENT
from tests.e2e.settling import settle, wait_until
from tests.e2e.town import Town


@pytest.fixture
def own(new_town: NewTown, tmp_path: Path) -> Town:
    """A town of the test's own, not started yet."""
    return new_town(tmp_path / "var")


def test_the_first_start_makes_a_demo_town_and_says_where_to_click(own: Town) -> None:
    own.import_anew()
    with own:
        assert f"{own.url}/agent/" in own.output
        assert f"127.0.0.1:{own.smtp_port}" in own.output
        assert "/agent/outbox" in own.output
        assert AGENT in own.output
        assert own.password
        assert "swaks" in own.output
        assert httpx.get(f"{own.url}/healthz").status_code == 200
        wait_until(lambda: httpx.get(f"{own.url}/readyz").status_code == 200, within=30)
        assert "guichet_stream_lag" in httpx.get(f"{own.url}/metrics").text


def test_ctrl_c_stops_it_cleanly_even_with_a_page_open(own: Town) -> None:
    own.import_anew()
    own.start()
    with httpx.Client(base_url=own.url) as browser:
        form = browser.get("/agent/login").text
        token = form.partition('name="csrf" value="')[2].partition('"')[0]
        login = {"csrf": token, "email": AGENT, "password": own.password}
        browser.post("/agent/login", data=login)
        with browser.stream("GET", "/agent/events", timeout=20) as live:
            assert live.status_code == 200
            os.kill(own.pid, signal.SIGINT)
            assert own.stop() == 0
    assert "Traceback" not in own.output


def test_what_came_before_a_stop_is_there_after_the_next_start(own: Town) -> None:
    own.start()
    own.send(mail(subject="Before the stop"))
    own.stop()
    own.start()
    settle(own)
    try:
        headers = {"Authorization": f"Bearer {own.token}"}
        found = httpx.get(f"{own.url}/api/v1/cases", params={"q": "before stop"}, headers=headers)
        assert [item["subject"] for item in found.json()["items"]] == ["Before the stop"]
    finally:
        own.stop()


def test_a_port_in_use_is_said_in_one_line(own: Town) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", own.http_port))
        taken.listen()
        with pytest.raises(RuntimeError) as failure:
            own.start()
    told = str(failure.value)
    assert f"{own.http_port}" in told
    assert "GUICHET_HTTP_PORT" in told
    assert "Traceback" not in told


@on_embedded
def test_a_second_one_on_the_same_folder_is_refused_until_the_first_has_ended(own: Town) -> None:
    second = Town(own.data)
    own.start()
    try:
        with pytest.raises(RuntimeError):
            second.start()
        told = f"guichet: another Guichet is running on {own.data} (process {own.pid})\n"
        assert second.lines == [told]
        assert own.token  # other commands are not kept out
    finally:
        own.kill()
    with second:
        assert httpx.get(f"{second.url}/readyz").status_code == 200


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="GUICHET_SMTP_MAX_SIZE"):
        Town(tmp_path / "var", smtp_max_size="large").start()


def test_a_token_stands_on_the_last_line(own: Town) -> None:
    with own:
        headers = {"Authorization": f"Bearer {own.token}"}
        assert httpx.get(f"{own.url}/api/v1/queues", headers=headers).status_code == 200
