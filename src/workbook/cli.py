"""The command line of the course's maintainers: ``workbook build`` and ``workbook new-lesson``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status, 1 for anything that a person has to mend."""
    parser = _parser()
    options = parser.parse_args(arguments)
    from workbook.build import BuildError

    try:
        return int(options.run(options))
    except BuildError as error:
        print(f"{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Nothing is half written; run it again to go on.", file=sys.stderr)
        return 130


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


if __name__ == "__main__":
    sys.exit(main())
