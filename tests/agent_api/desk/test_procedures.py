"""A functional administrator makes a procedure without code; nobody else does."""

import json

import pytest

from cases.procedures import as_json, example_procedures, published_procedure
from cases.procedures.store import procedure_for
from core.errors import NotThere
from tests.agent_api.building import KARIM, Browser, House, csrf_of, hidden_fields

LIST = "/agent/procedures"
BINS = f"{LIST}/bins"


async def begun(camille: Browser) -> None:
    answer = await camille.submit(LIST, LIST, **{"slug": "bins", "title-fr": "Poubelles"})
    assert answer.headers["location"] == BINS


async def edit(camille: Browser, **fields: str) -> str:
    """Press a button of the editor; returns where it leads to."""
    answer = await camille.submit(BINS, BINS, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def test_a_procedure_is_made_and_published_by_forms_alone(
    house: House, camille: Browser
) -> None:
    await begun(camille)
    number = {"action": "add-field:page_1", "kind": "number", "label-fr": "Combien ?"}
    where = await edit(camille, **number)
    assert where == f"{BINS}/fields/combien"
    saved = await camille.submit(
        where, where, **{"label-fr": "Combien ?", "least": "1", "most": "5", "required": "on"}
    )
    assert saved.status_code == 303
    await edit(camille, **{"action": "add-page", "label-fr": "Vous"})
    await edit(camille, **{"action": "add-field:vous", "kind": "email", "label-fr": "Adresse"})
    preview = await camille.page(f"{BINS}/preview")
    assert "Combien ?" in preview
    published = await camille.submit(BINS, f"{BINS}/publish")
    assert "done=published" in published.headers["location"]
    async with house.town.database.read() as session:
        found = await published_procedure(session, "bins")
    assert (found.number, list(found.definition.fields)) == (1, ["combien", "adresse"])
    assert found.definition.fields["combien"].most == 5  # type: ignore[attr-defined]
    assert "/procedures/bins" in await camille.page("/procedures")
    assert [row.details for row in await house.trail("procedure.published")] == [{"version": 1}]


async def test_what_is_wrong_stands_on_the_page_and_is_not_published(
    house: House, camille: Browser
) -> None:
    await begun(camille)
    text = {"action": "add-field:page_1", "kind": "text", "label-fr": "Pourquoi"}
    where = await edit(camille, **text)
    await camille.submit(where, where, **{"label-fr": "Pourquoi", "visible_when": "form.zz =="})
    page = await camille.page(BINS)
    assert "visible_when: 1:" not in page
    assert f'<a href="{where}">Pourquoi · Shown when</a>' in page
    assert "The expression cannot be read from line 1" in page
    refused = await camille.submit(BINS, f"{BINS}/publish")
    assert refused.status_code == 422
    async with house.town.database.read() as session:
        with pytest.raises(NotThere):
            await published_procedure(session, "bins")


async def test_an_error_stands_under_its_rule_with_its_position(camille: Browser) -> None:
    await begun(camille)
    text = {"action": "add-field:page_1", "kind": "text", "label-fr": "Pourquoi"}
    where = await edit(camille, **text)
    rules = {"check-rule": "value ==", "check-message-fr": "Non"}
    await camille.submit(where, where, **{"label-fr": "Pourquoi", **rules})
    page = await camille.page(where)
    assert "value ==\n" in page.partition('<pre class="code">')[2]
    assert 'aria-describedby="check-1-error-1"' in page
    await edit(camille, action="who", **rules, anonymous="forbidden")
    page = await camille.page(BINS)
    assert "value ==" in page.partition('id="check-1-error-1"')[2].partition("</pre>")[0]


async def test_who_when_and_what_comes_after_is_said_by_forms(
    house: House, camille: Browser
) -> None:
    await begun(camille)
    await edit(
        camille,
        action="who",
        anonymous="forbidden",
        season_start="03-01",
        season_end="11-30",
        **{"check-rule": "citizen.age >= 18", "check-message-fr": "Dès 18 ans"},
    )
    labels = {f"{status}-visible": "on" for status in ("new", "in_progress", "closed")}
    await edit(
        camille,
        action="after",
        **labels,
        **{"closed-label-fr": "Enlevé", "closed-moved_by": "functional_admin"},
        **{"waiting-label-fr": "En pause", "comments-agent": "on"},
    )
    general = {"title-fr": "Poubelles", "summary-fr": "Des bacs", "category": "waste"}
    documents = "Un plan | A map\r\nUne photo"
    await edit(
        camille, action="general", documents=documents, **general, **{"category-label-fr": "D"}
    )
    await camille.submit(BINS, f"{BINS}/publish")
    async with house.town.database.read() as session:
        made = (await published_procedure(session, "bins")).definition
    assert (made.anonymous, made.opening.season_start) == ("forbidden", "03-01")
    assert [check.rule for check in made.eligibility] == ["citizen.age >= 18"]
    waiting, closed = made.statuses
    assert (waiting.visible, closed.visible) == (False, True)
    assert [*closed.moved_by] == ["functional_admin"]
    assert (made.comments.citizen, made.comments.agent) == (False, True)
    assert made.documents == ({"fr": "Un plan", "en": "A map"}, {"fr": "Une photo"})
    assert "texts to be translated" in await camille.page(BINS)


async def test_columns_are_made_moved_and_taken_away_by_forms(
    house: House, camille: Browser
) -> None:
    await begun(camille)
    table = {"action": "add-field:page_1", "kind": "table", "label-fr": "Enfants"}
    where = await edit(camille, **table)
    column = await edit(
        camille, **{"action": "add-column:enfants", "kind": "date", "label-fr": "Né le"}
    )
    assert column == f"{where}/columns/ne_le"
    await camille.submit(column, column, **{"label-fr": "Né le", "latest": "today"})
    await edit(camille, action="move-column:enfants:ne_le:-1")
    await edit(camille, action="remove-column:enfants:name")
    await camille.submit(where, where, **{"label-fr": "Enfants", "required": "on"})
    assert "Né le" in await camille.page(where)
    async with house.town.database.read() as session:
        working = (await procedure_for(session, "bins")).working
    (field,) = working["pages"][0]["fields"]
    assert [(one["name"], one["latest"]) for one in field["columns"]] == [("ne_le", "today")]


async def test_an_older_version_is_exported_and_edited_again(camille: Browser) -> None:
    await begun(camille)
    await camille.submit(BINS, f"{BINS}/publish")
    await edit(camille, **{"action": "add-page", "label-fr": "Vous"})
    await camille.submit(BINS, f"{BINS}/publish")
    versions = f"{BINS}/versions"
    assert "Version 2" in await camille.page(versions)
    first = json.loads((await camille.get(f"{versions}/1/export")).text)
    assert len(first["pages"]) == 1
    await camille.submit(versions, f"{versions}/1/restore")
    assert json.loads((await camille.get(f"{BINS}/export")).text) == first
    assert (await camille.get(f"{versions}/9/export")).status_code == 404


async def test_the_second_of_two_editors_is_told(camille: Browser) -> None:
    await begun(camille)
    page = await camille.page(BINS)
    fields = hidden_fields(page, BINS)
    add = {"action": "add-page", "label-fr": "Une page"}
    assert (await camille.send(BINS, fields | add)).status_code == 303
    second = await camille.send(BINS, fields | add)
    assert (second.status_code, "meanwhile" in second.text) == (422, True)


async def test_json_is_edited_with_exact_errors(house: House, camille: Browser) -> None:
    await begun(camille)
    path = f"{BINS}/json"
    broken = await camille.submit(path, path, text='{"slug": }')
    assert (broken.status_code, "line 1" in broken.text) == (422, True)
    async with house.town.database.read() as session:
        working = (await procedure_for(session, "bins")).working
    working["pages"][0]["fields"] = [{"kind": "text", "name": "X", "label": {"fr": "x"}}]
    wrong = await camille.submit(path, path, text=json.dumps(working))
    assert "pages.0.fields.0.name" in wrong.text
    working["pages"][0]["fields"][0]["name"] = "x"
    assert (await camille.submit(path, path, text=json.dumps(working))).status_code == 303


async def test_an_example_is_imported_exported_and_taken_away(camille: Browser) -> None:
    example = example_procedures()[0]
    file = ("it.json", as_json(example).encode(), "application/json")
    csrf = csrf_of(await camille.page(LIST))
    for _ in range(2):  # the second time it is a working copy of the first
        taken = await camille.client.post(
            f"{LIST}/import", data={"csrf": csrf}, files={"file": file}
        )
        assert taken.status_code == 303, taken.text
    page = f"{LIST}/{example.slug}"
    exported = await camille.get(f"{page}/export")
    assert json.loads(exported.text) == json.loads(as_json(example))
    await camille.submit(page, f"{page}/publish")
    await camille.submit(page, f"{page}/enable", enabled="")
    assert (await camille.get(f"/procedures/{example.slug}")).status_code == 404
    for name in example.fields:
        assert (await camille.get(f"{page}/fields/{name}")).status_code == 200
    assert (await camille.get(f"{page}/preview")).status_code == 200


@pytest.mark.parametrize(
    "path", ["", "/bins", "/bins/json", "/bins/preview", "/bins/export", "/bins/versions"]
)
async def test_others_see_nothing_of_it(house: House, path: str) -> None:
    karim = await house.browser(KARIM)
    async with karim.client:
        assert (await karim.get(f"{LIST}{path}")).status_code in (403, 404)
        assert LIST not in await karim.page("/agent/")
