"""The answers of 12.D, in the order of the notebook."""

ANSWERS: dict[str, str] = {}
