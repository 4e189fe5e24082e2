"""Why the driver stops, with the exit status that goes with it. A module of its own because all others raise them."""

from __future__ import annotations

import signal

from catalog.problems import USER_ERROR

NO_TERRAFORM = 3


class Refusal(Exception):
    """One line for the user, and the exit status that goes with it."""

    def __init__(self, message: str, *, status: int = USER_ERROR) -> None:
        super().__init__(message)
        self.status = status


class Interrupted(Exception):
    """Somebody asked to stop; what ran has ended since."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number
