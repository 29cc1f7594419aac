"""A real Dovecot (https://doc.dovecot.org/2.3/) on a free port, without any rights of root."""

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from imapclient import IMAPClient

from tests.channels.email.certificates import certificate_for
from tests.ports import free_ports

PROGRAM = "/usr/sbin/dovecot"
USER, PASSWORD = "mairie", "geheim"
PATIENCE = 15.0  # seconds for it to answer

CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
{tls}
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
auth_mechanisms = plain {mechanisms}
{capability}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
{tokens}
passdb {{
  driver = static
  args = password={password}
  mechanisms = plain login
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home/%u
}}
"""
TOKENS = """\
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/tokens.conf
}}
"""
TLS = """\
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}"""
NO_IDLE = "imap_capability = IMAP4rev1 SASL-IR LITERAL+ UIDPLUS NAMESPACE"


class Dovecot:
    """Mails live in its folder, also while it does not run."""

    def __init__(
        self, folder: Path, *, idle: bool = True, token_url: str = "", tls: bool = False
    ) -> None:
        self._folder = folder
        self.port, secure_port = free_ports(2)
        self.certificate: Path | None = None
        """It signs itself; with one, the URL is for TLS from the first byte on."""
        told = "ssl = no"
        if tls:
            self.certificate, key = certificate_for("127.0.0.1", folder)
            told = TLS.format(certificate=self.certificate, key=key)
        account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._uid, self._gid = account.pw_uid, account.pw_gid

        config = CONFIG.format(
            folder=folder,
            port=self.port,
            secure_port=secure_port if tls else 0,
            tls=told,
            user=account.pw_name,
            group=grp.getgrgid(account.pw_gid).gr_name,
            password=PASSWORD,
            mechanisms="xoauth2 oauthbearer" if token_url else "",
            capability="" if idle else NO_IDLE,
            tokens=TOKENS.format(folder=folder) if token_url else "",
        )
        self._url = f"imap://{USER}@127.0.0.1:{self.port}/INBOX"
        if tls:
            self._url = f"imaps://{USER}@127.0.0.1:{secure_port}/INBOX"
        (folder / "dovecot.conf").write_text(config)
        (folder / "tokens.conf").write_text(
            f"tokeninfo_url = {token_url}\nusername_attribute = user\nactive_attribute = active\n"
            "active_value = true\n"
        )
        for name in ("run", "state", "mail", "home"):
            (folder / name).mkdir(exist_ok=True)
        folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self._uid, self._gid)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._url

    def start(self) -> None:
        """Return once it answers."""
        self._process = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(self._folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            user=self._uid if os.getuid() == 0 else None,
            group=self._gid if os.getuid() == 0 else None,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.log
            try:
                with closing(socket.create_connection(("127.0.0.1", self.port), 1)) as open_socket:
                    if open_socket.recv(4) == b"* OK":
                        return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError(f"Dovecot did not start:\n{self.log}")

    def stop(self) -> None:
        """With all its connections."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def deliver(self, mail: bytes, *flags: bytes) -> None:
        with self.client() as client:
            client.append("INBOX", mail, flags)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """As another program of the town's people would look at it."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=PATIENCE) as client:
            client.login(USER, PASSWORD)
            yield client

    def hide(self, number: int) -> None:
        """Let the server not read the file of the mail that came as this one, from 1."""
        folder = self._folder / "mail" / USER
        # By their names 5 microseconds come after 40.
        came = sorted(
            [*folder.glob("new/*")] or folder.glob("cur/*"),
            key=lambda file: file.stat().st_ctime_ns,
        )
        came[number - 1].chmod(0)

    def number_anew(self) -> None:
        """Give every mail another UID, as a restored mailbox has; its UIDVALIDITY changes."""
        for index in (self._folder / "mail" / USER).glob("dovecot*"):
            if index.name != "dovecot-keywords":
                shutil.rmtree(index) if index.is_dir() else index.unlink()

    @property
    def log(self) -> str:
        path = self._folder / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else "no log"


@contextmanager
def dovecot(*, idle: bool = True, token_url: str = "", tls: bool = False) -> Iterator[Dovecot]:
    """A running one; its folder is where others than root may go."""
    with tempfile.TemporaryDirectory(prefix="guichet-dovecot-") as folder:
        server = Dovecot(Path(folder), idle=idle, token_url=token_url, tls=tls)
        server.start()
        try:
            yield server
        finally:
            server.stop()
