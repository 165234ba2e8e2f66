"""The drawing of the README stands alone and shows what the start page shows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
DRAWING = ROOT / "docs/picture.svg"
SHAPE = re.compile(r'(?:\sd|\scx|\scy|\sx|\sy|\swidth|\sheight|transform)="[^"]+"')


def test_the_drawing_is_well_formed_and_names_the_four_links() -> None:
    root = ElementTree.parse(DRAWING).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    named = {(title.text or "").partition(":")[0] for title in root.iter("{http://www.w3.org/2000/svg}title")}
    assert {f"{who}'s {way}" for who in ("Freelancer", "Interviewer") for way in ("uplink", "downlink")} <= named


def test_the_drawing_needs_nothing_from_the_product() -> None:
    text = DRAWING.read_text()
    assert "var(" not in text and "{{" not in text and "href" not in text and "currentColor" not in text
    used = {name for names in re.findall(r'class="([^"]+)"', text) for name in names.split()}
    assert all(f".{name} " in text for name in used), "a shape without its colour is black"


def test_the_drawing_is_the_one_of_the_start_page() -> None:
    page = (ROOT / "templates/macros/picture.svg").read_text().partition("<defs>")[2]
    assert SHAPE.findall(page) == SHAPE.findall(DRAWING.read_text().partition("<defs>")[2])


def test_the_readme_shows_the_drawing() -> None:
    assert "](docs/picture.svg)" in (ROOT / "README.md").read_text()
