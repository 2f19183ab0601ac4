"""Choose the port that a local server listens on."""

from __future__ import annotations

from flightline.processes import is_free

TRIES = 50


class PortError(Exception):
    """Why the port cannot be used and what to do, in one sentence."""


def choose_port(asked: str | None, default: int) -> int:
    """Take the port that was asked for, or the first free one from the default upwards.

    Parameters
    ----------
    asked
        The value of PORT; None or empty if it was not given.
    default
        Where to start looking otherwise.

    Raises
    ------
    PortError
        If the port that was asked for is busy or not a port, or no port is free.
    """
    if asked:
        if not asked.isdecimal() or not 1 <= int(asked) <= 65535:
            raise PortError(f"PORT={asked} is not a port; give a number from 1024 to 65535.")
        if not is_free(int(asked)):
            raise PortError(
                f"Port {asked} is busy; give another one with PORT=, or leave PORT out to get a "
                "free one."
            )
        return int(asked)
    for port in range(default, default + TRIES):
        if is_free(port):
            return port
    raise PortError(f"Ports {default} to {default + TRIES - 1} are all busy; give one with PORT=.")
