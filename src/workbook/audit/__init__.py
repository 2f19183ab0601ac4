"""``workbook audit PATH``: what the files of a repository show of its maturity, and what not.

Reads any folder, bounded, and runs nothing of it. For each item of four maturity models it says
where the evidence stands (file and line), that it is missing, or that no repository can show it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from workbook.audit.levels import Audit, audit, audit_tree
from workbook.audit.read import AuditError, File, Limits, Tree, printable, read_tree
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

#: Suffixes of files that a report may replace: what else exists may be somebody's code.
REPORTS = frozenset({"", ".txt", ".json", ".md", ".html", ".htm"})


def main_audit(path: str, format: str = "text", out: str | None = None) -> int:
    """Audit a folder and print the report, or write it to a file.

    Parameters
    ----------
    path : str
        The folder of a repository.
    format : {"text", "json", "markdown", "html"}
        How to report.
    out : str, optional
        The file to write; standard output otherwise, and for ``-``.

    Returns
    -------
    int
        The exit status: 0, or 1 with one sentence on standard error.
    """
    try:
        report = FORMATS[format](audit(path))
        if out is None or out == "-":
            _print(report)
        else:
            _write(report, out)
    except AuditError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(report: str) -> None:
    if sys.stdout is None:
        raise AuditError("The report can't be printed: standard output is closed. Give --out FILE.")
    encoding = sys.stdout.encoding or "utf-8"
    print(report.rstrip("\n").encode(encoding, "replace").decode(encoding))


def _write(report: str, out: str) -> None:
    if not out:
        raise AuditError("The report can't be written: --out needs the name of a file.")
    shown, file = printable(out), Path(out)
    try:
        if file.is_file() and file.suffix.lower() not in REPORTS:
            raise AuditError(f"{shown} exists and is no report: give --out another name.")
        file.write_text(report, encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise AuditError(f"The report can't be written to {shown}: {error.strerror}.") from None
    print(f"wrote {shown}")
