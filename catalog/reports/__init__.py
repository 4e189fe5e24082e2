"""Writes what people read: explain, the summary, the schema and the generated pages of docs/."""
