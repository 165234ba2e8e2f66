"""Errors of the database become ours. One rule: nothing of SQLAlchemy or SQLite leaves this room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from verifier.errors import Conflict, InvalidInput, OurError

_UNIQUE_SQLITE = "UNIQUE constraint failed"
_UNIQUE_POSTGRESQL = "23505"


@contextmanager
def translated() -> Iterator[None]:
    """Whatever the database refuses inside the block, in our words.

    Raises:
        Conflict: such a row exists already.
        InvalidInput: a number or a text that no database column can hold.
        OurError: any other refusal; the original is its ``__cause__``.
    """
    try:
        yield
    except IntegrityError as error:
        if _is_uniqueness(error):
            raise Conflict("This is stored already; somebody else was first.") from error
        raise OurError(f"The database refused rows that the rules forbid: {error.orig}") from error
    except DBAPIError as error:
        raise OurError(_operational(str(error.orig))) from error
    except SQLAlchemyError as error:
        raise OurError(f"The database call is not possible ({type(error).__name__}).") from error
    except OverflowError as error:
        raise InvalidInput("A number is too large to be stored.") from error
    except UnicodeEncodeError as error:
        raise InvalidInput("A text is not valid Unicode.") from error


def _is_uniqueness(error: IntegrityError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state == _UNIQUE_POSTGRESQL or str(error.orig).startswith(_UNIQUE_SQLITE)


def _operational(reason: str) -> str:
    if "readonly" in reason:
        return "This unit of work is read-only."
    if "locked" in reason:
        return "The database is held by another process for too long."
    return f"The database failed: {reason}"
