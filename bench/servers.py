"""What is measured, and what it is measured against: each a server of its own on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0  # seconds for a server to open its port


@contextmanager
def guichet(data: Path, *, http: int = 0, **settings: str) -> Iterator[int]:
    """The whole of ``guichet run`` on an empty store; gives the SMTP port.

    ``http`` is the port of the pages, a free one when left out; ``settings`` are more of its
    environment.
    """
    http, smtp = http or free_port(), free_port()
    environment = os.environ | {
        "GUICHET_DATA": str(data),
        "GUICHET_HTTP_PORT": str(http),
        "GUICHET_SMTP_PORT": str(smtp),
        "GUICHET_LOG_LEVEL": "warning",
        **settings,
    }
    command = [str(Path(sys.executable).parent / "guichet"), "run"]
    with _server(command, http, environment, stop=signal.SIGTERM):
        wait_for_port(smtp)
        yield smtp


@contextmanager
def bare_sink() -> Iterator[int]:
    """An aiosmtpd server that stores nothing, on the same event loop as ours."""
    port = free_port()
    with _server([sys.executable, "-m", "bench.sink", str(port)], port, dict(os.environ)):
        yield port


@contextmanager
def bare_webhook(path: Path) -> Iterator[int]:
    """A FastAPI route that checks a webhook's signature and commits one row."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_webhook", str(port), str(path)]
    with _server(command, port, dict(os.environ)):
        yield port


@contextmanager
def twilio_double(told: Path, per_second: int) -> Iterator[int]:
    """A provider of SMS that writes down in ``told`` what it is asked for."""
    port = free_port()
    command = [sys.executable, "-m", "bench.twilio_double", str(port), str(per_second), str(told)]
    with _server(command, port, dict(os.environ)):
        yield port


@contextmanager
def bare_page() -> Iterator[int]:
    """A form by FastAPI and Jinja2, and no more."""
    port = free_port()
    with _server([sys.executable, "-m", "bench.bare_page", str(port)], port, dict(os.environ)):
        yield port


@contextmanager
def postfix(folder: Path) -> Iterator[int]:
    """A Postfix of its own that takes mail into its queue and holds it there."""
    port = free_port()
    config, queue, data = folder / "etc", folder / "queue", folder / "data"
    for path in (config, queue, data):
        path.mkdir(parents=True)
    shutil.chown(data, "postfix")
    for parent in folder.parents:  # its daemons run as another user
        if parent.stat().st_uid == os.getuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    (config / "main.cf").write_text(
        _MAIN_CF.format(queue=queue, data=data, config=config), encoding="ascii"
    )
    (config / "master.cf").write_text(_MASTER_CF.format(port=port), encoding="ascii")
    run = ["postfix", "-c", str(config)]
    subprocess.run([*run, "start"], check=True, capture_output=True)
    try:
        wait_for_port(port)
        yield port
    finally:
        subprocess.run([*run, "stop"], check=True, capture_output=True)


@contextmanager
def smtp_sink(dump: Path | None = None) -> Iterator[int]:
    """Postfix's own, which takes every mail; with ``dump`` it appends each to this file."""
    port = free_port()
    kept = ["-D", str(dump)] if dump else []
    user = ["-u", "root"] if os.getuid() == 0 else []  # it wants to be told so
    command = ["/usr/sbin/smtp-sink", *user, *kept, f"127.0.0.1:{port}", "256"]
    with _server(command, port, dict(os.environ)):
        yield port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def _server(
    command: list[str],
    port: int,
    environment: dict[str, str],
    stop: signal.Signals = signal.SIGKILL,
) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield
    finally:
        process.send_signal(stop)
        process.wait(timeout=PATIENCE)


_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = postfix.bench.example
mydestination = demo.example
local_recipient_maps =
alias_maps =
smtpd_recipient_restrictions = check_recipient_access static:HOLD, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_client_event_limit_exceptions = static:all
default_process_limit = 100
in_flow_delay = 0
"""

_MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
anvil unix - - n - 1 anvil
local unix - n n - - local
"""
