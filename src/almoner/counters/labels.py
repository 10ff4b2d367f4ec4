"""A cause's label in other languages, as it is kept: one a line, its language in front.

`ar: وجبات وُهبت`. What a line lacks is told where it is typed (`giving.models.Cause`).
"""


def labels(text: str) -> dict[str, str]:
    """The labels by language code (BCP 47)."""
    lines = (line.partition(":") for line in text.splitlines() if line.strip())
    return {code.strip(): label.strip() for code, _, label in lines}
