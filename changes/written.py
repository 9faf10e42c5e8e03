"""How much must be written where somebody has to say why, or how to go back."""

LEAST = 20  # characters
SAY_WHY = f"Say why, in {LEAST} characters or more."


def is_enough(text: str) -> bool:
    """Is that a sentence rather than a word to get past the field?"""
    return len(text.strip()) >= LEAST
