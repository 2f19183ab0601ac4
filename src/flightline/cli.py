"""Flightline's command: from the features of the year to a service that is watched."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

#: What `flightline monitor` ends with when a person has to act; 1 is an error, 2 a wrong call.
ALARM = 3

_EXAMPLE = """\
POLICIES.py holds four functions. For example:

  def threshold(false_alarm, miss): return false_alarm / (false_alarm + miss)
  def alarm(today, earlier): return today.failed > 0.01 * today.flights
  def retrain(today, earlier): return today.since_retraining >= 30
  def gate(trial): return trial.challenger.max() <= 1

threshold gets two costs and returns the probability from which to warn. The
others return True or False: alarm to call somebody, retrain to train a model
tonight, gate to let it serve some flights. `today` is a Day, `earlier` those
before it, `trial` a Trial: see help(flightline.replay.Day) and so on in Python.
A policy may depend on nothing but what it is given: no memory, no randomness.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0, or 1 for anything that a person has to mend, or `ALARM`.
    """
    # More threads than flights are slower; set before NumPy is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A name of yours may hold letters that the terminal can't write.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        print(f"Stopped. {_go_on(options)} to go on.", file=sys.stderr)
        return 130
    except (ValueError, RuntimeError, OSError) as error:
        if not _for_people(error):
            raise
        print(f"flightline {options.command}: {error}", file=sys.stderr)
        return 1


def _go_on(options: argparse.Namespace) -> str:
    """Return what to do after an interruption, so that no work is lost."""
    if getattr(options, "fresh", False):
        return "Run it again without --fresh"
    return "Run the command again"


def _for_people(error: Exception) -> bool:
    """Whether an error is one that Flightline raises with a sentence, or one of a file."""
    return isinstance(error, OSError) or type(error).__module__.startswith("flightline.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flightline", description=__doc__)
    commands = parser.add_subparsers(
        title="commands, in the order of their work",
        required=True,
        metavar="COMMAND",
        dest="command",
    )

    features = _command(
        commands,
        "features",
        "compute the features of the year and write the feature repository",
        _features,
    )
    features.add_argument(
        "--online",
        choices=["sqlite", "redis", "postgres"],
        help="also load the latest values into this online store",
    )

    train = _command(
        commands, "train", "train on January to June, judge on July and August, log the run", _train
    )
    train.add_argument(
        "--kind", choices=["logistic", "boosting", "tuned"], default="tuned", help="of model"
    )
    train.add_argument(
        "--rows", type=_positive, help="flights to learn from, drawn at random (default: all)"
    )
    train.add_argument("--seed", type=int, default=0, help="of all that is random (default: 0)")

    promote = _command(
        commands, "promote", "let a run's model serve, if it passes the gates; or go back", _promote
    )
    which = promote.add_mutually_exclusive_group()
    which.add_argument("--run-id", help="the run, or how its id begins (default: the latest)")
    which.add_argument(
        "--rollback", action="store_true", help="let the last good version serve again"
    )

    serve = _command(commands, "serve", "serve the champion over HTTP on this machine", _serve)
    serve.add_argument("--port", type=_port, default=8080, help="(default: 8080)")

    monitor = _command(
        commands, "monitor", "judge a month of the champion by July and August", _monitor
    )
    monitor.add_argument("--month", type=int, required=True, help="of 2013, 9 to 12")

    replay = _command(
        commands,
        "replay",
        "play a period day by day, with faults in it and four policies in charge",
        _replay,
        folder="flightline-replay",
    )
    replay.add_argument(
        "policies",
        nargs="?",
        type=Path,
        metavar="POLICIES.py",
        help="a file with threshold, alarm, retrain and gate (default: the reference)",
    )
    replay.add_argument(
        "--scenario",
        choices=["practice", "year"],
        default="practice",
        help="July and August, or April to December (default: practice)",
    )
    replay.add_argument("--name", help="on the leaderboard (default: the file's)")
    replay.add_argument(
        "--leaderboard", type=Path, help="the file (default: leaderboard.csv in the folder)"
    )
    replay.add_argument(
        "--fresh", action="store_true", help="begin anew in place of going on where it stopped"
    )
    replay.epilog = _EXAMPLE
    replay.formatter_class = argparse.RawDescriptionHelpFormatter
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int],
    folder: str = "flightline-work",
) -> argparse.ArgumentParser:
    """Add a command that works in a folder."""
    parser = commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(folder),
        help=f"where everything is kept (default: {folder})",
    )
    parser.set_defaults(run=run)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 flight")
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65_535:
        raise argparse.ArgumentTypeError("between 1 and 65535")
    return number


class _Steps:
    """Print each step, with the seconds that the last one took."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} s] {line} ...", flush=True)


def _features(options: argparse.Namespace) -> int:
    from flightline.operations import Workspace, make_features

    place = Workspace(options.folder)
    summary = make_features(place, options.online, _Steps())
    rows = ", ".join(f"{count:,} of {name}" for name, count in summary.rows.items())
    print(f"Wrote {place.features}: rows {rows}.")
    print(f"Wrote {place.flights}. Next: flightline train")
    return 0


