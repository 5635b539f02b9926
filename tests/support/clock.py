"""A clock that a test sets."""


class Clock:
    """Returns the `seconds` since its start, which only the test changes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds
