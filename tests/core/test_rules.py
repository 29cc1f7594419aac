import pytest

from core.errors import BadInput
from core.rules import MAX_LENGTH, compile_rule

VARIABLES = {"message": {"subject": "Nid-de-poule", "recipients": ["voirie@demo.example"]}}


def test_a_rule_holds_when_its_expression_is_true() -> None:
    assert compile_rule('"voirie@demo.example" in message.recipients').holds(VARIABLES)
    assert not compile_rule('message.subject == "other"').holds(VARIABLES)


def test_a_rule_that_asks_for_what_is_not_there_does_not_hold() -> None:
    assert not compile_rule("message.nothing.at.all").holds(VARIABLES)


def test_a_value_that_is_not_true_is_not_true_enough() -> None:
    assert not compile_rule("message.subject").holds(VARIABLES)


def test_a_bad_rule_is_refused_with_the_place_and_the_reason() -> None:
    with pytest.raises(BadInput) as refused:
        compile_rule('message.subject == "x" &&')
    assert refused.value.where == "1:26"
    assert "Syntax error" in refused.value.reason


def test_a_rule_without_end_is_refused() -> None:
    with pytest.raises(BadInput, match="longer"):
        compile_rule("1 + " * MAX_LENGTH + "1")
