"""``python -m docs``: write the API descriptions and the schema of procedures anew."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.asyncapi import describe

FOLDER = Path(__file__).parent


def written() -> Mapping[str, Any]:
    """The descriptions by their file names."""
    from agent_api import describe_api
    from cases.procedures import json_schema
    from guichet.hooks import describe_hooks

    return {
        "asyncapi.json": describe(),
        "openapi.json": describe_api(),
        "procedure.schema.json": json_schema(),
        "hooks.json": describe_hooks(),
    }


def main() -> None:
    for name, content in written().items():
        text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
        (FOLDER / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
