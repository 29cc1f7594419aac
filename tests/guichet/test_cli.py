"""The command line on a store of its own, without a running town."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.guichet.command import Command


def test_a_town_is_set_up_from_nothing(run: Command) -> None:
    assert run("admin", "create-queue", "mairie", "Accueil").exit_code == 0
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    created = run(*agent, "--queue", "mairie", GUICHET_PASSWORD="a long enough one")
    assert created.exit_code == 0, created.output
    token = run("admin", "token", "ana@town.example")
    assert token.output.splitlines()[-1].startswith("guichet_")


def test_a_queue_with_a_mailbox_gets_what_is_sent_there(run: Command, tmp_path: Path) -> None:
    run("admin", "create-queue", "mairie", "Accueil")
    run("admin", "create-queue", "voirie", "Voirie", "--mailbox", "Voirie@town.example")
    with closing(sqlite3.connect(tmp_path / "var" / "guichet.db")) as database:
        rules = database.execute("SELECT expression FROM routing_rules").fetchall()
    assert rules == [('"voirie@town.example" in message.recipients',)]


def test_a_rule_that_is_none_is_refused_with_its_place(run: Command) -> None:
    run("admin", "create-queue", "mairie", "Accueil")
    assert run("admin", "create-rule", "mairie", 'message.subject == "x"').exit_code == 0
    refused = run("admin", "create-rule", "mairie", "message.subject ==")
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


def test_an_agent_who_leaves_is_cut_off(run: Command) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    run(*agent, GUICHET_PASSWORD="a long enough one")
    assert "ana@town.example" in run("admin", "list-agents").output
    assert run("admin", "disable-agent", "ana@town.example").exit_code == 0
    assert "(disabled)" in run("admin", "list-agents").output
    assert run("admin", "token", "ana@town.example").exit_code == 1


def test_queues_and_agents_get_their_telephones(run: Command) -> None:
    run("admin", "create-queue", "mairie", "Accueil")
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    run(*agent, GUICHET_PASSWORD="a long enough one")
    assert "+33199001001" in run("admin", "queue-phone", "mairie", "01 99 00 10 01").output
    assert run("admin", "queue-phone", "mairie", "the blue one").exit_code == 1
    assert run("admin", "extension", "ana@town.example", "201").exit_code == 0
    assert "at 201" in run("admin", "list-agents").output


def test_a_short_password_is_refused(run: Command) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    refused = run(*agent, GUICHET_PASSWORD="court")
    assert refused.exit_code == 1
    assert "12 characters" in refused.output


def test_an_agent_of_an_unknown_queue_is_not_created(run: Command) -> None:
    agent = ("admin", "create-agent", "ana@town.example", "Ana", "--role", "handler")
    refused = run(*agent, "--queue", "nowhere", GUICHET_PASSWORD="a long enough one")
    assert refused.exit_code == 1
    assert "no such queue" in refused.output
    assert run("admin", "token", "ana@town.example").exit_code == 1


def test_a_token_is_for_an_agent_that_exists(run: Command) -> None:
    refused = run("admin", "token", "nobody@town.example")
    assert refused.exit_code == 1
    assert "no agent nobody@town.example" in refused.output


def test_a_settings_file_that_is_not_there_is_said(run: Command) -> None:
    refused = run("quarantine", "list", GUICHET_CONFIG="nowhere.toml")
    assert refused.exit_code == 1
    assert "nowhere.toml" in refused.output


def test_an_empty_quarantine_is_listed(run: Command) -> None:
    assert run("quarantine", "list").exit_code == 0


def test_every_command_has_help(run: Command) -> None:
    for command in ((), "admin", "quarantine", "run", "replay", "send-test", "migrate-engine"):
        helped = run(*([command] if command else []), "--help")
        assert helped.exit_code == 0
        assert "Usage" in helped.output
