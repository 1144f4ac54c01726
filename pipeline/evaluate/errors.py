"""What can be wrong with labelled data, said without quoting any of it."""

from __future__ import annotations

from pipeline.errors import CordonError


class DataError(CordonError):
    """Labelled data cannot be used: says in which file, at which record or line, and which field."""

    def __init__(self, file: str, place: int, field: str, message: str) -> None:
        super().__init__("data_invalid")
        self.file = file
        self.place = place
        """Line of a file of lines, ordinal from 1 of an array's item, 0 for the file as a whole."""
        self.field = field
        self.message = message

    def __str__(self) -> str:
        place = f":{self.place}" if self.place else ""
        return f"{self.file}{place}: {f'{self.field}: ' if self.field else ''}{self.message}"

    def __reduce__(self) -> tuple[type[DataError], tuple[str, int, str, str]]:
        return type(self), (self.file, self.place, self.field, self.message)
