"""The playground as a static folder: `make playground`, or `python docs/playground/build.py FOLDER`. It needs Node with npm.

    python/     archc and networkx, compiled, as one archive
    pyodide/    Python as WebAssembly
    *.js        the page, the worker that Python and Graphviz run in, and the editor, bundled

Any web server can give the folder away, at any address; the page asks nothing of any other place.
"""

from __future__ import annotations

import html
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

import networkx  # noqa: E402

from archc.compiler.files.library import entries  # noqa: E402
from archc.live.page import document, files  # noqa: E402

PLACE = "/site"
"""Where the archive is unpacked in the browser's own file system."""

LEFT_OUT = (
    "archc/agents",
    "archc/cli",
    "archc/lsp",
    "archc/manual/gallery",
    "archc/manual/pygments",
    "archc/manual/starter",
    "compiler/emit",
    "compiler/runtime",
    "compiler/bench",
    "compiler/importer",
    "compiler/explore",
)
"""Rooms that need a machine: PyTorch, processes, a terminal."""

KINDS = {".py", ".arch", ".json", ".ttf", ".js", ".css", ".html"}

PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json")
LIBRARY = "python_stdlib.zip"

UNUSED = (
    "_pyio.py", "_pyrepl/", "doctest.py", "imaplib.py", "multiprocessing/", "pdb.py", "pickletools.py", "pydoc.py", "unittest/", "wsgiref/", "xmlrpc/",
)  # fmt: skip
"""Of Python's library: a terminal, a debugger, processes, servers and test runners, which a page has no use for."""

ENCODINGS = {"__init__", "aliases", "ascii", "charmap", "cp437", "cp1252", "idna", "latin_1", "punycode", "raw_unicode_escape", "unicode_escape",
             "utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be"}  # fmt: skip
"""Of the tables of letters: those that archc and Python's own start read with. Texts are UTF-8."""

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)

TIME = (1980, 1, 1, 0, 0, 0)  # of every file in the archive, so that the same sources give the same bytes


class NotBuilt(Exception):
    """Node, npm or one of their packages is not here; the text says which."""


def build(folder: Path) -> None:
    """Writes the playground to `folder`, which is emptied first."""
    modules = HERE / "node_modules"
    _npm()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pyodide").mkdir(parents=True)
    (folder / "python").mkdir()
    with TemporaryDirectory() as draft:
        _python(Path(draft), folder / "python" / "site.zip")
    with TemporaryDirectory() as draft:
        _scripts(Path(draft), folder)
    for name in PYODIDE:
        shutil.copy(modules / "pyodide" / name, folder / "pyodide")
    _pack(folder / "pyodide" / LIBRARY, _used(modules / "pyodide" / LIBRARY))
    shutil.copy(files()["page.css"], folder)
    (folder / "index.html").write_text(_page(), encoding="utf-8")
    (folder / "licenses.txt").write_text("\n\n".join(_licenses(modules)), encoding="utf-8")


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotBuilt(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


def _npm() -> None:
    """The packages of package-lock.json, where they are not here already."""
    lock, done = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotBuilt("the playground needs Node with npm")
    _run(npm, "ci", "--silent", "--no-audit", "--no-fund")


# -------------------------------------------------------------------------------------------------- Python


def _python(draft: Path, archive: Path) -> None:
    for place, source in _sources():
        target = draft / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_widths_alone(source.read_bytes()) if source.suffix == ".ttf" else source.read_bytes())
    _run("node", HERE / "compile.js", draft, PLACE)
    _pack(archive, {path.relative_to(draft).as_posix(): path.read_bytes() for path in sorted(draft.rglob("*")) if path.is_file()})


def _pack(archive: Path, contents: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w") as packed:
        for name, data in contents.items():
            packed.writestr(zipfile.ZipInfo(name, TIME), data, zipfile.ZIP_DEFLATED, 9)


def _used(library: Path) -> dict[str, bytes]:
    """Python's own library without what is not used."""
    with zipfile.ZipFile(library) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.startswith(UNUSED) and _is_read(name)}


def _is_read(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder != "encodings" or rest.split(".")[0] in ENCODINGS


def _widths_alone(font: bytes) -> bytes:
    """A font without the outlines of its letters: archc reads how wide they are, and the browser draws with a font of its own."""
    (count,) = struct.unpack_from(">H", font, 4)
    rows = [struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(count)]
    kept = [row for row in rows if row[0] in (b"cmap", b"head", b"hhea", b"hmtx", b"kern", b"maxp")]
    head, body = struct.pack(">4s4H", font[:4], len(kept), 0, 0, 0), b""
    for tag, check, start, length in kept:
        head += struct.pack(">4sIII", tag, check, 12 + 16 * len(kept) + len(body), length)
        body += font[start : start + length] + bytes(-length % 4)
    return head + body


def _sources() -> Iterator[tuple[str, Path]]:
    """Each file by its place in the archive: archc as it is installed, and networkx without its tests."""
    for top in ("archc", "compiler", "dsl", "grammar", "architectures"):
        for path in _files(ROOT / top):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(LEFT_OUT):
                yield (name if top == "archc" else f"archc/{name}"), path
    home = Path(networkx.__file__).parent
    for path in _files(home):
        if "tests" not in path.parts and path.suffix == ".py":
            yield f"networkx/{path.relative_to(home).as_posix()}", path


def _files(folder: Path) -> Iterator[Path]:
    """The files of a folder; links in archc/ lead to what is taken elsewhere."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in KINDS:
            yield path


# --------------------------------------------------------------------------------------------------- pages


def _scripts(draft: Path, folder: Path) -> None:
    """All scripts lie in one folder, as their imports say, and become one file for the page and one for the worker."""
    own = {path.name: path for path in (HERE / "src").glob("*.js")}
    for name, path in {**files(), **own}.items():
        if name.endswith(".js"):
            shutil.copy(path, draft)
    (draft / "node_modules").symlink_to(HERE / "node_modules", target_is_directory=True)
    inputs = [draft / "playground.js", draft / "worker.js"]
    options = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=warning"]
    _run(HERE / "node_modules" / ".bin" / "esbuild", *inputs, *options, "--external:./pyodide/*", f"--outdir={folder}")


def _page() -> str:
    groups: dict[str, list[str]] = {}
    for entry in entries():
        groups.setdefault(entry.task or "others", []).append(entry.name)
    rows = [f'<optgroup label="{html.escape(task)}">{_options(names)}</optgroup>' for task, names in groups.items()]
    return document("archc playground", "playground", "playground.js", POLICY).replace("{{networks}}", "".join(rows))


def _options(names: Sequence[str]) -> str:
    return "".join(f"<option>{html.escape(name)}</option>" for name in names)


def _licenses(modules: Path) -> Iterator[str]:
    """Of all that the folder holds: archc's own, and those of the packages."""
    yield f"archc\n\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}"
    for path in sorted((ROOT / "compiler" / "draw" / "fonts").glob("LICENSE*")):
        yield f"Liberation Sans\n\n{path.read_text(encoding='utf-8')}"
    yield f"networkx {networkx.__version__}: BSD-3-Clause, https://networkx.org"
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    for place, row in sorted(lock["packages"].items()):
        if place and not row.get("dev"):
            texts = [path.read_text(encoding="utf-8") for path in sorted((HERE / place).glob("LICENSE*")) if path.is_file()]
            yield f"{place.removeprefix('node_modules/')} {row['version']}: {row.get('license', '')}\n\n{''.join(texts)}"


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "playground"
    try:
        build(folder)
    except NotBuilt as error:
        sys.stderr.write(f"the playground was not built: {error}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
