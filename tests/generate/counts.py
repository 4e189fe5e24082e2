"""Results of a run over many catalogs: the numbers that `make fuzz` prints."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(kw_only=True)
class Counts:
    """Counts of generated and mutated catalogs. Each defect is kept as a string for inspection."""

    tried: int = 0
    loaded: int = 0
    refused: int = 0
    synthesized: int = 0
    tracebacks: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    """Errors without a file, without a place and line, or on more than one line."""
    wrong_outputs: list[str] = field(default_factory=list)
    """Outputs that violate the provider's schema."""
    silent_drops: list[str] = field(default_factory=list)
    """Keys of the catalog that are missing in the output."""

    @property
    def defects(self) -> list[str]:
        return [*self.tracebacks, *self.unplaced, *self.wrong_outputs, *self.silent_drops]

    def __str__(self) -> str:
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return ", ".join(
            f"{len(value) if isinstance(value, list) else value} {name.replace('_', ' ')}"
            for name, value in values.items()
        )
