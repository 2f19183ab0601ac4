"""Make the environment that every command of the course runs in: .venv, from requirements.txt.

Standard library only, and any Python from 3.8 on can read it, so that a Python which does not
suit gets a sentence instead of a syntax error.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "workbook-setup.json"
LOG = VENV / "workbook-setup.log"
SUPPORTED = ((3, 11), (3, 12), (3, 13))
INPUTS = ("requirements.txt", "pyproject.toml", "tools/setup_environment.py")
AGAIN = "run the same command again"

PROBE = """\
import sys
print(sys.executable)
print("%d.%d.%d" % sys.version_info[:3])
try:
    import ensurepip, venv
    print("yes")
except ImportError:
    print("no")
"""

# JupyterLab's own requests to the internet, off: after set-up the course needs no network.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
    }
}


class SetUpError(Exception):
    """What went wrong, where, and what to do about it, in one sentence."""


class Interpreter(NamedTuple):
    """A Python that can be started."""

    executable: str
    version: str
    can_make_environments: bool

    @property
    def is_supported(self) -> bool:
        """Whether the course is verified on this version."""
        return tuple(int(part) for part in self.version.split(".")[:2]) in SUPPORTED


def probe(command: list[str]) -> Interpreter | None:
    """Ask a Python who it is; None if it cannot be started."""
    try:
        answer = subprocess.run(
            [*command, "-c", PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=30,
            check=True,
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    return Interpreter(answer[0], answer[1], answer[2] == "yes")


def find_python(named: str | None) -> Interpreter:
    """Find a Python that suits: the named one, else the first of the usual names.

    Raises
    ------
    SetUpError
        If there is none, with the reason and the remedy.
    """
    if named:
        commands = [[named]]
    else:
        names = ["python3", *(f"python{major}.{minor}" for major, minor in reversed(SUPPORTED))]
        commands = [[sys.executable], *([name] for name in names if shutil.which(name))]
        if os.name == "nt":
            commands += [["py", f"-{major}.{minor}"] for major, minor in reversed(SUPPORTED)]
    found = [interpreter for command in commands if (interpreter := probe(command))]
    supported = [interpreter for interpreter in found if interpreter.is_supported]
    for interpreter in supported:
        if interpreter.can_make_environments:
            return interpreter
    if supported:
        version = ".".join(supported[0].version.split(".")[:2])
        raise SetUpError(
            f"{supported[0].executable} cannot make environments because its ensurepip module is "
            f"missing; on Debian and Ubuntu run `sudo apt install python{version}-venv`, then "
            f"{AGAIN}."
        )
    if named and not found:
        raise SetUpError(f"PYTHON={named} cannot be started; give the path of a Python.")
    versions = sorted(
        {f"{interpreter.version} ({interpreter.executable})" for interpreter in found}
    )
    raise SetUpError(
        f"Python 3.11, 3.12 or 3.13 is needed and this is {', '.join(versions)}; install one from "
        "https://www.python.org/downloads/ or name one with PYTHON=/path/to/python3.12."
    )


def venv_script(name: str) -> Path:
    """Path of a program inside the environment."""
    if os.name == "nt":
        return VENV / "Scripts" / f"{name}.exe"
    return VENV / "bin" / name


def fingerprint() -> dict[str, str]:
    """Describe what the environment depends on: its place and what it is made from."""
    digest = hashlib.sha256()
    for name in INPUTS:
        content = (ROOT / name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return {"root": str(ROOT), "inputs": digest.hexdigest()}


def read_stamp() -> dict[str, Any]:
    """Read what the last finished set-up left; empty if it did not finish."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def explain(output: str, doing: str) -> str:
    """Turn the output of a failed step into one sentence."""
    patterns = {
        r"no space left on device|os error 28|disk quota exceeded|os error 112": (
            f"the disk that holds {ROOT} is full; free about 2 GB, then {AGAIN}."
        ),
        r"permission denied|read-only file system|os error (13|30)\b|access is denied": (
            f"a file in {VENV} cannot be written; make the folder yours, close programs that use "
            f"it, then {AGAIN}."
        ),
        r"hash(es)? (mismatch|from the requirements)|do not match the hashes": (
            "a downloaded package does not have the content that requirements.txt promises; do "
            "not install it by other means, and tell the maintainers which one it is."
        ),
        r"certificate|ssl": (
            f"the package index's certificate is not trusted here; point SSL_CERT_FILE and "
            f"PIP_CERT at your network's certificate, then {AGAIN}."
        ),
        (
            r"failed to (fetch|establish)|error sending request|connection (error|refused|reset)"
            r"|newconnectionerror|name resolution|dns error|timed out|timeout|unreachable"
            r"|no matching distribution|could not (fetch|find a version)|no solution found"
        ): (
            "the package index cannot be reached; set-up needs the network once (behind a mirror "
            f"set PIP_INDEX_URL and UV_DEFAULT_INDEX), so connect and {AGAIN}."
        ),
    }
    for pattern, sentence in patterns.items():
        if re.search(pattern, output, re.IGNORECASE):
            return f"{doing} failed: {sentence}"
    return f"{doing} failed; the last lines above and {LOG} say why; then {AGAIN}."


