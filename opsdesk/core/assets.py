"""Static files made from sources and installed wheels; nothing built is committed.

`opsdesk/app.css` and `opsdesk/app.js` are the modules under static/ in one file each
(`opsdesk/pages.css` holds what the worklist does without, `opsdesk/change.css` what
only changes and environments need), `opsdesk/icons.svg` is cut from the lucide wheel,
`opsdesk/inter.woff2` from fontpkg-inter. Each is rebuilt when its recipe, its sources
or its wheel change: by collectstatic in production, on the first request while
developing. The font may be missing; pages then use the system's.
"""

import contextlib
import fcntl
import hashlib
import io
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

from opsdesk.core import icons

SOURCES = Path(__file__).resolve().parent.parent / "static" / "opsdesk"
LAYERS = "tokens, base, layout, components, screens, charts, utilities, print"
# One file a subject, each inside one of the layers.
SHEETS = (
    "tokens",
    "base",
    "layout",
    "components",
    "worklist",
    "utilities",
    "print",
)
# Every page but the worklist has these too: what people open first stays light.
PAGE_SHEETS = ("screens", "snag", "board", "terms", "charts")
# What only the pages of changes and environments need; templates/change.html loads it.
CHANGE_SHEETS = ("promotions", "approvals", "inventory", "calendar")
# In this order: a module may use what an earlier one exports.
MODULES = (
    "dom",
    "wording",
    "timers",
    "pulse",
    "theme",
    "tooltip",
    "dialogs",
    "palette",
    "rows",
    "shortcuts",
    "popover-fallback",
    "changes-bar",
    "dropzone",
    "once",
    "dirty",
    "toasts",
    "submit-on-change",
    "print",
    "place",
)
SPRITE = "opsdesk/icons.svg"
STYLE = "opsdesk/app.css"
PAGE_STYLE = "opsdesk/pages.css"
CHANGE_STYLE = "opsdesk/change.css"
SCRIPT = "opsdesk/app.js"
FONT = "opsdesk/inter.woff2"

LATIN = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *(0x2010, 0x2011, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026),
    *(0x2030, 0x20AC, 0x2122, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0x2260, 0x2264),
    *(0x2265, 0x2318, 0x21E7, 0x21B5),
)
# Contextual alternates would add 4 kB for arrows nobody types.
FEATURES = "kern ccmp locl tnum cv11"
FONT_FACE = (
    '@font-face{font-family:"Inter";src:url("inter.woff2") format("woff2");'
    "font-weight:400 700;font-display:swap}\n"
)


@dataclass(frozen=True)
class Recipe:
    """How one file is made, from which wheels and which sources."""

    make: Callable[[], bytes]
    wheels: tuple[str, ...] = ()
    sources: tuple[Path, ...] = ()

    def key(self) -> str:
        """Changes whenever the file would."""
        digest = hashlib.sha256()
        for wheel in self.wheels:
            digest.update(f"{wheel}={_version(wheel)};".encode())
        for source in (Path(__file__), *self.sources):
            digest.update(source.read_bytes())
        return digest.hexdigest()


def recipes() -> dict[str, Recipe]:
    """What can be built here; the font only where its wheels are installed."""
    made = {
        SPRITE: Recipe(build_sprite, ("lucide",), (Path(icons.__file__),)),
        STYLE: Recipe(build_style, FONT_WHEELS, tuple(_files("css", SHEETS, "css"))),
        PAGE_STYLE: _added(PAGE_SHEETS),
        CHANGE_STYLE: _added(CHANGE_SHEETS),
        SCRIPT: Recipe(build_script, (), tuple(_files("js", MODULES, "js"))),
    }
    if has_font():
        made[FONT] = Recipe(build_font, FONT_WHEELS)
    return made


FONT_WHEELS = ("fontpkg-inter", "fonttools", "brotli")


@cache
def has_font() -> bool:
    return all(_version(wheel) for wheel in FONT_WHEELS)


def build_sprite() -> bytes:
    """One symbol per listed icon, stroked by whoever uses it."""
    wheel = Path(str(import_module("lucide").__file__)).parent
    with ZipFile(wheel / "lucide.zip") as shapes:
        drawn = {name: _shape(shapes, name) for name in sorted(icons.LUCIDE)}
    symbols = "".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'
        for name, body in {**drawn, **icons.OWN}.items()
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'.encode()


def build_style() -> bytes:
    """What every page has: the layers in order, without comments and indentation."""
    face = FONT_FACE if has_font() else ""
    order = f"@layer {LAYERS};\n"
    return (order + face + _squeezed(SHEETS)).encode()


