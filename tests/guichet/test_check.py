"""``guichet check``: what is wrong with a town's own things, and how to mend it."""

import re
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from core.database import Database
from core.settings import Settings
from guichet import check
from guichet.check import check_all
from guichet.check_blobs import check_blobs
from guichet.check_sqlite import check_sqlite
from guichet.findings import Level, Result
from guichet.migrate import migrate
from tests.e2e.town import Town
from tests.guichet.command import Command
from tests.ports import free_ports


async def check_one(what: str, settings: Settings) -> Result:
    (result,) = [one for one in await check_all(settings) if one.what == what]
    return result


def test_it_says_what_is_wrong_and_how_to_mend_it(run: Command) -> None:
    checked = run("check", GUICHET_SMARTHOST="smtp://127.0.0.1:9")
    assert checked.exit_code == 1
    assert "BAD  smarthost" in checked.output
    assert "GUICHET_SMARTHOST" in checked.output
    assert "ok   data" in checked.output


def test_it_makes_nothing(run: Command) -> None:
    run("check", GUICHET_BLOBS=str(run.data.parent / "large"))
    assert not any(run.data.parent.iterdir())


@pytest.fixture
def silent() -> Iterator[str]:
    """Somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_services_that_hang_are_given_up_together(run: Command, silent: str) -> None:
    started = monotonic()
    checked = run(
        "check",
        GUICHET_STREAM=f"kafka://{silent}",
        GUICHET_DATABASE=f"postgresql://town@{silent}/town",
        GUICHET_BLOBS="s3://bucket",
        AWS_ENDPOINT=f"http://{silent}",
        AWS_ALLOW_HTTP="true",
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="secret",
    )
    assert monotonic() - started < 15  # of which the start takes some
    for what in ("database", "kafka", "blobs"):
        assert f"BAD  {what}" in checked.output, checked.output


async def test_a_fault_of_one_check_hides_no_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def faulty(_settings: Settings) -> list[Result]:
        raise RuntimeError("broken")

    monkeypatch.setattr(check, "_blobs", faulty)
    assert (await check_one("blobs", settings)).says == "RuntimeError: broken"
    assert (await check_one("data", settings)).ok


async def test_a_data_folder_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = await check_one("data", Settings(data=tmp_path / "file" / "var"))
    assert not result.ok
    assert "is no folder" in result.says


async def test_half_a_secret_is_none(settings: Settings) -> None:
    settings.data.mkdir()
    (settings.data / "secret").write_bytes(b"short")
    assert not (await check_one("data", settings)).ok


async def test_the_second_machine_is_told_of_the_secret(settings: Settings) -> None:
    distributed = Settings(
        data=settings.data, stream="kafka://127.0.0.1:9", database="postgresql://127.0.0.1:9/x"
    )
    result = await check_one("data", distributed)
    assert result.level is Level.NOTE
    assert "copy" in result.says


async def test_a_store_of_a_newer_guichet_is_not_touched(run: Command, settings: Settings) -> None:
    settings.data.mkdir()
    database = Database(settings.database_url)
    await migrate(database)
    await database.close()
    assert check_sqlite(settings.database_url).level is Level.OK
    _set_schema(settings, "9999")
    result = check_sqlite(settings.database_url)
    assert not result.ok
    assert "newer Guichet" in result.says
    refused = run("admin", "list-agents")
    assert refused.exit_code == 1
    assert "newer Guichet" in refused.output
    assert "Traceback" not in refused.output
    _set_schema(settings, "0001")
    assert check_sqlite(settings.database_url).level is Level.NOTE


def _set_schema(settings: Settings, revision: str) -> None:
    with closing(sqlite3.connect(settings.data / "guichet.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_a_file_that_is_no_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear town, " * 100)
    result = check_sqlite(f"sqlite+aiosqlite:///{tmp_path / 'letter.db'}")
    assert not result.ok
    assert "not a database" in result.says


@pytest.mark.parametrize("url", ["mysql://town@localhost/town", "no url"])
def test_a_store_of_another_make_is_refused(url: str) -> None:
    assert "GUICHET_DATABASE" in check_sqlite(url).says


async def test_a_port_that_somebody_has_is_said(settings: Settings, silent: str) -> None:
    port = int(silent.rpartition(":")[2])
    result = await check_one("SMTP", settings.model_copy(update={"smtp_port": port}))
    assert not result.ok
    assert "GUICHET_SMTP_PORT" in result.says


def test_ports_of_a_running_town_are_well(tmp_path: Path) -> None:
    with Town(tmp_path / "var", demo="false", mailboxes="@town.example") as town:
        checked = town.command("check")
    assert checked.count("Guichet is running there") == 2, checked


async def test_settings_that_only_their_readers_can_judge(settings: Settings) -> None:
    strange = settings.model_copy(update={"dns_servers": ("nowhere",), "holidays": "XX"})
    said = [one.says for one in await check_all(strange) if one.what == "settings"]
    assert len(said) == 2
    assert "GUICHET_DNS_SERVERS" in said[0]
    assert "GUICHET_HOLIDAYS" in said[1]


async def test_what_a_town_can_do_without_is_no_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "FRONT_END", ("vendor/gone.js",))
    monkeypatch.setenv("PATH", "/nowhere")
    pages, ocr = await check_one("pages", settings), await check_one("ocr", settings)
    assert (pages.level, ocr.level) == (Level.WARNING, Level.WARNING)
    assert "make setup" in pages.says


class _Bucket(BaseHTTPRequestHandler):
    """What of S3 a probe needs; ``status`` is its answer to putting."""

    protocol_version = "HTTP/1.1"
    status = 200
    kept: dict[str, bytes]

    def do_PUT(self) -> None:
        self.kept[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.status)

    def do_GET(self) -> None:
        self._answer(200, self.kept[self.path])

    def do_POST(self) -> None:
        """Deleting, as many as one likes at once."""
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        names = re.findall("<Key>(.*?)</Key>", asked)
        for name in names:
            del self.kept[f"/town/{name}"]
        done = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{done}</DeleteResult>".encode())

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 09 Mar 2026 12:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nobody wants to read it."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Bucket]]:
    class Bucket(_Bucket):
        kept: dict[str, bytes] = {}  # noqa: RUF012 - of this test alone

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    yield Bucket
    server.shutdown()
    server.server_close()


async def test_a_bucket_is_tried_and_left_as_it_was(bucket: type[_Bucket]) -> None:
    result = await check_blobs("s3://town/large")
    assert result.level is Level.OK, result
    assert bucket.kept == {}


async def test_a_bucket_that_refuses_is_said(bucket: type[_Bucket]) -> None:
    bucket.status = 403
    result = await check_blobs("s3://town/large")
    assert not result.ok
    assert "GUICHET_BLOBS" in result.says


async def test_a_bucket_that_is_away_is_said(
    bucket: type[_Bucket], monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{port}")
    assert not (await check_blobs("s3://town/large")).ok


async def test_a_folder_of_blobs_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not (await check_blobs(str(tmp_path / "file"))).ok
    assert (await check_blobs(str(tmp_path / "new" / "folder"))).ok
    assert not (tmp_path / "new").exists()