def run(command: list[str], doing: str) -> None:
    """Run one step of the set-up and show that it is alive.

    Raises
    ------
    SetUpError
        If the step fails. Its whole output is in the log.
    """
    environment = {
        **os.environ,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",
        "VIRTUAL_ENV": str(VENV),
    }
    environment.pop("PYTHONHOME", None)
    done = threading.Event()

    def report() -> None:
        started = time.monotonic()
        while not done.wait(15):
            print(f"  ... {time.monotonic() - started:.0f} s", flush=True)

    threading.Thread(target=report, daemon=True).start()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(("Resolved", "Prepared", "Installed", "Downloading")):
                print(f"  {line.rstrip()}", flush=True)
    done.set()
    output = "".join(lines)
    if VENV.is_dir():
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n{output}")
    if process.returncode != 0:
        sentence = explain(output, doing)
        if str(LOG) in sentence:
            print("".join(f"  {line}" for line in lines[-12:]), file=sys.stderr)
        raise SetUpError(sentence)


def make_venv(python: Interpreter) -> None:
    """Make an empty environment in place of whatever is there.

    Raises
    ------
    SetUpError
        If `.venv` is something that set-up must not delete.
    """
    if VENV.is_dir() and not VENV.is_symlink():
        if any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").is_file():
            raise SetUpError(f"{VENV} is not a Python environment; move it away, then {AGAIN}.")
        # Last to go, so that a deletion cut short is still recognised as an environment.
        for entry in sorted(VENV.iterdir(), key=lambda path: path.name == "pyvenv.cfg"):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    print(f"Making .venv with Python {python.version} ...", flush=True)
    run([python.executable, "-m", "venv", str(VENV)], "making .venv")


def pinned_uv(lock: str) -> re.Match[str]:
    """Find uv in the text of requirements.txt: the whole entry, and in it the version.

    Raises
    ------
    SetUpError
        If it is not there.
    """
    pinned = re.search(r"^uv==(\S+)(?: ;[^\\\n]*)? \\\n(?: +--hash=\S+(?: \\)?\n)+", lock, re.M)
    if pinned is None:
        raise SetUpError("requirements.txt pins no uv; restore the file from the repository.")
    return pinned


def install_uv() -> None:
    """Install the uv that requirements.txt pins, checked against its hashes."""
    pinned = pinned_uv((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    uv = venv_script("uv")
    if uv.is_file():
        version = subprocess.run([str(uv), "--version"], stdout=subprocess.PIPE, encoding="utf-8")
        if version.stdout.split()[1:2] == [pinned[1]]:
            return
    requirement = VENV / "workbook-uv.txt"
    requirement.write_text(pinned[0], encoding="utf-8")
    options = ["--quiet", "--require-hashes", "--no-deps", "--retries", "2"]
    command = [str(venv_script("python")), "-m", "pip", "install", *options, "-r", str(requirement)]
    run(command, "installing uv")


def install_packages() -> None:
    """Make the environment hold exactly what requirements.txt pins, and the project itself."""
    count = len(re.findall(r"^\S+==", (ROOT / "requirements.txt").read_text("utf-8"), re.M))
    print(
        f"Installing the {count} pinned packages (the first time downloads some 350 MB) ...",
        flush=True,
    )
    uv, python = str(venv_script("uv")), str(venv_script("python"))
    run(
        [uv, "pip", "sync", "--python", python, "--require-hashes", "requirements.txt"],
        "installing the packages",
    )
    run(
        [uv, "pip", "install", "--python", python, "--no-deps", "--no-build-isolation", "-e", "."],
        "installing the project",
    )


def configure_lab() -> None:
    """Keep JupyterLab from asking the internet for news and updates."""
    settings = VENV / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(LAB_SETTINGS, indent=2), encoding="utf-8")


def set_up(named: str | None) -> None:
    """Bring `.venv` to the state that the repository describes; do nothing if it is there.

    Parameters
    ----------
    named
        The Python to build on, or None to find one.

    Raises
    ------
    SetUpError
        If it cannot be done, with what to do about it.
    """
    expected = fingerprint()
    stamp = read_stamp()
    present = probe([str(venv_script("python"))]) if stamp else None
    wanted = find_python(named) if named else present
    keep = (
        present is not None
        and wanted is not None
        and present.is_supported
        and present.version == wanted.version == stamp.get("python")
        and stamp.get("root") == expected["root"]
    )
    if keep and stamp.get("inputs") == expected["inputs"]:
        return
    started = time.monotonic()
    if keep:
        assert present is not None
        version = present.version
        STAMP.unlink()
    else:
        python = find_python(named)
        version = python.version
        make_venv(python)
    install_uv()
    install_packages()
    configure_lab()
    unfinished = STAMP.with_suffix(".new")
    unfinished.write_text(json.dumps({**expected, "python": version}), encoding="utf-8")
    os.replace(str(unfinished), str(STAMP))
    print(f"Set-up took {time.monotonic() - started:.0f} s.", flush=True)


def explain_os_error(error: OSError) -> str:
    """Turn an error of the operating system into one sentence."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return explain("no space left on device", "set-up")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or ROOT} cannot be written; make the folder yours, then {AGAIN}."
    return f"{error}; put that right, then {AGAIN}."


def main() -> int:
    """Run the set-up from the command line; the exit code is 0 only if `.venv` is complete."""
    parser = argparse.ArgumentParser(description="Make the environment of the course in .venv.")
    parser.add_argument("--python", help="the Python to build on (default: find one)")
    try:
        set_up(parser.parse_args().python)
    except SetUpError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {explain_os_error(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Set-up interrupted; {AGAIN} and it starts afresh.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
