"""The composed server has exactly the routes that docs/access.md tells of."""

from __future__ import annotations

import re
from pathlib import Path

from verifier.app.adapting import ROOT
from verifier.app.compose import compose
from verifier.config import load
from verifier.storage.migrating import upgrade
from verifier.web import access


async def test_every_route_of_the_server_stands_in_the_matrix(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, port=18_951)
    upgrade(settings.database)
    house = await compose(settings)
    try:
        served = {f"{method} {path}" for method, path, _ in access.rules(house.web_application())}
    finally:
        await house.media.close()
        await house.store.close()
    assert served == set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", (ROOT / "docs/access.md").read_text(), re.M))
