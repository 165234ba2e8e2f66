"""The template environment, one per language. One rule: escaped, and an undefined variable is an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from verifier.wording.catalogue import NAMES, Catalogue, load, negotiate
from verifier.wording.vocabulary import vocabulary


class Pages:
    """Renders templates in every language that has a catalogue."""

    def __init__(self, templates: Path, catalogues: Mapping[str, Catalogue] | None = None) -> None:
        self._catalogues = catalogues or load()
        self._environments = {code: environment(templates, catalogue) for code, catalogue in self._catalogues.items()}

    def negotiate(self, wanted: str, accepted: str) -> str:
        """The language for a reader who asked for ``wanted`` and whose browser sent ``accepted``."""
        return negotiate(self._catalogues, wanted, accepted)

    def catalogue(self, language: str) -> Catalogue:
        """The texts of a language that ``negotiate`` gave."""
        return self._catalogues[language]

    def choices(self) -> list[dict[str, str]]:
        """Languages to choose from as {code, name, url}; empty when there is no choice."""
        if len(self._catalogues) < 2:
            return []
        return [{"code": code, "name": NAMES[code], "url": f"?lang={code}"} for code in self._catalogues]

    def render(self, template: str, language: str, **context: object) -> str:
        """The page as text.

        Raises:
            jinja2.UndefinedError: the template uses a variable that is not given.
        """
        return self._environments[language].get_template(template).render(lang=language, **context)


def environment(templates: Path, catalogue: Catalogue) -> Environment:
    """The templates of a directory with the words of one language."""
    built = Environment(
        loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    built.globals.update(vocabulary(catalogue))
    return built
