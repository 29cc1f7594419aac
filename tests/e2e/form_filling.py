"""A citizen's hands: they fill in a form's page as somebody at a phone does."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, expect

from cases.procedures import Procedure
from cases.procedures.fields import (
    AddressField,
    ChoiceField,
    ConsentField,
    FilesField,
    PositionField,
    Shown,
    TableField,
    YesNoField,
)


def fill_in(page: Page, procedure: Procedure, answers: Mapping[str, Any], *, scripts: bool) -> None:
    """Answer one page and go on. With scripts, what an answer calls for comes by itself; without,
    it is asked once the page was sent."""
    waiting, before = dict(answers), page.url
    while waiting:
        for name in [*waiting]:
            box = page.locator(f'[data-field="{name}"]')
            if scripts:
                box.wait_for()
            elif not box.count():
                continue
            _answer(page, box, procedure.fields[name], waiting.pop(name), scripts=scripts)
        go_on(page)
    page.wait_for_url(lambda url: url != before)


def go_on(page: Page) -> None:
    page.locator("form.procedure .actions button").first.click()


def _answer(page: Page, box: Locator, field: Shown, value: Any, *, scripts: bool) -> None:
    control = page.locator(f"#f-{field.name}")
    match field:
        case FilesField():
            control.set_input_files(value)
            if scripts:  # taken at once
                expect(box.get_by_role("button", name=f"Retirer {value['name']}")).to_be_visible()
        case TableField():
            _rows(page, box, field.name, value)
        case AddressField() | PositionField():
            for part, words in value.items():
                page.locator(f"#f-{field.name}-{part}").fill(words)
        case ChoiceField(style="list"):
            control.select_option(value)
        case ChoiceField(style="many"):
            for one in value:
                box.locator(f'input[value="{one}"]').check()
        case ChoiceField() | YesNoField() | ConsentField():
            box.locator(f'input[value="{value}"]').check()
        case _:
            control.fill(value)


def _rows(page: Page, box: Locator, name: str, rows: Sequence[Mapping[str, str | int]]) -> None:
    for number, row in enumerate(rows):
        if number:
            box.get_by_role("button", name=re.compile("^Ajouter")).click()
        for column, text in row.items():
            _cell(page.locator(f"#f-{name}-{number}-{column}"), text)


def _cell(cell: Locator, value: str | int) -> None:
    """A number is the place of an answer in a list."""
    if isinstance(value, int):
        cell.select_option(index=value)
    else:
        cell.fill(value)
