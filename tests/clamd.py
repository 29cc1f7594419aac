"""A real ClamAV daemon on a free port, that knows one signature: that of the EICAR test file."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.ports import free_ports

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two pieces, so that no scanner takes this file for it (https://www.eicar.org/)."""
NAME = "Test.EICAR"
PATIENCE = 30.0  # seconds for it to start

CONFIG = """\
Foreground yes
LogFile {folder}/clamd.log
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
TCPSocket {port}
TCPAddr 127.0.0.1
MaxThreads 2
{user}
"""


@contextmanager
def clamd() -> Iterator[str]:
    """Its URL, as ``GUICHET_CLAMD`` takes it."""
    with TemporaryDirectory(prefix="guichet-clamd-") as name:
        folder = Path(name)
        (folder / "signatures").mkdir()
        signature = f"{NAME}:0:*:{EICAR.hex()}\n"
        (folder / "signatures" / "test.ndb").write_text(signature)
        (port,) = free_ports(1)
        user = "User root" if os.getuid() == 0 else ""
        config = folder / "clamd.conf"
        config.write_text(CONFIG.format(folder=folder, port=port, user=user))
        process = subprocess.Popen(
            ["clamd", "--config-file", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(process, port, folder / "clamd.log")
            yield f"tcp://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = log.read_text() if log.exists() else ""
        assert process.poll() is None, told
        try:
            with closing(socket.create_connection(("127.0.0.1", port), 1)) as asking:
                asking.sendall(b"PING\n")
                if b"PONG" in asking.recv(16):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"ClamAV did not start:\n{told}")
