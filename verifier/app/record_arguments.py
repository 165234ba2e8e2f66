"""The arguments of the commands about what is recorded. One rule: nothing heavy is imported before a command runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from verifier import config
from verifier.app.arguments import Commands, command, verification


def add(commands: Commands) -> None:
    """``audit``, ``rescore``, ``redact``, ``retention``, ``hold``, ``export`` and ``evidence``."""
    audit = command(commands, "audit", "derive every verdict, decision and event from the raw rows and compare")
    audit.set_defaults(run=_run_audit)
    rescore = command(commands, "rescore", "print every verdict, derived again, as one JSON line")
    rescore.set_defaults(run=_run_rescore)
    redact = command(commands, "redact", "erase the personal data of a closed case; it cannot be undone")
    verification(redact)
    redact.set_defaults(run=_run_redact)
    retention = command(commands, "retention", "delete what is due; the server does it once a day")
    retention.add_argument("--dry-run", action="store_true", help="print what would go and why, and delete nothing")
    retention.set_defaults(run=_run_retention)
    _hold(commands)
    _export(commands)
    evidence = commands.add_parser("evidence", help="kept evidence").add_subparsers(required=True, metavar="COMMAND")
    rotate = command(evidence, "rotate", "wrap data keys and seal secrets with the newest master key")
    rotate.set_defaults(run=_run_rotate)


def _hold(commands: Commands) -> None:
    hold = commands.add_parser("hold", help="legal holds").add_subparsers(required=True, metavar="COMMAND")
    for verb, about in (("place", "nothing of the case is deleted from now on"), ("release", "its terms run again")):
        parser = command(hold, verb, about)
        verification(parser)
        parser.add_argument("--reason", required=True, help="kept with the case until it is redacted")
        parser.set_defaults(run=_run_place if verb == "place" else _run_release)


def _export(commands: Commands) -> None:
    export = command(commands, "export", "write a case as a signed file, or check such a file")
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("verification", metavar="VERIFICATION", nargs="?", help="id, ver_…; goes to standard output")
    which.add_argument("--verify", type=Path, metavar="FILE", help="say what a file proves; needs no database")
    which.add_argument("--public-key", action="store_true", help="print the keys that files are checked with")
    export.add_argument("--key", help="with --verify: the public key that has to have signed it")
    export.set_defaults(run=_run_export)


def _run_export(arguments: argparse.Namespace) -> int:
    from verifier.app import exporting

    if arguments.verify is not None:
        return exporting.verify(arguments.verify, arguments.key, sys.stdout)
    settings = config.load(arguments.config)
    if arguments.public_key:
        return exporting.public_keys(settings, sys.stdout)
    return exporting.export(settings, arguments.verification, sys.stdout)


def _run_audit(arguments: argparse.Namespace) -> int:
    from verifier.app import proving

    return proving.audit(config.load(arguments.config), sys.stdout, sys.stderr)


def _run_rescore(arguments: argparse.Namespace) -> int:
    from verifier.app import proving

    return proving.rescore(config.load(arguments.config), sys.stdout)


def _run_redact(arguments: argparse.Namespace) -> int:
    from verifier.app import keeping

    return keeping.redact(config.load(arguments.config), arguments.verification, sys.stdout)


def _run_retention(arguments: argparse.Namespace) -> int:
    from verifier.app import keeping

    return keeping.retention(config.load(arguments.config), sys.stdout, dry=arguments.dry_run)


def _run_rotate(arguments: argparse.Namespace) -> int:
    from verifier.app import keeping

    return keeping.rotate(config.load(arguments.config), sys.stdout)


def _run_place(arguments: argparse.Namespace) -> int:
    from verifier.app import keeping

    return keeping.place_hold(config.load(arguments.config), arguments.verification, arguments.reason, sys.stdout)


def _run_release(arguments: argparse.Namespace) -> int:
    from verifier.app import keeping

    return keeping.release_hold(config.load(arguments.config), arguments.verification, arguments.reason, sys.stdout)
