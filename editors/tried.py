"""Editors tried with the set-up of docs/editors.md: a file with a mistake is opened, and the mistake, a hover and the layout must come.

`python editors/tried.py` tries what it finds of Neovim, Emacs and Helix and prints what each of them showed.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
TEXT = "network n {\n  input x[3, 8, 8]\n  conv( 8 ) -> rleu\n}\n"
"""A mistake in it, and a step that is not laid out as `archc fmt` does it: with mistakes a text is left as it is."""
SOUND = TEXT.replace("rleu", "relu")
LIMIT = 60


@dataclass(frozen=True)
class Tried:
    """What an editor showed: its diagnostics, its hover over `conv`, and the text after it was told to lay it out."""

    diagnostics: str
    hover: str
    text: str


def listing(heading: str, language: str) -> str:
    """The set-up as the page gives it."""
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    part = re.split(r"^## ", page.split(f"\n## {heading}", 1)[1], flags=re.MULTILINE)[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def environment(folder: Path) -> dict[str, str]:
    """A home of its own, in which the word `archc` means this checkout."""
    home = folder / "bin"
    home.mkdir()
    script = home / "archc"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m archc "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return {**os.environ, "PATH": f"{home}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CACHE_HOME": str(folder / "cache"), "XDG_STATE_HOME": str(folder / "state"), "XDG_DATA_HOME": str(folder / "data"), "TERM": "xterm-256color"}  # fmt: skip


NEOVIM = """
vim.cmd.edit('mine.arch')
local found = {}
vim.wait(%d, function() return #vim.diagnostic.get(0) > 0 end, 50)
found.diagnostics = vim.inspect(vim.tbl_map(function(row) return row.code .. ': ' .. row.message end, vim.diagnostic.get(0)))
vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.fn.readfile('sound'))
vim.wait(%d, function() return #vim.diagnostic.get(0) == 0 end, 50)
vim.api.nvim_win_set_cursor(0, {3, 3})
local place = vim.lsp.util.make_position_params(0, 'utf-16')
local answers = vim.lsp.buf_request_sync(0, 'textDocument/hover', place, %d) or {}
for _, answer in pairs(answers) do found.hover = answer.result and answer.result.contents.value end
vim.lsp.buf.format({ timeout_ms = %d })
found.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\\n') .. '\\n'
vim.fn.writefile({ vim.json.encode(found) }, 'found.json')
vim.cmd('qall!')
"""


def neovim(command: str, folder: Path) -> Tried:
    wait = 1000 * LIMIT
    (folder / "init.lua").write_text(listing("Neovim", "lua"), encoding="utf-8")
    (folder / "try.lua").write_text(NEOVIM % (wait, wait, wait, wait), encoding="utf-8")
    _run([command, "--headless", "-u", "init.lua", "-c", "luafile try.lua"], folder)
    return Tried(**json.loads((folder / "found.json").read_text(encoding="utf-8")))


EMACS = """
(setq eglot-sync-connect %d eglot-connect-timeout %d eglot-events-buffer-config '(:size 0))
(find-file "mine.arch")
(run-hooks 'post-command-hook)
(defun wait-for (test) (let ((left %d)) (while (and (> left 0) (not (funcall test))) (accept-process-output nil 0.1) (setq left (- left 0.1)))))
(wait-for (lambda () (eglot-current-server)))
(defun told () (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))
(wait-for (lambda () (flymake-start) (told)))
(setq shown (mapconcat #'identity (told) "\\n"))
(erase-buffer)
(insert-file-contents "sound")
(eglot--signal-textDocument/didChange)
(goto-char (point-min))
(search-forward "conv")
(backward-char 2)
(setq about (plist-get (plist-get (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams)) :contents) :value))
(eglot-format-buffer)
(setq laid (buffer-substring-no-properties (point-min) (point-max)))
(let ((coding-system-for-write 'utf-8)) (with-temp-file "found.json" (insert (json-encode (list :diagnostics shown :hover about :text laid)))))
(set-buffer-modified-p nil)
(kill-emacs 0)
"""


def emacs(command: str, folder: Path) -> Tried:
    (folder / "init.el").write_text("(require 'eglot)\n(require 'json)\n" + listing("Emacs", "elisp"), encoding="utf-8")
    (folder / "try.el").write_text(EMACS % (LIMIT, LIMIT, LIMIT), encoding="utf-8")
    _run([command, "-Q", "--batch", "-l", "init.el", "-l", "try.el"], folder)
    return Tried(**json.loads((folder / "found.json").read_text(encoding="utf-8")))


def helix(command: str, folder: Path) -> Tried:
    """It has no way but its screen: what it writes there is read."""
    (folder / "config" / "helix").mkdir(parents=True)
    setup = listing("Helix", "toml")
    (folder / "config" / "helix" / "languages.toml").write_text(setup, encoding="utf-8")
    steps = [("rleu`", "jjlll k"), ("channels", "\x1b"), ("", "%srleu\r"), ("", "crelu\x1b"), ("", ":w\r"), ("written", ":q!\r")]
    shown = _typed(command, folder, "mine.arch", steps)
    begin = shown.find("conv(channels")
    return Tried(shown[:begin], shown[begin:] if begin >= 0 else "", (folder / "mine.arch").read_text(encoding="utf-8"))


def _typed(command: str, folder: Path, file: str, steps: list[tuple[str, str]]) -> str:
    """What stands on the screen of a terminal while keys are pressed, each when its words are there."""
    child, terminal = pty.fork()
    if not child:
        os.chdir(folder)
        os.execve(command, [command, file], {**environment_of(folder), "COLUMNS": "160", "LINES": "48"})
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
    shown, end = "", time.monotonic() + LIMIT
    try:
        for words, keys in steps:
            while words not in _plain(shown) and time.monotonic() < end:
                if select.select([terminal], [], [], 0.2)[0]:
                    shown += os.read(terminal, 65536).decode("utf-8", "replace")
            while select.select([terminal], [], [], 0.5)[0]:  # an escape and a letter at once would be one key
                shown += os.read(terminal, 65536).decode("utf-8", "replace")
            os.write(terminal, keys.encode())
        while select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 65536).decode("utf-8", "replace")
    except OSError:  # the editor has ended
        pass
    finally:
        os.close(terminal)
        os.kill(child, 9)
        os.waitpid(child, 0)
    return _plain(shown)


def _plain(screen: str) -> str:
    """Letters in the order in which they were written, without what moves the cursor and colours."""
    return re.sub(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|[()][A-Z0-9]|[=>])", "", screen)


def environment_of(folder: Path) -> dict[str, str]:
    return json.loads((folder / "environment.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _run(words: list[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, env=environment_of(folder), capture_output=True, text=True, timeout=5 * LIMIT, check=False)
    if not (folder / "found.json").exists():
        raise RuntimeError(f"{words[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


EDITORS: dict[str, Callable[[str, Path], Tried]] = {"nvim": neovim, "emacs": emacs, "hx": helix}


def tried(name: str) -> Tried | None:
    """None where the editor is not here."""
    command = shutil.which(name)
    if command is None:
        return None
    with TemporaryDirectory(ignore_cleanup_errors=True) as draft:
        folder = Path(draft)
        (folder / "environment.json").write_text(json.dumps(environment(folder)), encoding="utf-8")
        (folder / "mine.arch").write_text(TEXT, encoding="utf-8")
        (folder / "sound").write_text(SOUND, encoding="utf-8")
        return EDITORS[name](command, folder)


def main() -> int:
    for name in sys.argv[1:] or EDITORS:
        found = tried(name)
        if found is None:
            print(f"{name}: not here")
            continue
        print(f"{name}\n  diagnostics: {found.diagnostics[-300:]!r}\n  hover: {found.hover[:200]!r}\n  laid out: {found.text!r}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
