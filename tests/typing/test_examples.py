"""The type checker is a door of its own: every negative example fails it, with exactly the errors that it names."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = "tests/typing/failed_is_refused.py"
_EXPECTED = re.compile(r"# error: ([a-z-]+(?:, [a-z-]+)*)$")
_FOUND = re.compile(rf"^{re.escape(EXAMPLES)}:(\d+): error: .*\[([a-z-]+)\]$")


def test_i1_i2_i3_the_type_checker_refuses_every_other_way_to_failed() -> None:
    lines = enumerate((ROOT / EXAMPLES).read_text().splitlines(), start=1)
    expected = [
        (number, code) for number, line in lines for named in _EXPECTED.findall(line) for code in named.split(", ")
    ]
    command = [sys.executable, "-m", "mypy", "--config-file", "tests/typing/mypy.ini", EXAMPLES]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [match.groups() for line in checked.stdout.splitlines() if (match := _FOUND.match(line))]
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert sorted((int(number), code) for number, code in found) == sorted(expected), checked.stdout
    assert len(expected) >= 15
