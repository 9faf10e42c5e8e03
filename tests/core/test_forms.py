from datetime import date
from types import SimpleNamespace

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict

from opsdesk.core.forms import (
    CleanTextMixin,
    DayField,
    MomentField,
    MultipleFileField,
    SecondEditorMixin,
    new_token,
)
from tests.markup import Page, assert_no_inline


class Note(CleanTextMixin, forms.Form):
    title = forms.CharField(max_length=20, help_text="One line.")
    body = forms.CharField(widget=forms.Textarea, required=False)
    day = DayField(required=False)
    at = MomentField(required=False)
    kind = forms.ChoiceField(
        choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect, required=False
    )
    loud = forms.BooleanField(required=False)
    files = MultipleFileField(required=False)


def note(**data):
    return Note({"title": "A title", **data})


class Renaming(SecondEditorMixin, forms.Form):
    name = forms.CharField()
    family_name = forms.CharField(required=False)
    kind = forms.ChoiceField(label="Sort", choices=[("a", "A"), ("b", "B")])
    word = forms.CharField(required=False)
    version = forms.IntegerField()


def test_the_second_editor_sees_theirs_beside_mine_where_they_differ():
    mine = {"name": "Ann", "family_name": "", "kind": "b", "word": "x", "version": 1}
    form = Renaming(mine)
    assert form.is_valid(), form.errors

    theirs = SimpleNamespace(name="Ann", family_name="Lee", kind="a", version=2)

    assert form.beside(theirs) == [("Family name", "Lee", ""), ("Sort", "A", "B")]


def test_an_error_is_tied_to_its_field():
    page = assert_no_inline(str(note(title="")))

    field = next(a for a in page.all("input") if a.get("name") == "title")
    assert field["aria-invalid"] == "true"
    described = field["aria-describedby"].split()
    ids = {attrs.get("id") for _, attrs in page.elements}
    assert described == ["id_title_helptext", "id_title_error"]
    assert set(described) <= ids


def test_every_field_has_a_label_and_what_may_be_left_out_says_so():
    page = Page(str(Note()))

    labelled = {attrs.get("for") for attrs in page.all("label")}
    assert {"id_title", "id_body", "id_day", "id_loud", "id_files"} <= labelled
    assert page.text.count("optional") == 5


def test_an_error_of_the_whole_form_is_announced():
    form = note()
    form.add_error(None, "Not now.")

    page = Page(str(form))

    assert any(a.get("role") == "alert" for a in page.all("div"))
    assert "Not now." in page.text


@pytest.mark.parametrize("junk", ["a\x00b", "a\ud800b"])
def test_text_no_database_stores_is_refused(junk):
    assert "title" in note(title=junk).errors
    assert "body" in note(body=junk).errors


def test_a_text_without_a_limit_has_one():
    assert note(body="a" * 65_536).is_valid()
    assert "body" in note(body="a" * 65_537).errors


@pytest.mark.parametrize(
    "day", ["1999-12-31", "2100-01-01", "0001-01-01", "9999-12-31", "zzz", "2026-02-30"]
)
def test_a_day_outside_the_century_is_refused(day):
    assert "day" in note(day=day).errors


@pytest.mark.parametrize(
    "at",
    ["1999-12-31T12:00", "2100-01-02T00:00", "0001-01-01T00:00", "9999-12-31T23:59"],
)
def test_an_instant_outside_the_century_is_refused(at):
    assert "at" in note(at=at).errors


def test_days_and_instants_inside_it_are_taken():
    form = note(day="2026-11-23", at="2026-11-23T10:42")

    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == date(2026, 11, 23)
    assert form.cleaned_data["at"].isoformat() == "2026-11-23T10:42:00+00:00"


def test_an_instant_that_is_filled_in_again_fits_its_input():
    form = note(at="2026-11-23T10:42")
    form.is_valid()

    shown = Page(str(Note(initial={"at": form.cleaned_data["at"]})))

    field = next(a for a in shown.all("input") if a.get("name") == "at")
    assert field["value"] == "2026-11-23T10:42"


def test_several_files_come_as_a_list():
    files = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]
    form = Note({"title": "x"}, MultiValueDict({"files": files}))

    assert form.is_valid(), form.errors
    assert [file.name for file in form.cleaned_data["files"]] == ["a.txt", "b.txt"]


def test_an_empty_file_is_refused():
    files = [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"")]
    form = Note({"title": "x"}, MultiValueDict({"files": files}))

    assert "files" in form.errors


def test_no_file_is_an_empty_list():
    form = note()

    assert form.is_valid()
    assert form.cleaned_data["files"] == []


def test_tokens_differ():
    assert len({new_token() for _ in range(100)}) == 100
