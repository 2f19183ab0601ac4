"""The audit as text, JSON, Markdown and HTML, and its command."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from workbook.audit import FORMATS, Audit, as_html, as_json, as_markdown, as_text, audit, main_audit
from workbook.audit.stages import stages, tools_only, write_files

HOSTILE = "test_<b>|`x`_[a](b).py"
#: What would clear a terminal, start a line of its own, end a table, or not be written as UTF-8.
FORGING = "a.py\n\nGoogle: level 2\r\x1b[2J\x1b]0;owned\a\x9b2J\u202e\u2028\ud83d |"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    folder = tmp_path_factory.mktemp("repository")
    return audit(str(write_files([*stages().values()][-1] | tools_only(), folder)))


def test_text_names_place_gap_and_question_of_each_item(found: Audit) -> None:
    text = as_text(found)
    assert "Google: level 0, Manual process" in text
    assert "src/flightline/contracts.py:" in text
    assert "missing: training on a schedule or trigger" in text
    assert "Is the pipeline that runs in production the one that people experiment with?" in text
    assert "What no file shows" in text
    assert max(map(len, text.splitlines())) <= 100


def test_json_has_the_documented_members(found: Audit) -> None:
    read = json.loads(as_json(found))
    assert list(read) == [
        "schema", "name", "files", "notes", "evidence", "models", "steps", "unused",
    ]  # fmt: skip
    assert read["schema"] == 1
    google = read["models"][0]
    assert (google["key"], google["value"], google["means"]) == ("google", 0, "Manual process")
    assert {item["status"] for item in google["items"]} == {"found", "missing", "unknowable"}
    places = [place for places in read["evidence"].values() for place in places]
    assert {tuple(sorted(place)) for place in places} == {
        ("line", "path", "repeated", "unit", "what")
    }
    assert all(member in (as_json.__doc__ or "") for member in google)


def test_markdown_is_a_table_for_each_model(found: Audit) -> None:
    text = as_markdown(found)
    assert text.count("| Item | | Evidence or question |") == 4
    assert "| Google | 0 | Manual process |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


class Page(HTMLParser):
    """Notes the open tags, what a page loads, and whether tags are balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "data", "action")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html_is_one_page_that_loads_nothing(found: Audit) -> None:
    page = Page()
    page.feed(as_html(found))
    assert page.open == []
    assert page.loads == []
    assert not {"script", "link", "img", "iframe", "b"} & set(page.tags)
    assert page.tags.count("h1") == 1
    assert page.tags.count("caption") == page.tags.count("table") == 5
    html = as_html(found)
    assert '<html lang="en">' in html
    assert '<th scope="row">' in html
    assert "<title>Audit of " in html


def test_names_are_shown_as_text_and_never_as_markup(tmp_path: Path) -> None:
    name = HOSTILE.replace("|", "").replace("<b>", "")
    write_files({name: "def test_a():\n    assert f() == '<b>'\n"}, tmp_path)
    found = audit(str(tmp_path))
    evidence = found.evidence["tests"][0]
    odd = type(evidence)(HOSTILE, 1, "def <script>alert(1)</script>", True)
    item = found.models[3].items[0]
    shown = type(item)(item.item, "found", (odd,), (), 1.0)
    model = found.models[3]
    changed = type(model)(
        model.model, model.value, model.areas, (shown,), model.asks, model.steps
    )  # fmt: skip
    whole = type(found)(
        "<i>x", 1, 1, ("<u>",), found.evidence, (changed,), found.steps, ("<s>",)
    )  # fmt: skip
    html = as_html(whole)
    for tag in ("<b>", "<i>", "<u>", "<s>", "<script"):
        assert tag not in html
    assert "\\|" in as_markdown(whole)


def with_evidence(found: Audit, path: str, what: str) -> Audit:
    """Let one item of the last model stand on a piece of evidence, whoever let it through."""
    odd = replace(found.evidence["tests"][0], path=path)
    object.__setattr__(odd, "what", what)
    model = found.models[3]
    item = replace(model.items[0], status="found", evidence=(odd,), missing=(), points=1.0)
    return replace(found, evidence={"tests": (odd,)}, models=(replace(model, items=(item,)),))


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_file_says_neither_steers_a_terminal_nor_starts_a_line(
    found: Audit, form: str
) -> None:
    plain = FORMATS[form](with_evidence(found, "a.py", "a.py"))
    text = FORMATS[form](with_evidence(found, "a.py", FORGING))
    text.encode("utf-8")
    assert all(c.isprintable() for c in text.replace("\n", ""))
    assert len(text.splitlines()) == len(plain.splitlines())
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


def test_notes_are_text_in_markdown_too(found: Audit) -> None:
    assert r"\<b>a\_b" in as_markdown(replace(found, notes=("<b>a_b",)))


def test_a_place_is_never_cut(found: Audit) -> None:
    path = "d" * 120 + "/train.py"
    text = as_text(with_evidence(found, path, "x" * 100))
    assert re.search(rf"{path}:\d+  x{{19}}…", text)


def test_a_command_that_is_no_unicode_can_be_written(tmp_path: Path) -> None:
    files = {
        "package.json": '{"scripts": {"test": "jest \\ud83d"}}',
        ".github/workflows/ci.yml": "on: push\njobs: {a: {steps: [{uses: actions/checkout@v5}, "
        "{run: npm test}]}}\n",
        "test_m.py": "from m import add\n\n\ndef test_add():\n    assert add(1, 1) == 2\n",
    }
    write_files(files, tmp_path / "repo")
    for format in FORMATS:
        out = tmp_path / f"report-{format}"
        assert main_audit(str(tmp_path / "repo"), format, str(out)) == 0
        assert "jest" in out.read_text(encoding="utf-8")


def test_an_audit_without_anything_to_do_says_so(found: Audit) -> None:
    done = type(found)("x", 1, 1, (), found.evidence, found.models, (), ())
    assert "none that a file could show" in as_text(done)
    assert "None that a file shows." in as_html(done)
    assert "no trace of its use" not in as_html(done)


@pytest.mark.parametrize("format", FORMATS)
def test_the_command_writes_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    write_files({"a.py": "x = 1\n"}, tmp_path / "repo")
    out = tmp_path / "report"
    assert main_audit(str(tmp_path / "repo"), format, str(out)) == 0
    assert capsys.readouterr().out == f"wrote {out}\n"
    written = out.read_text(encoding="utf-8")
    assert main_audit(str(tmp_path / "repo"), format) == 0
    assert capsys.readouterr().out.rstrip("\n") == written.rstrip("\n")
