"""Running ``guichet …`` as a person does, and what it prints."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import warm


@dataclass(frozen=True)
class Result:
    exit_code: int
    output: str
    """Of both streams."""


@dataclass(frozen=True)
class Command:
    """On a data folder and settings (in the environment's spelling) of its own."""

    data: Path
    settings: Mapping[str, str]

    def __call__(self, *arguments: str, **more: str) -> Result:
        exit_code, output, errors = warm.run(arguments, self.environment | more, timeout=120)
        return Result(exit_code, errors + output)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
        own = {"GUICHET_DATA": str(self.data), "GUICHET_DEMO": "false"}
        return inherited | own | {**self.settings}
