"""``python -m bench.bare_page PORT``: a form of a few fields by FastAPI and Jinja2, and no more."""

import sys

import uvicorn
from fastapi import FastAPI
from jinja2 import DictLoader, Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

PAGE = """<!doctype html><html lang="fr"><head><title>{{ title }}</title></head>
<body><h1>{{ title }}</h1><form method="post" enctype="multipart/form-data">
<input type="hidden" name="csrf" value="{{ csrf }}">
{% for field in fields %}
<div class="field"><label for="{{ field }}">{{ field }}</label><p class="hint">{{ hint }}</p>
<input id="{{ field }}" name="{{ field }}" value="{{ values.get(field, '') }}" required></div>
{% endfor %}
<button>Continuer</button></form></body></html>"""
FIELDS = [f"field-{number}" for number in range(8)]

templates = Environment(loader=DictLoader({"page": PAGE}), autoescape=True, auto_reload=False)
app = FastAPI(openapi_url=None)


@app.get("/page")
async def page() -> Response:
    values = dict.fromkeys(FIELDS, "Dupont")
    return HTMLResponse(
        templates.get_template("page").render(
            title="Une page", csrf="x" * 40, fields=FIELDS, values=values, hint="Une aide."
        )
    )


@app.post("/page")
async def send(request: Request) -> Response:
    await request.form()
    return RedirectResponse("/page", 303)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
