"""``workbook audit PATH``: what the files of a repository show of its maturity, and what not.

Reads any folder, bounded, and runs nothing of it. For each item of four maturity models it says
where the evidence stands (file and line), that it is missing, or that no repository can show it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workbook.audit.levels import Audit, audit, audit_tree
from workbook.audit.read import AuditError, File, Limits, Tree, read_tree
from workbook.audit.render import FORMATS, as_html, as_json, as_markdown, as_text, overview

__all__ = [
    "FORMATS",
    "Audit",
    "AuditError",
    "File",
    "Limits",
    "Tree",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "audit",
    "audit_tree",
    "main_audit",
    "overview",
    "read_tree",
]


def main_audit(path: str, format: str = "text", out: str | None = None) -> int:
    """Audit a folder and print the report, or write it to a file.

    Parameters
    ----------
    path : str
        The folder of a repository.
    format : {"text", "json", "markdown", "html"}
        How to report.
    out : str, optional
        The file to write; standard output otherwise.

    Returns
    -------
    int
        The exit status: 0, or 1 with one sentence on standard error.
    """
    try:
        report = FORMATS[format](audit(path))
    except AuditError as error:
        print(error, file=sys.stderr)
        return 1
    if out is None:
        encoding = sys.stdout.encoding or "utf-8"
        print(report.rstrip("\n").encode(encoding, "replace").decode(encoding))
        return 0
    try:
        Path(out).write_text(report, encoding="utf-8", newline="\n")
    except OSError as error:
        print(f"The report can't be written to {out}: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"wrote {out}")
    return 0
