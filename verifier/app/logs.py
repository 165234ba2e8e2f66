"""Log lines on stderr. One rule: a secret that was logged by mistake does not leave the process.

The code logs no secrets: tokens live in bodies, cookies and fragments, and none of these is logged. This is the last
line of defence, for an exception that quotes its input and for libraries that we do not write. It knows secrets by
their shape and by the name they stand under; ids, hashes and addresses stay readable. Called by app/serving.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor, WrappedLogger

HIDDEN = "[hidden]"
CHATTY = ("aiosqlite", "aioice", "sqlalchemy")
"""Libraries whose debug lines print every statement or packet with what is in it; they stay at warnings."""

_NAMES = ("authorization", "cookie", "password", "passwd", "secret", "ticket", "token", "otp")
_NAMED = re.compile(rf"(?:^|[_-])(?:{'|'.join(_NAMES)})s?$", re.IGNORECASE)
_VALUE = r"""('[^']*'|"[^"]*"|[^\s&,;)}\]]+)"""
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?im)^([ \t]*(?:set-)?cookie|[ \t]*(?:proxy-)?authorization)\s*:.*$"), rf"\1: {HIDDEN}"),
    (re.compile(r"(__Host-[\w-]+=)[^\s;,'\"]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(vi_(?:live|test)_)[\w-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(whsec_|whsk_)[\w+/=-]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)((?:\b|_)(?:{'|'.join(_NAMES)})['\"]?\s*[:=]\s*b?){_VALUE}"), rf"\1{HIDDEN}"),
)
_TOKEN = re.compile(r"(?<![\w-])[\w-]{43}(?![\w-])", re.ASCII)
"""256 bits in base64url, as ports.Entropy makes them."""


def configure(form: Literal["json", "console"], level: int = logging.INFO, libraries: int = logging.WARNING) -> None:
    """Structured lines from ``level`` up; the lines of libraries, from ``libraries`` up, take the same way."""
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    renderer: Processor = structlog.processors.JSONRenderer() if form == "json" else console
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=libraries, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(libraries, logging.WARNING))


def hide_secrets(_: WrappedLogger, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line without secrets: the processor before the renderer."""
    return {key: _hidden(key, value) for key, value in event.items()}


def redacted(text: str) -> str:
    """The text without anything that has the shape of a secret."""
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return _TOKEN.sub(lambda found: HIDDEN if _mixed(found[0]) else found[0], text)


def _mixed(text: str) -> bool:
    """A random token has capitals and small letters; a name of a function or a path has not both."""
    return text != text.lower() and text != text.upper()


def _hidden(key: str, value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _NAMED.search(key):
        return HIDDEN
    if isinstance(value, Mapping):
        return {redacted(str(name)): _hidden(str(name), inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_hidden("", inner) for inner in value]
    return redacted(value if isinstance(value, str) else repr(value))
