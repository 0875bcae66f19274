// What is wrong with each of the texts of a JSON file, as archc says it under WebAssembly: `node same.mjs PLAYGROUND TEXTS`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, texts] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide", "pyodide.mjs")).href);
const python = await loadPyodide({ indexURL: join(folder, "pyodide") + "/", stdLibURL: join(folder, "pyodide", "python_stdlib.zip") });
python.unpackArchive(readFileSync(join(folder, "python", "site.zip")).buffer, "zip", { extractDir: "/site" });
python.globals.set("given", readFileSync(texts, "utf-8"));
process.stdout.write(
  python.runPython(`
import json, sys
sys.path.insert(0, "/site")
from archc.editor.service import Service
from archc.reporting.terminal import to_data
core, rows = Service(), []
for text in json.loads(given):
    core.open("edited.arch", text)
    rows.append(to_data(core.diagnostics("edited.arch"))["diagnostics"])
json.dumps(rows)
`),
);
