"""Procedures as towns have them, to begin with; the demo town offers them."""

from collections.abc import Sequence
from pathlib import Path

from cases.procedures.definition import Procedure, read_definition

FOLDER = Path(__file__).parent


def example_procedures() -> Sequence[Procedure]:
    """In the order of the names of their files."""
    return [read_definition(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))]
