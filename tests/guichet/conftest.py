"""The command line on a store of its own, without a running town."""

from pathlib import Path

import pytest

from tests.guichet.command import Command


@pytest.fixture
def run(tmp_path: Path) -> Command:
    return Command(tmp_path / "var", {})
