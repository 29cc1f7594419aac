"""The API does what its description says, whatever is asked: schemathesis tries to prove it wrong.

It comes by network, as a process of its own (https://schemathesis.readthedocs.io).
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from agent_api.api.cases import EXAMPLE_REFERENCE
from tests.agent_api.building import House
from tests.agent_api.quarantined import quarantine_one
from tests.agent_api.serving import served

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HOOKS = Path(__file__).with_name("contract_hooks.py")
SEED = 20260309

SETTINGS = """\
seed = {seed}
hooks = "{hooks}"
continue-on-failure = true
color = false

[auth.openapi.HTTPBearer]
bearer = "{token}"

[generation]
max-examples = 15
database = "none"

# Beside its own: a version that is in order may be an old one (412).
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "5xx"]

# Only the town knows its queues, so that a name in order may be nobody's (422).
[[operations]]
include-path = "/cases/{{reference}}/move"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "404", "409", "412", "422"]

[[operations]]
include-path = "/cases/{{reference}}/documents/{{document_id}}"
parameters = {{ "path.reference" = "{reference}", "path.document_id" = "{document}" }}

[[operations]]
include-path = "/quarantine/{{item_id}}/raw"
parameters = {{ "path.item_id" = "{item}" }}
"""


async def schemathesis(url: str, settings: Path) -> tuple[int, str]:
    """Its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS,
        f"--config-file={settings}",
        "run",
        f"{url}/api/v1/openapi.json",
        cwd=settings.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_nothing_breaks_the_contract(house: House, tmp_path: Path) -> None:
    reference = await house.open(reference=EXAMPLE_REFERENCE, html="<p>hello</p>")
    document = await house.attach(reference, b"%PDF")
    await house.add_page(document, "read in it")
    for number in range(3):
        await house.open("voirie", subject=f"another {number}")
    item = await quarantine_one(house)
    settings = await _settings(house, tmp_path, reference, document, item)
    async with served(house.app) as url:
        code, said = await schemathesis(url, settings)
    assert code == 0, said


async def _settings(house: House, folder: Path, reference: str, document: UUID, item: UUID) -> Path:
    path = folder / "schemathesis.toml"
    path.write_text(
        SETTINGS.format(
            seed=SEED,
            hooks=HOOKS,
            token=await house.token(),
            reference=reference,
            document=document,
            item=item,
        )
    )
    return path
