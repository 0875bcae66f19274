// node compile.js FOLDER PLACE: Python's own compiler, of the version that will run, makes each .py of the folder a .pyc, and the .py goes.
// In the browser the folder lies at PLACE, which is what a traceback names. Of networkx half is docstrings, which nobody reads there.
import { loadPyodide } from "pyodide";

const [folder, place] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.mkdirTree(place);
python.mountNodeFS(place, folder);
const run = python.runPython(`
import compileall, py_compile
from pathlib import Path

def run(place):
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for room, optimize in (("archc", 0), ("networkx", 2)):
        if not compileall.compile_dir(f"{place}/{room}", quiet=1, legacy=True, optimize=optimize, invalidation_mode=unchecked):
            return False
    for source in Path(place).rglob("*.py"):
        source.unlink()
    return True

run
`);
process.exit(run(place) ? 0 : 1);
