"""Errors of the database become ours. One rule: nothing of SQLAlchemy or of a driver leaves this room.

The original is not chained: PostgreSQL's errors quote the row that they refuse, and a row may be personal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from verifier.errors import Conflict, InvalidInput, OurError, VerifierError
from verifier.storage.dialects import Reason, reason


@contextmanager
def translated() -> Iterator[None]:
    """Whatever the database refuses inside the block, in our words.

    Raises:
        Conflict: such a row exists already, or another transaction changed the same rows at the same moment.
        InvalidInput: a number or a text that no database column can hold.
        OurError: any other refusal.
    """
    try:
        yield
    except DBAPIError as error:
        raise _refusal(*reason(error.orig)) from None
    except SQLAlchemyError as error:
        raise OurError(f"The database call is not possible ({type(error).__name__}).") from None
    except OSError as error:
        raise OurError(f"The database cannot be reached: {error}") from None
    except OverflowError:
        raise InvalidInput("A number is too large to be stored.") from None
    except UnicodeEncodeError:
        raise InvalidInput("A text is not valid Unicode.") from None


def _refusal(why: Reason, words: str) -> VerifierError:
    match why:
        case Reason.TAKEN:
            return Conflict("This is stored already; somebody else was first.")
        case Reason.OVERTAKEN:
            return Conflict("Somebody else changed this at the same moment.")
        case Reason.UNSTORABLE:
            return InvalidInput("A number or a text cannot be stored.")
        case Reason.FORBIDDEN:
            return OurError(f"The database refused rows that the rules forbid: {words}")
        case Reason.READ_ONLY:
            return OurError("This unit of work is read-only.")
        case Reason.BUSY:
            return OurError("The database is held by another process for too long.")
        case Reason.UNKNOWN:
            return OurError(f"The database failed: {words}")
