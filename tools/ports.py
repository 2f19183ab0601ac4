"""Choose the port that a local server listens on."""

from __future__ import annotations

import os
import socket

HOST = "127.0.0.1"
TRIES = 50


class PortError(Exception):
    """Why the port cannot be used and what to do, in one sentence."""


def is_free(port: int) -> bool:
    """Whether nothing on this machine answers at the port and it can be bound."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        # macOS lets a second program bind the port of one that listens on every address.
        if probe.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as probe:
        if os.name == "posix":
            # A server that has just stopped leaves its port waiting, not taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


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
