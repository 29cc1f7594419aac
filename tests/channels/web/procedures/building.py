"""Somebody who fills in the form of a procedure as a browser without JavaScript does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cases.procedures import Procedure, add_procedure, publish_procedure
from channels.web.visitors import Visitor, Visitors
from tests.cases.procedures import building as definitions
from tests.channels.web.building import Browser, File, Page, Portal

JEANNE = {"first_name": "Jeanne", "email": "jeanne@citizens.example"}
PDF = ("plan.pdf", b"%PDF-1.7 a plan %%EOF", "application/pdf")


def request_for_bins(**values: Any) -> Procedure:
    """Two pages: how many bins and why, then who asks."""
    made = definitions.field
    return definitions.procedure(
        definitions.page(
            "bins",
            made("number", "bins", least=1, most=5),
            made("yes_no", "broken"),
            made("long_text", "story", visible_when="form.broken == true"),
            made("files", "photos", accept=["pdf", "jpg"], max_count=2, required=False),
            made(
                "table",
                "people",
                required=False,
                min_rows=0,
                columns=[made("text", "name"), made("date", "born", required=False)],
            ),
        ),
        definitions.page(
            "you",
            made("text", "first_name", prefill="citizen.first_name"),
            made("email", "email", prefill="citizen.email"),
        ),
        **{
            "slug": "bins",
            "queue": "voirie",
            "subject": "string(form.bins)",
            "sender": {"first_name": "first_name", "email": "email"},
            **values,
        },
    )


async def publish(portal: Portal, definition: Procedure) -> None:
    async with portal.database.begin() as session:
        row = await add_procedure(session, portal.clock, definition)
        await publish_procedure(session, portal.clock, row, by=None)


def signed_in(visitor: Visitor) -> Visitors:
    async def who(_request: object) -> Visitor:
        return visitor

    return who


@dataclass
class Applicant:
    """One browser at one draft; ``page`` is what it shows."""

    browser: Browser
    page: Page
    path: str = ""
    history: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return "/".join(self.path.split("/")[:4])

    @property
    def reference(self) -> str:
        return self.path.split("/")[3]

    async def follow(self, page: Page) -> Page:
        """Where the answer leads to."""
        while page.status == 303:
            self.path = urlsplit(page.response.headers["location"]).path
            page = await self.browser.get(page.response.headers["location"])
        self.page = page
        return page

    async def send(
        self, action: str = "next", files: Sequence[File] = (), **typed: str | Sequence[str]
    ) -> Page:
        """Send the page that is shown, with this typed into its fields."""
        kept = {name: self.page.fields[name] for name in ("csrf", "shown")}
        fields: Mapping[str, Any] = {
            **kept,
            **{f"f-{name.replace('__', '-')}": value for name, value in typed.items()},
            "action": action,
        }
        parts: list[tuple[str, Any]] = [
            (name, (None, one))
            for name, value in fields.items()
            for one in ([value] if isinstance(value, str) else value)
        ]
        parts += [("f-photos", file) for file in files]
        answer = await self.browser.client.post(self.path, files=parts)
        return await self.follow(Page(answer))

    async def submit(self) -> Page:
        """From the summary."""
        csrf = self.page.fields["csrf"]
        answer = await self.browser.client.post(f"{self.base}/summary", data={"csrf": csrf})
        return await self.follow(Page(answer))


async def begin(browser: Browser, slug: str = "bins") -> Applicant:
    fields = await browser.form(f"/procedures/{slug}")
    answer = await browser.client.post(f"/procedures/{slug}", data=fields)
    applicant = Applicant(browser, Page(answer))
    await applicant.follow(applicant.page)
    return applicant


async def filled_in(browser: Browser) -> Applicant:
    """At the summary, with everything filled in."""
    applicant = await begin(browser)
    await applicant.send(bins="2", broken="no")
    await applicant.send(first_name=JEANNE["first_name"], email=JEANNE["email"])
    assert applicant.path.endswith("/summary")
    return applicant


async def raw(portal: Portal) -> Any:
    """What the only intake says."""
    return json.loads(await portal.raw())
