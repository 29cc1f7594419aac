"""The command line on a store of its own, without a running town."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.town import GUICHET


@dataclass(frozen=True)
class Result:
    exit_code: int
    output: str
    """Of both streams."""


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
    environment = inherited | {"GUICHET_DATA": str(tmp_path / "var"), "GUICHET_DEMO": "false"}

    def run(*arguments: str, **more: str) -> Result:
        done = subprocess.run(
            [GUICHET, *arguments],
            env=environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    return run


def test_a_town_is_set_up_from_nothing(run: Run) -> None:
    assert run("admin", "create-queue", "mairie", "Accueil").exit_code == 0
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    created = run(*agent, "--queue", "mairie", GUICHET_PASSWORD="a long enough one")
    assert created.exit_code == 0, created.output
    token = run("admin", "token", "ana@town.example")
    assert token.output.splitlines()[-1].startswith("guichet_")


def test_a_queue_with_a_mailbox_gets_what_is_sent_there(run: Run, tmp_path: Path) -> None:
    run("admin", "create-queue", "mairie", "Accueil")
    run("admin", "create-queue", "voirie", "Voirie", "--mailbox", "Voirie@town.example")
    with closing(sqlite3.connect(tmp_path / "var" / "guichet.db")) as database:
        rules = database.execute("SELECT expression FROM routing_rules").fetchall()
    assert rules == [('"voirie@town.example" in message.recipients',)]


def test_a_rule_that_is_none_is_refused_with_its_place(run: Run) -> None:
    run("admin", "create-queue", "mairie", "Accueil")
    assert run("admin", "create-rule", "mairie", 'message.subject == "x"').exit_code == 0
    refused = run("admin", "create-rule", "mairie", "message.subject ==")
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


def test_an_agent_who_leaves_is_cut_off(run: Run) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    run(*agent, GUICHET_PASSWORD="a long enough one")
    assert "ana@town.example" in run("admin", "list-agents").output
    assert run("admin", "disable-agent", "ana@town.example").exit_code == 0
    assert "(disabled)" in run("admin", "list-agents").output
    assert run("admin", "token", "ana@town.example").exit_code == 1


def test_a_short_password_is_refused(run: Run) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    refused = run(*agent, GUICHET_PASSWORD="court")
    assert refused.exit_code == 1
    assert "12 characters" in refused.output


def test_an_agent_of_an_unknown_queue_is_not_created(run: Run) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    refused = run(*agent, "--queue", "nowhere", GUICHET_PASSWORD="a long enough one")
    assert refused.exit_code == 1
    assert "no such queue" in refused.output
    assert run("admin", "token", "ana@town.example").exit_code == 1


def test_a_token_is_for_an_agent_that_exists(run: Run) -> None:
    refused = run("admin", "token", "nobody@town.example")
    assert refused.exit_code == 1
    assert "no agent nobody@town.example" in refused.output


def test_a_settings_file_that_is_not_there_is_said(run: Run) -> None:
    refused = run("quarantine", "list", GUICHET_CONFIG="nowhere.toml")
    assert refused.exit_code == 1
    assert "nowhere.toml" in refused.output


def test_an_empty_quarantine_is_listed(run: Run) -> None:
    assert run("quarantine", "list").exit_code == 0


def test_check_says_what_is_wrong_and_how_to_mend_it(run: Run) -> None:
    checked = run("check", GUICHET_SMARTHOST="smtp://127.0.0.1:9")
    assert checked.exit_code == 1
    assert "BAD  smarthost" in checked.output
    assert "GUICHET_SMARTHOST" in checked.output
    assert "ok   data" in checked.output


def test_every_command_has_help(run: Run) -> None:
    for command in ((), ("admin",), ("quarantine",), ("run",), ("replay",), ("send-test",)):
        helped = run(*command, "--help")
        assert helped.exit_code == 0
        assert "Usage" in helped.output
