import gzip
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from opsdesk.core import assets, icons

TEMPLATES = Path(settings.BASE_DIR) / "templates"


@pytest.fixture
def root(settings, tmp_path):
    settings.UI_BUILD_DIR = tmp_path
    return tmp_path


def test_every_listed_icon_is_drawn():
    sprite = assets.build_sprite().decode()

    assert set(re.findall(r'<symbol id="([^"]+)"', sprite)) == icons.KNOWN


def test_every_icon_a_template_names_is_listed():
    used = {
        name
        for file in TEMPLATES.rglob("*.html")
        for name in re.findall(r'{% icon "([\w-]+)"', file.read_text())
    }

    assert used <= icons.KNOWN


@pytest.fixture(scope="module")
def font():
    """As the running product has it: cut once, for it takes two seconds."""
    return Path(assets.BuiltAssetsFinder().find(assets.FONT)).read_bytes()


def test_the_font_is_the_same_every_time_and_small(font):
    again = assets.build_font()

    assert hashlib.sha256(font).digest() == hashlib.sha256(again).digest()
    assert len(font) < 30_000


def test_static_files_fit_the_first_visits_budget(font):
    """80 kB for a worklist page, of which htmx takes 17, page and headers 15.

    By gzip, which is all a browser offers where there is no TLS.
    """
    built = [assets.build_sprite(), assets.build_style(), assets.build_script()]

    weight = sum(len(gzip.compress(file)) for file in built)

    assert weight + len(font) < 48_000


def test_a_missing_font_wheel_is_harmless(root, monkeypatch):
    monkeypatch.setattr(assets, "has_font", lambda: False)
    finder = assets.BuiltAssetsFinder()

    found = {path for path, _ in finder.list([])}

    assert found == {
        assets.SPRITE,
        assets.STYLE,
        assets.PAGE_STYLE,
        assets.CHANGE_STYLE,
        assets.SCRIPT,
    }
    assert b"inter.woff2" not in (root / assets.STYLE).read_bytes()


def test_the_finder_builds_once_and_again_when_the_recipe_changes(root, monkeypatch):
    finder = assets.BuiltAssetsFinder()
    place = Path(finder.find(assets.SPRITE))
    stamp = place.stat().st_mtime_ns

    assert finder.find(assets.SPRITE, find_all=True) == [str(place)]
    assert place.stat().st_mtime_ns == stamp
    monkeypatch.setattr(assets, "_version", lambda wheel: "another")
    finder.find(assets.SPRITE)
    assert place.stat().st_mtime_ns > stamp


def test_many_at_once_build_one_whole_file(root):
    finder = assets.BuiltAssetsFinder()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: finder.find(assets.STYLE), range(16)))

    assert len(set(found)) == 1
    assert Path(found[0]).read_bytes() == assets.build_style()


def test_what_is_not_built_here_is_not_found():
    finder = assets.BuiltAssetsFinder()

    assert finder.find("opsdesk/else.css") == []
    assert finder.find("opsdesk/else.css", find_all=True) == []
    assert finders.find("opsdesk/else.css") is None
    assert finders.find("opsdesk/app.css")


def test_two_modules_may_not_share_a_name(monkeypatch, tmp_path):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "one.js").write_text("const same = 1;\n")
    (tmp_path / "js" / "two.js").write_text("export function same() {}\n")
    monkeypatch.setattr(assets, "SOURCES", tmp_path)
    monkeypatch.setattr(assets, "MODULES", ("one", "two"))

    with pytest.raises(ValueError, match="same is in both"):
        assets.build_script()


def test_the_bundles_hold_every_source():
    modules = {file.stem for file in (assets.SOURCES / "js").glob("*.js")}
    sheets = {file.stem for file in (assets.SOURCES / "css").glob("*.css")}

    assert modules == set(assets.MODULES)
    listed = [*assets.SHEETS, *assets.PAGE_SHEETS, *assets.CHANGE_SHEETS]
    assert sorted(listed) == sorted(sheets)
    assert "import " not in assets.build_script().decode()


def test_no_page_but_the_worklist_goes_without_the_sheets_of_pages():
    without = {
        str(file.relative_to(TEMPLATES))
        for file in TEMPLATES.rglob("*.html")
        if "{% block sheets %}" in file.read_text()
        and not re.search(
            r"{% block sheets %}({{ block.super }}|.*/pages\.css)", file.read_text()
        )
    }

    assert without == {"snags/list.html"}


def test_styles_read_from_right_to_left_too():
    """Logical properties only: margin-left and its like would break there."""
    physical = re.compile(
        r"^\s*(?:margin|padding|border)-(?:left|right)\b", re.MULTILINE
    )

    bad = [
        file.name
        for file in (assets.SOURCES / "css").glob("*.css")
        if physical.search(file.read_text())
    ]

    assert bad == []


def test_squeezing_keeps_every_rule():
    text = "/* why */\n.a :is(b, c) {\n  color: red;\n  margin: 0 auto;\n}\n"

    assert assets.squeeze_style(text) == ".a :is(b, c){color: red;margin: 0 auto}\n"
