"""How a command is declared. One rule: each takes ``--config``, and its own help says what it does."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(commands: Commands, name: str, about: str, description: str = "") -> argparse.ArgumentParser:
    """The parser of one command; ``about`` is its line in the list, and its description without one."""
    said = description or f"{about[:1].upper()}{about[1:]}."
    parser = commands.add_parser(name, help=about, description=said)
    parser.add_argument("--config", type=Path, default=argparse.SUPPRESS, help="TOML file with settings")
    return parser


def verification(parser: argparse.ArgumentParser) -> None:
    """The argument that names a case."""
    parser.add_argument("verification", metavar="VERIFICATION", help="its id, ver_…")
