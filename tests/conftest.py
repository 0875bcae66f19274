"""What holds for all tests: random ones try the same examples on every run, so that a red run is red again.

`HYPOTHESIS_PROFILE=search` looks for new ones.
"""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["tests.memory", "tests.order"]

settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
