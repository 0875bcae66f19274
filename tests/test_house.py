"""The house keeps its walls: sizes of files, who may import whom, who may print, and no traces of one machine."""

from __future__ import annotations

import ast
import gc
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from tests.order import LONGEST

ROOT = Path(__file__).parent.parent
SOFT_LIMIT, HARD_LIMIT = 300, 500
FOLDERS = ("archc", "compiler", "dsl", "grammar")
"""Where the compiler is. `tracked` leaves out the links in archc/, which lead to the same files."""

CHECK = (
    "archc/cli/__init__.py", "archc/cli/face.py", "archc/cli/check.py", "compiler/driver.py", "compiler/elaborate/elaborate.py", "compiler/graph/graph.py",
    "compiler/graph/program.py", "compiler/ops", "dsl",
)  # fmt: skip
"""On the way of `archc check`: tests/cli/test_process.py runs it, this names the file that breaks the rule."""


@cache
def tracked() -> tuple[Path, ...]:
    """The files that git knows or would take."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git work tree")
    names = sorted({name for name in done.stdout.split("\0") if name})
    links = {f"archc/{folder}" for folder in ("architectures", "compiler", "dsl", "grammar")}  # small files, where there can be no links
    return tuple(path for path in (ROOT / name for name in names if name not in links) if path.is_file())


def sources(*folders: str) -> list[Path]:
    wanted = [ROOT / folder for folder in folders]
    return [path for path in tracked() if path.suffix == ".py" and any(path == place or place in path.parents for place in wanted)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True, scope="module")
def _forget_the_trees() -> Iterator[None]:
    """All of them are a hundred megabytes, which the tests that follow in this process have no use for, and which the collector need not look through."""
    gc.disable()
    yield
    gc.enable()
    tree.cache_clear()


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def modules() -> dict[str, Path]:
    """Every file of the product by the name under which it is imported."""
    return {_dotted(path): path for path in sources(*FOLDERS)}


@cache
def imports(path: Path, *, top: bool = False) -> tuple[tuple[str, int], ...]:
    """The absolute names that a file imports, with their lines; with `top`, only those that run when it is imported."""
    return tuple(_imports(path, _running(tree(path)) if top else ast.walk(tree(path))))


def _imports(path: Path, nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    parts = name_of(path).removesuffix(".py").split("/")
    package = parts[:-1] if parts[0] == "archc" else ["archc", *parts[:-1]]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((row.name, node.lineno) for row in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            home = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((f"{home}.{row.name}" if f"{home}.{row.name}" in modules() else home, node.lineno) for row in node.names)


def _running(module: ast.Module) -> Iterator[ast.stmt]:
    """The statements of a module that run on import: none in functions, none under `if TYPE_CHECKING`."""
    waiting: list[ast.stmt] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test):
            waiting += [*node.body, *node.orelse]
        elif isinstance(node, ast.If):
            waiting += node.orelse
        elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
            waiting += node.body


def offences(paths: list[Path], forbidden: tuple[str, ...], *, top: bool = False) -> list[str]:
    return [
        f"{name_of(path)}:{line} imports {name}"
        for path in paths
        for name, line in imports(path, top=top)
        if any(name == word or name.startswith(word + ".") for word in forbidden)
    ]


# -------------------------------------------------------------------------------------------------- sizes


def test_no_file_is_long() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in tracked() if path.suffix == ".py"}
    for name in sorted(name for name, length in lengths.items() if length > SOFT_LIMIT):
        print(f"{name}: {lengths[name]} lines, better {SOFT_LIMIT}")  # `pytest -s` shows them
    long = {name: length for name, length in lengths.items() if length > HARD_LIMIT}
    assert not long, f"over {HARD_LIMIT} lines: what second purpose moved in? {long}"


def test_most_files_are_short() -> None:
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*FOLDERS)]
    assert median(lengths) <= 150


def test_no_name_of_a_file_is_used_three_times() -> None:
    """Who looks for a room by its name finds one, or two at most."""
    names = Counter(path.name for path in sources(*FOLDERS) if not path.name.startswith("__"))
    assert {name: count for name, count in names.items() if count > 2} == {}


# -------------------------------------------------------------------------------------------------- walls


ORDER = (
    "grammar archc/base",
    "archc/reporting dsl compiler/ops",
    "compiler/files",
    "compiler/graph",
    "compiler/elaborate compiler/rewrite compiler/codegen",
    "compiler/analysis compiler/meaning",
    "compiler/driver.py compiler/document.py",
    "compiler/runtime",
    "compiler/emit compiler/draw",
    "compiler/quantize",
    "compiler/targets.py",
    "compiler/importer",
    "compiler/verify.py",
    "compiler/bench compiler/explore archc/given.py archc/manual",
    "archc/api.py archc/editor",
    "archc/variants.py archc/notebook.py archc/model_explorer archc/live archc/lsp",
    "archc/agents",
    "archc/cli",
)
"""The rooms of the house: what stands in a row imports nothing of its own row's other rooms, and nothing of the rows below."""


