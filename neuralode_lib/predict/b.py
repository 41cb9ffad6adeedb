"""The answers of 12.B, in the order of the notebook."""

ANSWERS: dict[str, str] = {}
