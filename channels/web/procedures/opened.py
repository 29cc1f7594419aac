"""A draft that is open: with its form as it is now, and who has it before them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cases.procedures import Form, FormDraft, ShownPage, Surroundings, fill_in, say
from channels.web.procedures.controls import Reader
from channels.web.procedures.office import base_of
from channels.web.procedures.views import Step
from channels.web.visitors import Visitor
from core.i18n import N_


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft with its form as it is now."""

    draft: FormDraft
    form: Form
    around: Surroundings
    reader: Reader
    visitor: Visitor

    @property
    def base(self) -> str:
        return base_of(self.draft.definition.slug, self.draft.reference)

    def page(self, name: str) -> ShownPage | None:
        return next((page for page in self.form.pages if page.name == name), None)

    def beside(self, name: str, step: int) -> str:
        """The address of the page before (-1) or after (1); behind the last is the summary."""
        names = [page.name for page in self.form.pages]
        index = names.index(name) + step
        return (
            f"{self.base}/pages/{names[max(index, 0)]}"
            if index < len(names)
            else (f"{self.base}/summary")
        )

    def turned_to(self, name: str, typed: Mapping[str, Any]) -> str:
        """The page where this citizen goes on after this one was sent: the next, unless it has
        mistakes."""
        ahead = self.again(replace(self.draft, typed={**self.draft.typed, **typed}))
        here = ahead.page(name)
        if here is None or here.mistakes:
            return name
        names = [page.name for page in ahead.form.pages]
        return names[min(names.index(name) + 1, len(names) - 1)]

    def again(self, draft: FormDraft) -> "Opened":
        return replace(self, draft=draft, form=fill_in(draft.definition, draft.typed, self.around))


def steps_of(opened: Opened, now: str) -> list[Step]:
    """The visible pages and the summary, whose name is empty."""
    names = [(one.name, say(one.page.title, opened.reader.locale)) for one in opened.form.pages]
    names.append(("", opened.reader.translate(N_("Summary"))))
    index = [name for name, _ in names].index(now)
    return [
        Step(name=name, title=title, state="done" if n < index else "now" if n == index else "")
        for n, (name, title) in enumerate(names)
    ]
