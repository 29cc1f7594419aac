"""What is kept of a form that was sent: canonical JSON with the files in base64.

It says by itself what it says: the words beside the values, so that the message can be made of it
without the definition, and a case can be read when the procedure is long gone.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cases.procedures import Form, FormDraft, Procedure, as_text, say, summary
from cases.procedures.fields import FilesField
from cases.procedures.form import answers_of
from core.errors import BadInput
from core.rules import compile_rule
from core.text import clean_line

FORM = "procedure"
"""In the facts of the intake: which of the web's formats it is in."""
MAX_DETAIL = 120  # characters


def raw_of(draft: FormDraft, form: Form, contents: Mapping[str, bytes], locale: str) -> bytes:
    """``contents`` are the files by their SHA-256."""
    definition, values = draft.definition, form.values
    files = [
        file
        for name, field in definition.fields.items()
        if isinstance(field, FilesField)
        for file in values.get(name, ())
    ]
    fields = {
        "procedure": definition.slug,
        "version": draft.procedure.number,
        "queue": definition.queue,
        "subject": subject_of(definition, form, locale),
        "text": as_text(summary(definition, values, locale), locale),
        "values": {name: _for_good(definition, name, value) for name, value in values.items()},
        **sender_of(definition, values),
        "attachments": [
            {
                "name": file["name"],
                "media_type": file["media_type"],
                "content": base64.b64encode(contents[file["sha256"]]).decode(),
            }
            for file in files
        ],
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _for_good(definition: Procedure, name: str, value: Any) -> Any:
    """Of files, where they were kept until now means nothing any more."""
    if not isinstance(definition.fields[name], FilesField):
        return value
    return [{key: file[key] for key in ("name", "media_type", "size")} for file in value]


def sender_of(definition: Procedure, values: Mapping[str, Any]) -> dict[str, str]:
    """``name``, ``email`` and ``phone``, as far as the form asks for them."""
    sender = definition.sender
    given = {role: str(values.get(name) or "") for role, name in sender.model_dump().items()}
    name = " ".join(filter(None, (given["first_name"], given["last_name"])))
    return {"name": name, "email": given["email"], "phone": given["phone"]}


def subject_of(definition: Procedure, form: Form, locale: str) -> str:
    title = say(definition.title, locale)
    if not definition.subject:
        return title
    try:
        detail = compile_rule(definition.subject).evaluate({"form": answers_of(definition, form)})
    except BadInput:
        return title
    words = clean_line(str(detail or ""))[:MAX_DETAIL]
    return f"{title} – {words}" if words else title
