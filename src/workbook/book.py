"""Sphinx extension of the book: explorers and quizzes without a kernel, formulas without scripts.

Everything it adds is served from the site itself, and works from a folder as well as from a web
server. It also mends what the theme gets wrong for readers: faults of accessibility, and two
megabytes of icons of which a page shows ten. It reads the course; the course doesn't know of it.
"""

import os
import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import latex2mathml
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from workbook.explorer import STATIC
from workbook.explorers import all_explorers
from workbook.quizzes import all_quizzes

__all__ = ["setup"]

LOGGER = logging.getLogger(__name__)
WIDGETS = {"explorer": "WorkbookExplorer", "quiz": "WorkbookQuiz"}
PLACE = re.compile(r'<div class="workbook-(explorer|quiz)" data-\1="([^"]+)">')
THEME_OPTIONS = {
    "navbar_persistent": [],
    "use_download_button": False,
    "use_fullscreen_button": False,
}
# The theme's icon library, which workbook.css replaces: its style rules and its files.
ICON_RULES = re.compile(
    r"@font-face\{[^}]*Font Awesome[^}]*\}"
    r"|(?<=[};/])\.fa[\w-]*(?::before|:after)?(?:,\.fa[\w-]*(?::before|:after)?)*\{[^{}]*\}"
)
ICON_FILES = ("vendor", "scripts/fontawesome.js", "scripts/fontawesome.js.map")
REDIRECT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={page}">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{page}">Open the book</a></p></main></body>
</html>
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (_inline_math, None), (_block_math, None))
    app.connect("config-inited", configure)
    app.connect("env-updated", write_payloads)
    # After the theme, which sets up a page's buttons and scripts at 500 and 501.
    app.connect("html-page-context", load_widgets, priority=600)
    app.connect("html-page-context", mend_page, priority=600)
    app.connect("html-page-context", show_launch_buttons, priority=601)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def configure(app: Sphinx, config: Config) -> None:
    """Add the course's look, and point the launch buttons at the repository that is built."""
    config.templates_path = [*config.templates_path, str(STATIC / "templates")]
    files = ("workbook.css", "widgets.css", "explorer.js", "quiz.js")
    config.html_static_path = [*config.html_static_path, *(str(STATIC / name) for name in files)]
    app.add_css_file("widgets.css")
    app.add_css_file("workbook.css", priority=900)
    config.html_sidebars = {"**": ["home.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
    config.html_theme_options.update(THEME_OPTIONS)
    fork = os.environ.get("GITHUB_REPOSITORY")
    if fork:
        config.html_theme_options["repository_url"] = f"https://github.com/{fork}"


def write_payloads(app: Sphinx, environment: BuildEnvironment) -> None:
    """Write the explorers and quizzes of the pages as scripts, each with its every state.

    Raises
    ------
    ExtensionError
        Naming the explorer or quiz that can't be computed or is too large.
    """
    if app.builder.format != "html":
        return
    shown = {
        widget
        for page in environment.found_docs
        for widget in _widgets_on(environment.get_doctree(page))
    }
    folder = Path(app.outdir, "_static")
    folder.mkdir(parents=True, exist_ok=True)
    known = {
        **{("explorer", explorer.id): explorer.payload for explorer in all_explorers()},
        **{("quiz", str(quiz.chapter)): quiz.payload for quiz in all_quizzes()},
    }
    for kind, key in shown & known.keys():
        try:
            payload = known[kind, key]()
        except ValueError as error:
            raise ExtensionError(str(error)) from error
        script = f'{WIDGETS[kind]}.register("{key}", {payload});\n'
        (folder / f"{kind}-{key}.js").write_text(script, encoding="utf-8")


def load_widgets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the scripts of the explorers and quizzes that a page holds, and no others."""
    for kind, key in _widgets_on(doctree) if doctree is not None else []:
        script = f"{kind}-{key}.js"
        if not Path(app.outdir, "_static", script).is_file():
            LOGGER.warning("there is no %s %r", kind, key, location=page)
        app.add_js_file(f"{kind}.js", priority=800)
        app.add_js_file(script, priority=801)


def _widgets_on(doctree: nodes.document) -> list[tuple[str, str]]:
    """Return the kind and the key of each explorer and quiz on a page, in order."""
    source = "".join(node.astext() for node in doctree.findall(nodes.raw))
    return list(dict.fromkeys(PLACE.findall(source)))


def mend_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make the empty corner of a data frame a cell: a header must name something."""
    if "body" in context:
        context["body"] = context["body"].replace("<th></th>", "<td></td>")


def show_launch_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Move the launch buttons of a notebook's page from a menu to below its title."""
    groups = [b for b in context["header_buttons"] if b.get("label") == "launch-buttons"]
    if not groups:
        return
    context["header_buttons"] = [b for b in context["header_buttons"] if b not in groups]
    links = [
        f'<a href="{escape(button["url"])}">Run on {escape(button["text"])}</a>'
        for button in groups[0]["buttons"]
    ]
    source = context["pathto"](f"_sources/{context['sourcename']}", 1)
    links.append(f'<a href="{escape(source)}" download>Download the notebook</a>')
    launch = f'<nav class="workbook-launch" aria-label="Run this chapter">{"".join(links)}</nav>'
    context["body"] = context["body"].replace("</h1>", f"</h1>{launch}", 1)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write an index page that leads to the first page, and drop the theme's icon library."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    page = f"{app.config.root_doc}.html"
    index = REDIRECT.format(page=page, title=app.config.html_title)
    (site / "index.html").write_text(index, encoding="utf-8")
    for path in (site / "_static" / name for name in ICON_FILES):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    style = site / "_static/styles/pydata-sphinx-theme.css"
    rules = style.read_text(encoding="utf-8")
    style.write_text(ICON_RULES.sub("", rules), encoding="utf-8")


def _inline_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(latex2mathml.tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def _block_math(translator: Any, node: nodes.math_block) -> None:
    formula = latex2mathml.tex2mathml(node.astext(), as_block=True)
    translator.body.append(f'<div class="math-block">{formula}</div>')
    raise nodes.SkipNode
