"""``python -m bench.bare_webhook PORT FILE``: the least that takes Twilio's webhooks durably, and a
provider that takes every SMS."""

import os
import sqlite3
import sys

import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response
from twilio.request_validator import RequestValidator

TOKEN = "a token that signs"
ACCOUNT = "AC" + "0" * 32
ORIGIN = "https://guichet.bench.example"
PATH = "/hooks/twilio/sms"


def bare(path: str) -> FastAPI:
    """Checks the signature, commits one row as durably as Guichet, and says yes."""
    app = FastAPI()
    validator = RequestValidator(TOKEN)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE messages (sid PRIMARY KEY, sender, body)")

    @app.post(PATH)
    async def take(request: Request) -> Response:
        form = await request.form()
        signature = request.headers.get("x-twilio-signature", "")
        if not validator.validate(ORIGIN + PATH, form, signature):
            raise HTTPException(403)
        row = (form["MessageSid"], form["From"], form["Body"])
        database.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?)", row)
        return Response("<Response/>", media_type="text/xml")

    @app.post("/2010-04-01/Accounts/{account}/Messages.json", status_code=201)
    async def send(account: str) -> dict[str, object]:
        sid = "SM" + os.urandom(16).hex()
        return {"sid": sid, "account_sid": account, "status": "queued", "error_code": None}

    return app


if __name__ == "__main__":
    uvicorn.run(bare(sys.argv[2]), port=int(sys.argv[1]), log_level="warning")