def build_added(sheets: Iterable[str]) -> bytes:
    """What some pages add; the order of layers is that of the first."""
    return _squeezed(sheets).encode()


def build_script() -> bytes:
    """Every module in order in one module; two may not export the same name."""
    seen: dict[str, str] = {}
    parts = []
    for path in _files("js", MODULES, "js"):
        text = path.read_text()
        for name in TOP_LEVEL.findall(text):
            if seen.setdefault(name, path.name) != path.name:
                raise ValueError(f"{name} is in both {seen[name]} and {path.name}.")
        parts.append(squeeze_script(text))
    return "".join(parts).encode()


def build_font() -> bytes:
    """Inter, Latin letters only, weights 400 to 700; the same bytes every time."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    subset = import_module("fontTools.subset")
    instancer = import_module("fontTools.varLib.instancer")
    ttf = import_module("fontTools.ttLib").TTFont
    wheel = Path(str(import_module("fontpkg_inter").__file__)).parent
    font = ttf(next(wheel.rglob("Inter[[]*.ttf")), recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = FEATURES.split()
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=LATIN)
    # Subset first: limiting the axes of the full font fails on a missing glyph.
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 700)})
    font.flavor = "woff2"
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


class BuiltAssetsFinder(BaseFinder):
    """Finds the built files, building them first when they are not as they should be.

    Safe with any number of processes: one builds while the others wait, and a reader
    never sees half a file.
    """

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        self.root = Path(settings.UI_BUILD_DIR)
        self.storage = FileSystemStorage(location=self.root)

    def check(self, **_kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The built file's place; `all` is the older name of `find_all`."""
        every = find_all or kwargs.get("all")
        recipe = recipes().get(path)
        if recipe is None:
            return []  # as every finder says it; Django takes None for a place
        place = str(ensure(self.root, path, recipe))
        return [place] if every else place

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        for path, recipe in recipes().items():
            if not matches_patterns(path, list(ignore_patterns or ())):
                ensure(self.root, path, recipe)
                yield path, self.storage


def ensure(root: Path, path: str, recipe: Recipe) -> Path:
    """The file as it should be now; made under a lock and put in place whole."""
    place = root / path
    stamp = place.with_name(f".{place.name}.key")
    key = recipe.key()
    if _is_fresh(place, stamp, key):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with _locked(place.parent / ".lock"):
        if not _is_fresh(place, stamp, key):
            _replace(place, recipe.make())
            _replace(stamp, key.encode())
    return place


IMPORT = re.compile(r'^import [^;]*? from "\./[\w-]+\.js";\n', re.MULTILINE)
TOP_LEVEL = re.compile(
    r"^(?:export )?(?:const|let|class|(?:async )?function) (\w+)", re.MULTILINE
)


def squeeze_style(text: str) -> str:
    """Without comments, indentation and line ends; every rule as it was."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*\n\s*", " ", text)
    return re.sub(r" ?([{};]) ?", r"\1", text).replace(";}", "}").strip() + "\n"


def squeeze_script(text: str) -> str:
    """Without imports, the word export, whole-line comments and indentation."""
    text = re.sub(r"^\s*/\*\*.*?\*/\n", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(
        r'^import [^;]*? from "\./[\w-]+\.js";\n', "", text, flags=re.MULTILINE
    )
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(x for x in lines if x and not x.startswith("//")) + "\n"


def _added(sheets: tuple[str, ...]) -> Recipe:
    return Recipe(partial(build_added, sheets), (), tuple(_files("css", sheets, "css")))


def _squeezed(sheets: Iterable[str]) -> str:
    return "".join(squeeze_style(f.read_text()) for f in _files("css", sheets, "css"))


def _files(folder: str, names: Iterable[str], kind: str) -> Iterator[Path]:
    return (SOURCES / folder / f"{name}.{kind}" for name in names)


def _shape(shapes: ZipFile, name: str) -> str:
    file = shapes.read(f"{name}.svg").decode()
    found = re.search(r"<svg[^>]*>(.*)</svg>", file, re.DOTALL)
    if found is None:
        raise ValueError(f"The lucide wheel's {name} is not as expected.")
    return re.sub(r"\n *", "", found[1])


@cache
def _version(wheel: str) -> str:
    try:
        return version(wheel)
    except PackageNotFoundError:
        return ""


def _is_fresh(place: Path, stamp: Path, key: str) -> bool:
    return place.exists() and stamp.exists() and stamp.read_text() == key


def _replace(place: Path, content: bytes) -> None:
    draft = place.with_name(f".{place.name}.{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(place)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
