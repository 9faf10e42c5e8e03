"""Words that not everybody may read, and whether an answer tells them all the same.

The words are in notes, files, rivals' snags and private names.
"""

import io
import zipfile

# words -> who must not find them; somebody else who looks must.
SECRETS = {
    "inside ours": {"rob", "vic"},
    "effort ours": {"rob", "vic"},
    "supplier ours": {"rob"},
    "supplier theirs": {"rob", "vic", "dee"},
    "inside theirs": {"rob", "vic", "dee"},
    "open theirs": {"rob", "vic", "dee"},
    "later ours": {"vic"},
    "later theirs": {"rob", "vic", "dee"},
    "retitled ours": {"vic"},
    "described ours": {"vic"},
    "added ours": {"vic"},
    "ended ours": {"vic"},
    "retitled theirs": {"rob", "vic", "dee"},
    "ended theirs": {"rob", "vic", "dee"},
    "theirs new printer": {"rob", "vic", "dee"},
    "theirs handed printer": {"rob", "vic", "dee"},
    "theirs resolved printer": {"rob", "vic", "dee"},
    "Southgate": {"rob", "vic"},
    "view of sue": {"rob", "vic", "dee", "sam"},
    "duty of sue": {"rob", "vic", "dee", "sam"},
    "note of sue": {"rob", "vic", "dee", "sam"},
}
LOOKERS = ("rob", "vic", "dee", "sam")


def words_in(world, name, body):
    """Which words, or whose token, an answer tells somebody who looks for them."""
    if name not in LOOKERS:
        return frozenset()
    text = text_of(body)
    tokens = (token.secret for token in world.tokens.values())
    return frozenset(words for words in (*SECRETS, *tokens) if words in text)


def told(name, look):
    """What an answer says to a person who may not know it: words, or a token."""
    return sorted(w for w in look.words if name in SECRETS.get(w, LOOKERS))


def text_of(body):
    """What is in an answer; a spreadsheet is unpacked."""
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return "".join(packed.read(name).decode() for name in packed.namelist())
