"""What came of a run over many catalogs: the figures that `make fuzz` prints."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(kw_only=True)
class Counts:
    """Of catalogs that were drawn, or made from others. What must be none keeps what it was, to be looked at."""

    tried: int = 0
    loaded: int = 0
    refused: int = 0
    synthesized: int = 0
    tracebacks: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    """Errors that name no file, or no place and no line, or fill more than one line."""
    wrong_outputs: list[str] = field(default_factory=list)
    """What the provider's schema refuses."""
    silent_drops: list[str] = field(default_factory=list)
    """What the catalog says and the output does not."""

    @property
    def defects(self) -> list[str]:
        return [*self.tracebacks, *self.unplaced, *self.wrong_outputs, *self.silent_drops]

    def __str__(self) -> str:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return ", ".join(
            f"{len(value) if isinstance(value, list) else value} {name.replace('_', ' ')}"
            for name, value in values.items()
        )
