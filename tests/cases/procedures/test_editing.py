"""A working copy is changed step by step, and what is wrong with it is told."""

import pytest

from cases.procedures import editing, read_definition
from core.errors import NotThere
from tests.cases.procedures.building import field, page, procedure_data

TWO = procedure_data(
    page("p", field("text", "a"), field("text", "b")), page("q", field("text", "c"))
)


def order(working: editing.Working) -> list[list[str]]:
    return [[one["name"] for one in each["fields"]] for each in working["pages"]]


def test_a_new_one_is_sound() -> None:
    assert read_definition(editing.new_working("bins", {"fr": "Poubelles"})).slug == "bins"


@pytest.mark.parametrize(
    ("name", "by", "after"),
    [
        ("a", 1, [["b", "a"], ["c"]]),
        ("b", 1, [["a"], ["b", "c"]]),
        ("c", -1, [["a", "b", "c"], []]),
        ("a", -1, [["a", "b"], ["c"]]),
    ],
)
def test_fields_move_within_and_across_pages(name: str, by: int, after: list[list[str]]) -> None:
    assert order(editing.move(TWO, "field", name, by)) == after
    assert order(TWO) == [["a", "b"], ["c"]]


def test_pages_move_and_go() -> None:
    assert order(editing.move(TWO, "page", "q", -1)) == [["c"], ["a", "b"]]
    assert order(editing.remove(TWO, "page", "p")) == [["c"]]
    assert order(editing.remove(TWO, "field", "a")) == [["b"], ["c"]]


def test_fields_are_added_under_free_names() -> None:
    made, name = editing.add_field(TWO, "q", "choice", {"fr": "Où êtes-vous né ?"})
    assert name == "ou_etes_vous_ne"
    made, again = editing.add_field(made, "p", "computed", {"fr": "Où êtes-vous né ?"})
    assert again == "ou_etes_vous_ne_2"
    made = editing.add_page(made, {"fr": "12 mois"})
    assert made["pages"][-1]["name"] == "f_12_mois"
    assert not editing.problems_with(made)


def test_what_is_wrong_is_told_with_the_field_it_is_about() -> None:
    made = editing.change_field(
        TWO, "b", {"kind": "text", "name": "b", "label": {"fr": "B"}, "visible_when": "form.c =="}
    )
    ((place, reason),) = editing.problems_with(made)
    assert (place, "visible_when: 1:" in reason) == ("b", True)


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(NotThere):
        editing.remove(TWO, "field", "zz")
    with pytest.raises(NotThere):
        editing.add_field(TWO, "zz", "text", {"fr": "x"})
