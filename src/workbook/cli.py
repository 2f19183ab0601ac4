"""The command line: ``workbook audit`` for everybody, ``build`` and ``new-lesson`` for authors."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import time
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status, 1 for anything that a person has to mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    from workbook.build import BuildError

    try:
        status = int(options.run(options))
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BuildError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing is half written; run it again to go on.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        return _without_output(error)


def _without_output(error: OSError) -> int:
    """End where nobody reads on, as `head` does, as quietly as other tools do, or say why."""
    # Python would write what is left when it ends, and fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if error.errno == errno.EPIPE:
        return 141
    print(f"The output can't be written: {error.strerror}.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbook", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    build = commands.add_parser(
        "build",
        help="make notebooks/ and book/solutions/ from lessons/",
        description="Make the notebooks and solutions pages that are not current.",
    )
    build.add_argument("lessons", nargs="*", help="chapters, by number or name (default: all)")
    how = build.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="change nothing; fail where something isn't current"
    )
    how.add_argument(
        "--solved",
        action="store_true",
        help="execute the lessons with their solutions, into _build/solved; all checks must pass",
    )
    build.set_defaults(run=_build)

    new = commands.add_parser(
        "new-lesson",
        help="start a lesson from the template",
        description="Write the files of a new chapter, ready to build.",
    )
    new.add_argument("name", help="number and slug, such as 02_software_practice")
    new.add_argument("--title", required=True, help="a question or a failure, not a tool")
    new.set_defaults(run=_new_lesson)

    audit = commands.add_parser(
        "audit",
        help="say what the files of a repository show of its maturity",
        description="Read a folder, run nothing of it, and report evidence for each item of four "
        "maturity models: found, missing, or not to be seen in files.",
    )
    audit.add_argument("path", nargs="?", default=".", help="the repository (default: this folder)")
    formats = ("text", "json", "markdown", "html")
    audit.add_argument("--format", choices=formats, default="text", help="(default: text)")
    audit.add_argument("--out", metavar="FILE", help="write the report there (- for the terminal)")
    audit.set_defaults(run=_audit)
    return parser


def _build(options: argparse.Namespace) -> int:
    from workbook import build

    project = build.checkout()
    started = time.monotonic()
    if options.check:
        findings = build.drift(project)
        if findings:
            raise build.BuildError("\n".join(findings))
        print("notebooks/ and book/solutions/ come from lessons/ as they stand.")
        return 0
    make = build.build_solved if options.solved else build.build
    make(project, lambda line: print(line, flush=True), options.lessons)
    print(f"Done in {time.monotonic() - started:.1f} s.")
    return 0


def _new_lesson(options: argparse.Namespace) -> int:
    from workbook.build import checkout
    from workbook.template import new_lesson

    for path in new_lesson(checkout(), options.name, options.title):
        print(f"wrote {path}")
    return 0


def _audit(options: argparse.Namespace) -> int:
    from workbook.audit import main_audit

    return main_audit(options.path, options.format, options.out)


if __name__ == "__main__":
    sys.exit(main())
