"""What can go wrong on this machine, said in a sentence."""


class LocalError(Exception):
    """A copy cannot start or stop; the text says why and what to do."""
