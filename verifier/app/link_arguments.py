"""The arguments of ``verifier link``. One rule: nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import sys

from verifier import config
from verifier.app.arguments import Commands, command, verification


def add(commands: Commands) -> None:
    """``link revoke`` and ``link add``."""
    link = commands.add_parser("link", help="private links of a case").add_subparsers(required=True, metavar="COMMAND")
    revoke = command(link, "revoke", "switch off every link of a case and sign out every browser")
    verification(revoke)
    revoke.set_defaults(run=_run_revoke)
    further = command(link, "add", "a further private link; printed, once, on the last line")
    verification(further)
    further.add_argument("--interview", action="store_true", help="to the interview instead of the case page")
    further.set_defaults(run=_run_add)


def _run_revoke(arguments: argparse.Namespace) -> int:
    from verifier.app import commands

    ended = commands.revoke_links(config.load(arguments.config), arguments.verification)
    sys.stdout.write(f"Every link is switched off. Browsers that were signed out: {ended}.\n")
    return 0


def _run_add(arguments: argparse.Namespace) -> int:
    from verifier.app import commands

    url = commands.add_link(config.load(arguments.config), arguments.verification, interview=arguments.interview)
    sys.stdout.write(url + "\n")
    return 0