def rank(name: str) -> tuple[int, str] | None:
    """The row and the room of a file; None for the packages' own first files."""
    rooms = [(number, room) for number, row in enumerate(ORDER) for room in row.split()]
    return max(
        ((number, room) for number, room in rooms if name == room or name.startswith(room + "/")),
        key=lambda found: len(found[1]),
        default=None,
    )


def test_rooms_lean_on_what_stands_before_them_alone() -> None:
    """Imports in functions and those for type checkers count as well."""
    rows = []
    for path in sources(*FOLDERS):
        here = rank(name_of(path))
        for name, line in imports(path):
            there = rank(name_of(modules()[name])) if name in modules() else None
            if here and there and here[1] != there[1] and there[0] >= here[0]:
                rows.append(f"{name_of(path)}:{line} imports {name}")
    assert rows == []


def test_no_files_go_round_in_a_circle() -> None:
    """Not even in functions, or for type checkers: what two files need of each other is a third."""
    import networkx

    graph = networkx.DiGraph([(file, name) for file, path in modules().items() for name, _ in imports(path) if name in modules()])
    assert [sorted(part) for part in networkx.strongly_connected_components(graph) if len(part) > 1] == []


def test_every_file_is_in_a_room() -> None:
    outside = [name_of(path) for path in sources(*FOLDERS) if rank(name_of(path)) is None]
    assert set(outside) == {"archc/__init__.py", "archc/__main__.py", "compiler/__init__.py"}


def _dotted(path: Path) -> str:
    name = name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("archc") else f"archc.{name}"


def test_the_language_knows_nothing_of_the_compiler() -> None:
    assert offences(sources("dsl", "grammar"), ("archc.compiler", "archc.cli")) == []


def test_the_compiler_knows_nothing_of_the_command_line() -> None:
    assert offences(sources("compiler"), ("archc.cli", "click")) == []


def test_torch_is_imported_where_modules_are_made_and_run() -> None:
    rooms = (
        "compiler/emit",
        "compiler/runtime",
        "compiler/bench",
        "compiler/importer",
        "compiler/quantize",
        "compiler/verify.py",
        "compiler/targets.py",
        "archc/api.py",
        "archc/given.py",
    )
    rest = [path for path in sources(*FOLDERS) if not name_of(path).startswith(rooms)]
    torch = ("torch", "torchvision", "timm", "onnx", "onnxruntime", "onnxscript", "safetensors")
    assert [row for row in offences(rest, torch) if not _is_type_checking(row)] == []


def test_torch_is_imported_in_functions_alone() -> None:
    # emit/fast/kernels/ is text that goes into modules: archc never imports it. All of importer/ works on live modules: whoever
    # needs it imports it in a function, but for the names of models, which every command asks.
    imported = [path for path in sources(*FOLDERS) if "kernels" not in path.parts and "importer" not in path.parts]
    imported.append(ROOT / "compiler/files/model_names.py")
    assert offences(imported, ("torch", "onnx", "onnxruntime"), top=True) == []


def test_nothing_heavy_on_the_way_of_check() -> None:
    heavy = (
        "networkx",
        "torch",
        "numpy",
        "graphviz",
        "pathlib",
        "tempfile",
        "subprocess",
        "inspect",
        "logging",
        "asyncio",
        "typing_extensions",
    )
    assert offences(sources(*CHECK), heavy, top=True) == []


