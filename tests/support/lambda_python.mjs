// Runs pytest on the Python that the Lambda function runs on, which few machines have: `pyodide` is CPython 3.14,
// compiled for Node, where there are no processes and no threads.
// Arguments: the folder of the packages, the folder of the compiled ones, and what pytest gets.
import path from "node:path";
import process from "node:process";
import { loadPyodide } from "pyodide";

const [packages, compiled, ...words] = process.argv.slice(2);
const given = Object.entries(process.env).filter(([name]) => /^(EXAMPLES|ASSOCIATION_)/.test(name));
const python = await loadPyodide({
  env: { HOME: "/home", PYTEST_DISABLE_PLUGIN_AUTOLOAD: "1", ...Object.fromEntries(given) },
});
const folders = { "/project": ".", "/compiled": compiled, "/packages": packages };
for (const [folder, root] of Object.entries(folders)) {
  python.FS.mkdirTree(folder);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: path.resolve(root) }, folder);
}
python.globals.set("words", python.toPy(words));
process.exitCode = await python.runPythonAsync(`
import os
import sys

os.chdir("/project")
sys.pycache_prefix = "/compiled/cache"
sys.dont_write_bytecode = False
sys.path[:0] = ["/project", "/compiled", "/packages"]
import pytest

print(f"Python {sys.version.partition(' ')[0]}")
int(pytest.main(words))
`);
