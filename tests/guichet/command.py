"""Running ``guichet …`` as a person does, and what it prints."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.town import GUICHET


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
        done = subprocess.run(
            [GUICHET, *arguments],
            env=self.environment | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
        own = {"GUICHET_DATA": str(self.data), "GUICHET_DEMO": "false"}
        return inherited | own | {**self.settings}
