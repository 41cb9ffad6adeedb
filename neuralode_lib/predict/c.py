"""The answers of 12.C, in the order of the notebook."""

ANSWERS: dict[str, str] = {}
