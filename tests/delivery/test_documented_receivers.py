"""The receivers that docs/api.md tells people to copy accept our messages and refuse everything else."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from verifier.core.webhook import signed_headers

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SECRETS = tuple("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
BODY = '{"type":"verification.decided","data":{"external_id":"slučaj"}}'
NAMES = ("ours", "in_rotation", "tampered", "foreign", "old", "future", "unsigned")


def messages() -> dict[str, tuple[bool, dict[str, str], str]]:
    """By name whether it is to be accepted, its headers and its body; signed now, for receivers ask the clock."""
    now_s = int(time.time())
    return {
        "ours": (True, signed_headers(SECRETS[:1], "msg_1", now_s, BODY), BODY),
        "in_rotation": (True, signed_headers(SECRETS[::-1], "msg_1", now_s, BODY), BODY),
        "tampered": (False, signed_headers(SECRETS[:1], "msg_1", now_s, BODY), BODY + " "),
        "foreign": (False, signed_headers(SECRETS[1:], "msg_1", now_s, BODY), BODY),
        "old": (False, signed_headers(SECRETS[:1], "msg_1", now_s - 3_600, BODY), BODY),
        "future": (False, signed_headers(SECRETS[:1], "msg_1", now_s + 3_600, BODY), BODY),
        "unsigned": (False, {**signed_headers((), "msg_1", now_s, BODY)}, BODY),
    }


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("name", NAMES)
def test_the_python_receiver(name: str) -> None:
    accepted, headers, body = messages()[name]
    namespace: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(block("python"), "receiver.py", "exec"), namespace)
    if accepted:
        assert namespace["verify"](SECRETS[0], headers, body.encode()) == json.loads(body)
    else:
        with pytest.raises(ValueError, match=r"."):
            namespace["verify"](SECRETS[0], headers, body.encode())


def test_the_javascript_receiver(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node, "node is needed to run the documented receiver"
    (tmp_path / "receiver.mjs").write_text(block("javascript"))
    (tmp_path / "messages.json").write_text(json.dumps(sent := messages()))
    (tmp_path / "check.mjs").write_text(
        """
        import { readFileSync } from "node:fs";
        import { verify } from "./receiver.mjs";
        const messages = JSON.parse(readFileSync(new URL("./messages.json", import.meta.url), "utf8"));
        const verdicts = {};
        for (const [name, [, headers, body]] of Object.entries(messages)) {
          try { verdicts[name] = verify(process.argv[2], headers, Buffer.from(body)).data.external_id; }
          catch { verdicts[name] = null; }
        }
        console.log(JSON.stringify(verdicts));
        """
    )
    done = subprocess.run(
        [node, str(tmp_path / "check.mjs"), SECRETS[0]], capture_output=True, text=True, timeout=60, check=True
    )
    expected = {name: "slučaj" if accepted else None for name, (accepted, _, _) in sent.items()}
    assert json.loads(done.stdout) == expected
