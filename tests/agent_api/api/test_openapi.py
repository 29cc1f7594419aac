"""The description of the API itself."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from agent_api import describe_api
from tests.agent_api.building import House


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe_api()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_it_is_what_the_town_serves(document: dict[str, Any], house: House) -> None:
    assert (await house.client().get("/api/v1/openapi.json")).json() == document


def test_every_error_is_a_problem_document(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], name


def test_every_operation_wants_a_token_and_says_what_it_does(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["security"] == [{"HTTPBearer": []}], name
        assert operation["description"], name
        assert "401" in operation["responses"], name


def test_no_header_may_be_null(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            assert "anyOf" not in parameter["schema"], name


def test_no_schema_is_left_over(document: dict[str, Any]) -> None:
    text = str({key: value for key, value in document.items() if key != "components"})
    schemas: dict[str, Any] = document["components"]["schemas"]
    mentioned = text + str(schemas)
    unused = [name for name in schemas if f"#/components/schemas/{name}'" not in mentioned]
    assert unused == []
