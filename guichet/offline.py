"""Running a command on a town that need not be running, and saying what goes wrong in one line."""

import asyncio
import os
import tomllib
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from core.errors import BadInput, GuichetError
from core.logging import configure_logging
from core.settings import Settings
from guichet.findings import in_one_line
from guichet.migrate import migrate
from guichet.moved import refuse_if_moved
from guichet.town import Town, build_town

Result = TypeVar("Result")


def read_settings(**given: str) -> Settings:
    """``given`` comes before the environment and the file."""
    try:
        settings = Settings.model_validate(given)
    except BadInput as problem:
        fail(problem.reason)
    except tomllib.TOMLDecodeError as problem:
        fail(f"{os.environ.get('GUICHET_CONFIG')}: {problem}")
    except ValidationError as problem:
        for error in problem.errors():
            setting = "_".join(("GUICHET", *map(str, error["loc"]))).upper()
            typer.echo(f"{setting}: {error['msg']}" if error["loc"] else error["msg"], err=True)
        raise typer.Exit(2) from problem
    configure_logging(settings.log_level, as_json=settings.log_json)
    return settings


def with_town(work: Callable[[Town], Awaitable[Result]]) -> Result:
    """Build the town, do the work, close; what goes wrong is said in one line."""

    async def session() -> Result:
        settings = read_settings()
        refuse_if_moved(settings)
        town = build_town(settings)
        try:
            await migrate(town.database)
            return await work(town)
        finally:
            await town.close()

    try:
        return asyncio.run(session())
    except GuichetError as problem:
        fail(str(problem))
    except (SQLAlchemyError, OSError) as problem:
        fail(f"{in_one_line(problem)}; guichet check tells more")


def fail(reason: str) -> NoReturn:
    typer.echo(f"guichet: {reason}", err=True)
    raise typer.Exit(1)