def _train(options: argparse.Namespace) -> int:
    from flightline.operations import Workspace, train

    result = train(Workspace(options.folder), options.kind, options.rows, options.seed, _Steps())
    metrics = result.metrics
    print(f"Run {result.run_id[:8]}, on July and August:")
    print(f"  AUC   {metrics['auc']:.3f}")
    print(f"  Brier {metrics['brier']:.4f}")
    low, high = metrics["cost_low"], metrics["cost_high"]
    print(f"  cost  {metrics['cost']:.0f} per 1,000 flights [{low:.0f}, {high:.0f}]")
    print("Next: flightline promote")
    return 0


def _promote(options: argparse.Namespace) -> int:
    from flightline import operations

    place = operations.Workspace(options.folder)
    if options.rollback:
        before, now = operations.roll_back(place)
        print(f"Version {now} serves again in place of version {before}.")
        return 0
    promotion = operations.promote(place, options.run_id, _Steps())
    against = f"version {promotion.against}" if promotion.against else "the share of late flights"
    print(f"Against {against}: {promotion.decision.reason}")
    if promotion.serves:
        print(f"Version {promotion.version} is the champion. Next: flightline serve")
        return 0
    reasons = ", ".join(promotion.objections) or promotion.decision.action
    print(f"Version {promotion.version} may not serve: {reasons}.", file=sys.stderr)
    return 1


def _serve(options: argparse.Namespace) -> int:
    from flightline.operations import Workspace, deployed
    from flightline.processes import is_free

    place = Workspace(options.folder)
    version = deployed(place).champion
    if not is_free(options.port):
        print(
            f"flightline serve: port {options.port} is taken or not allowed: choose another with "
            "--port.",
            file=sys.stderr,
        )
        return 1
    from flightline.serving import main as serve

    print(f"Version {version} serves at http://127.0.0.1:{options.port} (Ctrl-C stops it).")
    sys.stdout.flush()
    serve(["--folder", str(place.bundles), "--port", str(options.port)])
    return 0


def _monitor(options: argparse.Namespace) -> int:
    from flightline.operations import Workspace, monitor

    report, page = monitor(Workspace(options.folder), options.month, _Steps())
    print(f"{report.verdict}: {report.summary}")
    print(f"Wrote {page}.")
    return ALARM if report.alarm else 0


def _replay(options: argparse.Namespace) -> int:
    from flightline.experiments.replays import load_replays
    from flightline.replay import REFERENCE, load_policies, replay
    from flightline.replay.leaderboard import check_name, read_leaderboard, record, to_text
    from flightline.replay.report import write_report

    policies = REFERENCE if options.policies is None else load_policies(options.policies)
    name = options.name or ("reference" if options.policies is None else options.policies.stem)
    board = options.leaderboard or options.folder / "leaderboard.csv"
    # What can't be used is better said now than after the whole replay.
    check_name(name, policies)
    read_leaderboard(board)
    place = options.folder / options.scenario / name
    _say(f"Playing {options.scenario} with the policies of {name}. Ctrl-C stops it.")
    measured = load_replays(options.scenario)
    others = {each: found["saved"] for each, found in measured.items() if each != name}
    with _writing(place, "--folder", options):
        with _Bar() as bar:
            result = replay(policies, place, options.scenario, progress=bar, fresh=options.fresh)
        report = write_report(result, name, others)
    _say(result.score.explain())
    _say(f"\nWrote {report}.")
    with _writing(board.parent, "--leaderboard", options):
        rows = record(board, name, result.score, result.policies)
    _say(f"\n{to_text(rows)}\n\nWrote {board}.")
    return 0


def _say(text: str) -> None:
    """Print; a reader who left, such as `head`, is no reason to lose a replay."""
    try:
        print(text, flush=True)
    except OSError:
        # What is left in the buffer would fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _writing(folder: Path, option: str, options: argparse.Namespace) -> Iterator[None]:
    """Say where a file couldn't be written, and what to do."""
    try:
        yield
    except OSError as error:
        raise OSError(
            f"can't write in {folder} ({error.strerror or error}). {_go_on(options)} when that is "
            f"mended, or choose another {option}."
        ) from None


class _Bar:
    """Show on a terminal how far a replay is."""

    def __init__(self) -> None:
        self.bar: Any = None
        # None: stderr was closed before the command began.
        self.shown = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> _Bar:
        if self.shown:
            print("Preparing the flights ...", file=sys.stderr, flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def __call__(self, day: date, done: int, total: int) -> None:
        if self.bar is None:
            from tqdm import tqdm

            self.bar = tqdm(total=total, initial=done - 1, unit=" days", disable=not self.shown)
        self.bar.set_description(str(day))
        self.bar.update(done - self.bar.n)


if __name__ == "__main__":
    sys.exit(main())