def test_imports_inside_are_relative() -> None:
    inside = [path for path in sources(*FOLDERS) if path.name != "__main__.py"]
    rows = [
        f"{name_of(path)}:{node.lineno}"
        for path in inside
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and not node.level
        and (node.module or "").split(".")[0] in ("archc", "dsl", "compiler", "grammar")
        # The package's own face is no part inside.
        and node.module != "archc"
    ]
    assert rows == []


def _is_type_checking(row: str) -> bool:
    """Whether the import in `file:line imports name` is for type checkers alone."""
    file, _, rest = row.partition(":")
    line = int(rest.split()[0])
    return any(
        isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and node.lineno <= line <= (node.end_lineno or 0)
        for node in ast.walk(tree(ROOT / file))
    )


# ----------------------------------------------------------------------------------------------- manners


def test_only_the_command_line_prints_and_exits() -> None:
    rows = []
    for path in sources("compiler", "dsl", "grammar", "archc/base", "archc/reporting", "archc/manual", "archc/api.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "print",
                "exit",
                "quit",
                "sys.exit",
                "os._exit",
                "input",
                "breakpoint",
            ):
                rows.append(f"{name_of(path)}:{node.lineno} {ast.unparse(node.func)}")
    mains = {"compiler/draw/graphviz_process.py", "grammar/generate.py", "archc/manual/pages.py"}  # programs of their own
    assert [row for row in rows if row.split(":")[0] not in mains] == []


def test_every_record_prints_as_one_short_line() -> None:
    """`dataclasses.dataclass` itself would write a `repr` that never ends where records hold each other."""
    rows = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources(*FOLDERS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses" and any(row.name == "dataclass" for row in node.names)
    ]
    assert [row for row in rows if not row.startswith("archc/base/records.py")] == []


def test_no_names_of_operations_outside_their_records() -> None:
    """An operation is defined once: nobody asks `operation.name == "conv"`. The ports are no words of the language."""
    from archc.compiler.ops import TABLE

    words = set(TABLE)
    rows = []
    for path in sources("compiler"):
        if "ops" in path.parts:
            continue
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Compare) or not ast.unparse(node.left).endswith("operation.name"):
                continue
            texts = [item.value for side in node.comparators for item in ast.walk(side) if isinstance(item, ast.Constant)]
            rows += [f"{name_of(path)}:{node.lineno} {text}" for text in texts if text in words]
    assert rows == []


@pytest.mark.parametrize("words", [r"(?<![\w.])/(?:root|work|home/[a-z]\w*|Users)/", r"(?<![\w./])/tmp/\w"])
def test_no_paths_of_one_machine(words: str) -> None:
    pattern = re.compile(words)
    rows = []
    for path in tracked():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        rows += [f"{name_of(path)}:{number}" for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    assert rows == []


# ---------------------------------------------------------------------------------------------- the project


def test_the_longest_tests_are_there() -> None:
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []


def test_one_version() -> None:
    """It stands in archc/__init__.py; the package reads it there, and the citation says it once more."""
    import archc

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'version = { attr = "archc.__version__" }' in project
    assert f"\nversion: {archc.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {archc.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_requirement_is_pinned() -> None:
    """Else pip may fetch another torch."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(
        r'^\s*"([A-Za-z0-9_-]+)(?:[><=~][^"]*)?",', project.partition("dependencies = [")[2].partition("[project.scripts]")[0], re.MULTILINE
    )
    pins = {
        line.partition("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    assert {name.lower().replace("_", "-") for name in wanted} - pins - {"pygls"} == set()
    assert {"torch", "torchvision", "timm"} <= pins


def test_what_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make (\w+)", text)) <= targets
    from archc.cli import COMMANDS

    assert set(re.findall(r"(?:^\$ |`)archc ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS)


def test_each_decision_has_a_number_of_its_own_which_its_heading_tells() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    numbers = [path.name[:4] for path in pages]
    assert [number for number, count in Counter(numbers).items() if count > 1] == []
    assert [path.name for path in pages if not path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]}. ")] == []
