import pytest

from opsdesk.accounts.templatetags.people import device

AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0": "Firefox on Windows",
    "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36": "Chrome on Linux",
    "Mozilla/5.0 (iPhone; CPU OS 18_0 like Mac OS X) Safari/604": "Safari on iPhone",
    "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/1 Edg/140.0": "Edge on Windows",
    "curl/8.5.0": "Another program",
    "": "Another program",
}


@pytest.mark.parametrize(("agent", "words"), AGENTS.items())
def test_a_device_is_named_in_words(agent, words):
    assert device(agent) == words
