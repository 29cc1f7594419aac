"""Everything that can be wrong with a procedure is said in words, in both languages."""

import re
from typing import Any

import pytest

from agent_api.reasons import in_words
from cases.procedures import editing
from core.i18n import translator

SOUND = editing.new_working("bins", {"fr": "Poubelles"})
Working = dict[str, Any]


def with_field(**values: Any) -> Working:
    field = {"kind": "text", "name": "a", "label": {"fr": "A"}, **values}
    return SOUND | {"pages": [{"name": "p", "title": {"fr": "P"}, "fields": [field]}]}


TWICE = {"name": "p", "title": {"fr": "P"}}
OPTION = {"value": "1", "label": {"fr": "Un"}}


@pytest.mark.parametrize(
    ("working", "said"),
    [
        (SOUND | {"title": {}}, "Nothing is written here"),
        ({name: value for name, value in SOUND.items() if name != "title"}, "missing here"),
        (SOUND | {"slug": "Élan !"}, "signs cannot be used"),
        (SOUND | {"slug": "import"}, "the address import itself"),
        (SOUND | {"minutes": 0}, "too small: take 1"),
        (SOUND | {"minutes": 500}, "too large: take 120"),
        (SOUND | {"minutes": "x"}, "of another kind"),
        (SOUND | {"colour": "red"}, "does not know this"),
        (SOUND | {"anonymous": "no"}, "none of the possible answers"),
        (SOUND | {"pages": []}, "list is empty"),
        (SOUND | {"pages": [TWICE, TWICE]}, "name p is there twice"),
        (SOUND | {"sender": {"email": "zz"}}, "no field zz"),
        (SOUND | {"opening": {"first_day": "soon"}}, "This is no day: write"),
        (SOUND | {"opening": {"season_start": "1"}}, "no day of the year"),
        (SOUND | {"opening": {"season_start": "13-01"}}, "13-01 is not in the calendar"),
        (SOUND | {"subject": "form.zz"}, "No fields of the form can be used here"),
        (with_field(visible_when="a =="), "cannot be read from line 1"),
        (with_field(visible_when="form.b == 1"), "No fields of the form"),
        (with_field(kind="hologram"), "no such kind of fields"),
        (with_field(kind="number", least=3, most=1), "The least is more than the most"),
        (with_field(kind="choice", options=[OPTION, OPTION]), "have the same value"),
        (with_field(autocomplete="x" * 70), "signs cannot be used"),
    ],
)
def test_a_reason_is_said_with_what_to_do(working: Working, said: str) -> None:
    (_, reason), *_more = editing.problems_with(working)
    english, french = in_words(reason, translator("en")), in_words(reason, translator("fr"))
    assert said in english.words
    assert french.words != english.words
    assert not re.search(r"%\(|Input|String|Field", english.words)
