"""``verifier …``: the commands. One rule: errors are one clear line on stderr and a status that is not zero."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from verifier import __version__, config
from verifier.app import link_arguments, record_arguments
from verifier.app.arguments import Commands, command
from verifier.errors import CallerError, Conflict, VerifierError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except VerifierError as error:
        print(f"verifier: {error.detail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="verifier", description="Identity-verification video interviews.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--config", type=Path, help="TOML file with settings")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _serve(commands)
    _demo(commands)
    _people(commands)
    _keys(commands)
    _database(commands)
    link_arguments.add(commands)
    record_arguments.add(commands)
    _mail(commands)
    return parser


def _serve(commands: Commands) -> None:
    serve = command(commands, "serve", "run the server")
    serve.formatter_class = argparse.RawDescriptionHelpFormatter
    serve.epilog = "settings, from the environment or the --config file:\n" + config.help_text()
    serve.add_argument("--host", help="overrides VERIFIER_HOST")
    serve.add_argument("--port", type=int, help="overrides VERIFIER_PORT")
    serve.add_argument("--demo", action="store_true", help="seed people and a case and print links that work at once")
    serve.set_defaults(run=_run_serve)


def _run_serve(arguments: argparse.Namespace) -> int:
    from verifier.app import serving

    settings = config.load(arguments.config, host=arguments.host, port=arguments.port)
    serving.serve(settings, demo=arguments.demo)
    return 0


def _demo(commands: Commands) -> None:
    demo = command(commands, "demo", "two synthetic people hold real calls through the running server")
    demo.add_argument("--url", default="", help="the server (default: the settings' public URL)")
    demo.add_argument("--seconds", type=int, default=0, help="shortest length of each call (default: as it comes)")
    demo.set_defaults(run=_run_demo)


def _run_demo(arguments: argparse.Namespace) -> int:
    from verifier.app import commands
    from verifier.demo import calls

    settings = config.load(arguments.config)
    access = commands.demo_access(settings)
    return calls.run(arguments.url or settings.origin, access, shortest_s=arguments.seconds)


def _people(commands: Commands) -> None:
    user = commands.add_parser("user", help="staff").add_subparsers(required=True, metavar="COMMAND")
    add = command(user, "add", "add a staff member; prints a one-use sign-in link on the last line")
    add.add_argument("--name", required=True)
    add.add_argument("--email", required=True)
    add.add_argument("--pseudonym", required=True, help="what freelancers see")
    add.add_argument(
        "--role", action="append", required=True, help="interviewer, reviewer, appeal_reviewer, administrator"
    )
    add.add_argument("--language", action="append", default=None, help="BCP 47 tag, best first")
    add.add_argument("--trained-until", type=_day, metavar="DATE", help="YYYY-MM-DD (default: a year from today)")
    add.set_defaults(run=_run_user_add)
    link = command(user, "link", "print a fresh one-use sign-in link on the last line")
    link.add_argument("--email", required=True)
    link.add_argument(
        "--forget-authenticator", action="store_true", help="the authenticator is lost: the account is set up anew"
    )
    link.set_defaults(run=_run_user_link)
    disable = command(user, "disable", "end somebody's access: sessions and links are void at once")
    disable.add_argument("--email", required=True)
    disable.set_defaults(run=_run_user_disable)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date like 2027-01-31") from None


def _run_user_add(arguments: argparse.Namespace) -> int:
    from verifier.app import user_commands

    new = user_commands.NewUser(
        arguments.name,
        arguments.email,
        arguments.pseudonym,
        arguments.role,
        tuple(arguments.language or ("en",)),
        arguments.trained_until,
    )
    print(user_commands.add(config.load(arguments.config), new))
    return 0


def _run_user_link(arguments: argparse.Namespace) -> int:
    from verifier.app import user_commands

    settings = config.load(arguments.config)
    print(user_commands.link(settings, arguments.email, forget_factor=arguments.forget_authenticator))
    return 0


def _run_user_disable(arguments: argparse.Namespace) -> int:
    from verifier.app import user_commands

    print(f"{user_commands.disable(config.load(arguments.config), arguments.email)} is disabled.")
    return 0


def _keys(commands: Commands) -> None:
    key = commands.add_parser("key", help="API keys").add_subparsers(required=True, metavar="COMMAND")
    add = command(key, "add", "add an API key; prints it, once, on the last line")
    add.add_argument("--name", required=True)
    add.add_argument("--test", action="store_true", help="a key for test cases")
    add.set_defaults(run=_run_key_add)


def _run_key_add(arguments: argparse.Namespace) -> int:
    from verifier.app import commands

    print(commands.add_key(config.load(arguments.config), arguments.name, test=arguments.test))
    return 0


def _database(commands: Commands) -> None:
    database = commands.add_parser("db", help="database").add_subparsers(required=True, metavar="COMMAND")
    upgrade = command(database, "upgrade", "create or migrate the database")
    upgrade.set_defaults(run=_run_upgrade)


def _run_upgrade(arguments: argparse.Namespace) -> int:
    from verifier.app import commands

    commands.upgrade(config.load(arguments.config))
    return 0


def _mail(commands: Commands) -> None:
    mail = commands.add_parser("mail", help="e-mail").add_subparsers(required=True, metavar="COMMAND")
    bounce = command(
        mail,
        "bounce",
        "record a message that came back; your mail server feeds it to standard input",
        "Status 0: read. 65: not about a mail of ours. 75: could not be stored, feed it again later.",
    )
    bounce.add_argument("--to", default="", help="the address that the mail server delivered it to")
    bounce.set_defaults(run=_run_mail_bounce)


def _run_mail_bounce(arguments: argparse.Namespace) -> int:
    from verifier.app import mailing

    try:
        print(mailing.bounce(config.load(arguments.config), sys.stdin.buffer, arguments.to))
    except VerifierError as error:
        print(f"verifier: {error.detail}", file=sys.stderr)
        refused = isinstance(error, CallerError) and not isinstance(error, Conflict)
        return os.EX_DATAERR if refused else os.EX_TEMPFAIL
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
