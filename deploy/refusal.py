"""Why the driver stops before terraform has run."""

USER_ERROR = 2
NO_TERRAFORM = 3


class Refusal(Exception):
    """One line for the user, and the exit status that goes with it."""

    def __init__(self, message: str, *, status: int = USER_ERROR) -> None:
        super().__init__(message)
        self.status = status
