"""What can go wrong on this machine, said in a sentence."""


class LocalError(Exception):
    """A copy cannot start or stop; the text says why and what to do."""


def of_another_user(path: object) -> LocalError:
    """What to say when root, or somebody else, once ran this copy."""
    return LocalError(
        f"{path} belongs to another user, so this copy cannot be used."
        " Give var/ back to yourself (chown -R), or set OPSDESK_VAR."
    )
