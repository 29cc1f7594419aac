"""The catalogue, and the first page of each procedure."""

import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.procedures import (
    Leave,
    Procedure,
    Published,
    begin_draft,
    is_taken,
    leave_for,
    prefill,
    published_procedure,
    published_procedures,
    say,
)
from channels.web.procedures.deep_links import PREFIX, brought, in_words
from channels.web.procedures.office import Office, base_of, small_form
from channels.web.procedures.views import (
    CatalogueGroup,
    CatalogueItem,
    CataloguePage,
    StartPage,
)
from channels.web.visitors import Visitor
from core.errors import Later
from core.references import new_reference
from core.text import clean_line
from core.web.csrf import FIELD, FormExpired

MAX_QUERY = 100  # characters
MAX_TRIES = 20  # with a million cases, one reference in 30,000 is taken


@dataclass(frozen=True, slots=True)
class Catalogue:
    office: Office

    async def list(self, request: Request) -> Response:
        """All that is published, found by words and by category."""
        query = clean_line(request.query_params.get("q", "")[:MAX_QUERY])
        category = request.query_params.get("category", "")
        async with self.office.database.read() as session:
            published = await published_procedures(session)
        locale = self.office.pages.locale_of(request)
        visitor = await self.office.visitors(request)
        labels = {
            one.definition.category.code: say(one.definition.category.label, locale)
            for one in published
        }
        found = [
            one.definition
            for one in published
            if matches(one.definition, query) and category in ("", one.definition.category.code)
        ]
        items = [
            item_of(one, leave_for(one, self.office.surroundings(one, visitor), locale), locale)
            for one in found
        ]
        page = CataloguePage(
            query=query,
            category=category if category in labels else "",
            categories=sorted(labels.items(), key=lambda pair: folded(pair[1])),
            groups=_grouped(found, items, labels),
            count=len(items),
        )
        return self.office.pages.render(request, "portal/procedures/catalogue.html", page)

    async def start(self, request: Request, slug: str) -> Response:
        """What it is about, what it takes, and whether this citizen may use it."""
        async with self.office.database.read() as session:
            procedure = await published_procedure(session, slug)
        leave = await self._leave(request, procedure)
        return self._start_page(request, procedure, leave, request.query_params)

    async def begin(self, request: Request, slug: str) -> Response:
        """A new draft, prefilled from the profile."""
        office = self.office
        await office.limits.begun.count(office.client(request))
        fields = await small_form(request)
        if not office.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
            raise FormExpired
        async with office.database.read() as session:
            procedure = await published_procedure(session, slug)
        leave = await self._leave(request, procedure)
        if not leave.given:
            return self._start_page(request, procedure, leave, fields, status=403)
        visitor = await office.visitors(request)
        around = office.surroundings(procedure.definition, visitor)
        async with office.database.begin() as session:
            for _ in range(MAX_TRIES):
                reference = new_reference(partial(secrets.choice))
                if not await is_taken(session, reference):
                    break
            else:
                raise Later("no reference is free")
            await begin_draft(
                session,
                office.clock,
                procedure,
                reference=reference,
                typed={
                    **brought(procedure.definition, fields, around.place),
                    **prefill(procedure.definition, around),
                },
                citizen_id=office.owner(procedure.definition, visitor),
                life=office.draft_life,
            )
        first = procedure.definition.pages[0].name
        response = RedirectResponse(f"{base_of(slug, reference)}/pages/{first}", 303)
        return office.open(response, slug, reference)

    async def _leave(self, request: Request, procedure: Published) -> Leave:
        visitor = await self.office.visitors(request)
        around = self.office.surroundings(procedure.definition, visitor)
        return leave_for(procedure.definition, around, self.office.pages.locale_of(request))

    def _start_page(
        self,
        request: Request,
        procedure: Published,
        leave: Leave,
        sent: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> Response:
        locale, definition = self.office.pages.locale_of(request), procedure.definition
        place = self.office.surroundings(definition, Visitor()).place
        typed = brought(definition, sent, place)
        page = replace(
            start_page(definition, leave, locale, self.office.settings.draft_days),
            brought=in_words(definition, typed, place, locale),
            answers={PREFIX + name: text for name, text in typed.items()},
            url=f"{self.office.settings.portal_url}/procedures/{definition.slug}",
        )
        return self.office.pages.render(
            request, "portal/procedures/start.html", page, status=status
        )


def start_page(definition: Procedure, leave: Leave, locale: str, draft_days: int) -> StartPage:
    return StartPage(
        item=item_of(definition, leave, locale),
        introduction=paragraphs(say(definition.introduction, locale)),
        documents=[say(text, locale) for text in definition.documents],
        steps=[say(page.title, locale) for page in definition.pages],
        anonymous=definition.anonymous,
        draft_days=draft_days,
        confirmation=say(definition.confirmation, locale),
    )


def item_of(definition: Procedure, leave: Leave, locale: str) -> CatalogueItem:
    return CatalogueItem(
        slug=definition.slug,
        title=definition.called(locale),
        summary=say(definition.summary, locale),
        category=say(definition.category.label, locale),
        minutes=definition.minutes,
        answer=leave.answer,
        reasons=leave.reasons,
    )


def matches(definition: Procedure, query: str) -> bool:
    """Whether every word is in its texts, in any language, accents and case aside."""
    texts = (
        definition.title,
        definition.summary,
        definition.keywords,
        definition.category.label,
        definition.introduction,
    )
    words = folded(" ".join(words for text in texts for words in text.values()))
    return all(word in words for word in folded(query).split())


def folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def paragraphs(text: str) -> Sequence[str]:
    return [one.strip() for one in text.split("\n\n") if one.strip()]


def _grouped(
    found: Sequence[Procedure], items: Sequence[CatalogueItem], labels: dict[str, str]
) -> Sequence[CatalogueGroup]:
    by_code: dict[str, list[CatalogueItem]] = {}
    for definition, item in zip(found, items, strict=True):
        by_code.setdefault(definition.category.code, []).append(item)
    groups = [
        CatalogueGroup(
            code=code, label=labels[code], items=sorted(group, key=lambda one: folded(one.title))
        )
        for code, group in by_code.items()
    ]
    return sorted(groups, key=lambda group: folded(group.label))
