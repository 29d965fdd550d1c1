"""What a service refuses, with the HTTP status that says so."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):
    """Something that was asked cannot be done now; the message says why and what can be."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field
