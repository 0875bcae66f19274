"""What pyproject.toml cannot say: the folders at the top are sub-packages of archc, and what the package index shows of the README.

docs/decisions/0083-folders-and-package.md says why.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

FOLDERS = ("architectures", "compiler", "dsl", "grammar")
"""`dsl/` is installed as `archc/dsl/`, and so on."""


class BuildPy(build_py):
    """Takes the folders at the top, with all packages in them, beside what stands in `archc/`.

    The distribution itself knows of `archc/` alone: an editable install is then a line in a .pth file, not a finder of
    modules that every start of Python would load.
    """

    def finalize_options(self) -> None:
        super().finalize_options()
        found = [f"archc.{name}" for folder in FOLDERS for name in (folder, *(f"{folder}.{part}" for part in find_packages(folder)))]
        self.packages = sorted({*self.packages, *found})
        self.package_dir |= {f"archc.{folder}": folder for folder in FOLDERS}

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)  # else a wheel holds what an earlier build left
        super().run()


def without_relative_links(readme: str) -> str:
    """The README for a page on which its relative links and pictures lead nowhere: a link's text and the file it names."""
    readme = re.sub(r"^!\[[^]]*\]\((?!https?:)[^)]*\)\n\n?", "", readme, flags=re.MULTILINE)
    return re.sub(
        r"(?<!\w)\[([^]]+)\]\((?!https?:)([^)#]+)[^)]*\)",
        lambda link: link[1] if link[1] == link[2] else f"{link[1]} (`{link[2]}`)",
        readme,
    )


if __name__ == "__main__":
    text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    setup(cmdclass={"build_py": BuildPy}, long_description=without_relative_links(text), long_description_content_type="text/markdown")
