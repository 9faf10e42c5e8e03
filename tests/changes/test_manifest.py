"""The manifest's text and digest, and which paths may be in it (S08, S11)."""

import hashlib
import unicodedata

import pytest

from changes import manifest
from changes.manifest import Entry, ManifestError

A = "a" * 64
B = "b" * 64


def test_a_line_is_digest_size_and_path_and_lines_are_sorted_by_the_paths_bytes():
    entries = [Entry("ä.sql", 3, A), Entry("a/z.sql", 0, B), Entry("B.sql", 12, A)]

    text = manifest.text(entries)

    assert text == f"{A}  12  B.sql\n{B}  0  a/z.sql\n{A}  3  ä.sql\n"
    assert manifest.digest(entries) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/x",
        "a/../b",
        "../b",
        "a/./b",
        ".",
        "a//b",
        "a/",
        "a\\b",
        "C:/x",
        "a\nb",
        "a\x00b",
        "a\x7fb",
        unicodedata.normalize("NFD", "ä.sql"),
        "ä" * 257,
    ],
)
def test_a_path_that_means_something_else_elsewhere_is_refused(path):
    with pytest.raises(ManifestError):
        manifest.check_path(path)


@pytest.mark.parametrize(
    "path", ["a", "a/b.sql", "..a/b..", "a b/c", "ä.sql", "x" * 512]
)
def test_an_ordinary_path_is_taken_as_it_is(path):
    assert manifest.check_path(path) == path


def test_paths_that_differ_in_case_only_are_refused():
    with pytest.raises(ManifestError):
        manifest.check_unique(["A.sql", "a.sql"])


def test_what_is_written_can_be_read_again():
    entries = [Entry("a b/c.sql", 5, A), Entry("d", 0, B)]

    assert manifest.parse(manifest.text(entries)) == entries
    assert manifest.parse(manifest.text(entries).replace("\n", "\r\n")) == entries


@pytest.mark.parametrize(
    "line",
    [
        f"{A} 5 x",
        f"{A.upper()}  5  x",
        f"{A}  05  x",
        f"{A}  -1  x",
        f"{A}  5  ../x",
        f"{A}  {2**63}  x",
        f"{A}  5  x\n{A}  5  X",
    ],
)
def test_a_line_that_is_none_is_refused(line):
    with pytest.raises(ManifestError):
        manifest.parse(line)


def test_two_manifests_differ_by_what_was_added_removed_and_changed():
    old = [Entry("a", 1, A), Entry("b", 1, A), Entry("c", 1, A)]
    new = [Entry("b", 1, B), Entry("c", 1, A), Entry("d", 1, A)]

    found = manifest.compare(old, new)

    assert [(one.path, one.kind) for one in found] == [
        ("a", "removed"),
        ("b", "changed"),
        ("d", "added"),
    ]
