import json
from pathlib import Path

import docs
from docs.__main__ import written
from docs.asyncapi import describe
from ingest.pipeline import PIPELINE

FOLDER = Path(docs.__file__).parent


def test_the_descriptions_in_the_repository_are_those_of_the_code() -> None:
    for name, content in written().items():
        kept = json.loads((FOLDER / name).read_text(encoding="utf-8"))
        assert kept == json.loads(json.dumps(content)), f"{name}: run make docs"


def test_every_stream_of_the_pipeline_is_described() -> None:
    channels = describe()["channels"]
    for stage in PIPELINE:
        assert {stage.reads, *stage.writes} <= channels.keys()
