"""Building the book: forks and hubs by configuration, faults stopped with a sentence."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.errors import ExtensionError

from tests.book.conftest import ROOT, build_book
from workbook import book
from workbook.explorer import Explorer, Slider, View

TOC = "format: jb-book\nroot: book/welcome\nchapters:\n  - file: notebooks/00_try\n"


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """A book of two pages with the configuration of the real one."""
    source = tmp_path / "source"
    for folder in ("book", "notebooks", "src/workbook/static"):
        (source / folder).mkdir(parents=True)
    (source / "_toc.yml").write_text(TOC)
    (source / "book/welcome.md").write_text("# Welcome\n\nHello.\n")
    (source / "notebooks/00_try.ipynb").write_text(json.dumps(notebook("# Try\n\nText.")))
    logo = "src/workbook/static/logo.svg"
    (source / logo).write_bytes((ROOT / logo).read_bytes())
    (source / "_config.yml").write_bytes((ROOT / "_config.yml").read_bytes())
    return source


def notebook(text: str, output: str = "") -> dict[str, Any]:
    data = {"output_type": "display_data", "data": {"text/html": output}, "metadata": {}}
    code = {"id": "b", "cell_type": "code", "source": "x", "execution_count": 1, "metadata": {}}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "cells": [
            {"id": "a", "cell_type": "markdown", "source": text, "metadata": {}},
            {**code, "outputs": [data] if output else []},
        ],
    }


def test_a_fork_and_a_hub_get_their_own_launch_buttons(small_book: Path, tmp_path: Path) -> None:
    config = small_book / "_config.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace('jupyterhub_url: ""', "jupyterhub_url: https://hub.example.edu"))
    result = build_book(small_book, tmp_path, GITHUB_REPOSITORY="teacher/fork")
    assert result.returncode == 0, result.stderr
    built = (tmp_path / "_build/html/notebooks/00_try.html").read_text(encoding="utf-8")
    binder, hub, _ = BeautifulSoup(built, "html.parser").select(".workbook-launch a")
    notebook = "lab/tree/notebooks/00_try.ipynb"
    assert binder["href"] == f"https://mybinder.org/v2/gh/teacher/fork/main?urlpath={notebook}"
    assert hub["href"].startswith("https://hub.example.edu/hub/user-redirect/git-pull?repo=")
    assert "urlpath=lab/tree/fork/notebooks/00_try.ipynb" in hub["href"]


def test_a_broken_link_and_an_unknown_explorer_stop_the_build(
    small_book: Path, tmp_path: Path
) -> None:
    broken = "# Try\n\nSee [the glossary](../book/glossary.md#mlops)."
    lost = '<div class="workbook-explorer" data-explorer="99.lost"></div>'
    (small_book / "notebooks/00_try.ipynb").write_text(json.dumps(notebook(broken, lost)))
    result = build_book(small_book, tmp_path)
    assert result.returncode != 0
    assert "glossary.md" in result.stderr
    assert "there is no explorer '99.lost'" in result.stderr


def test_an_explorer_that_is_too_large_stops_the_build_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    huge = Explorer(
        id="1.huge",
        title="Huge",
        question="?",
        parameters=(Slider("size", "Size", 0, 400, 1),),
        function=lambda size: View(f"{size} " + "x" * 1000),
        key_states=({"size": 0},),
    )

    place = '<div class="workbook-explorer" data-explorer="1.huge"></div>'
    page = new_document("page")
    page += nodes.raw(place, place, format="html")
    application = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    environment = SimpleNamespace(found_docs={"page"}, get_doctree=lambda name: page)
    monkeypatch.setattr(book, "all_explorers", lambda: (huge,))
    with pytest.raises(ExtensionError, match=r"1\.huge: its states take .* bytes"):
        book.write_payloads(application, environment)  # type: ignore[arg-type]
