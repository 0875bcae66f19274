"""What holds for all tests: random ones try the same examples on every run, so that a red run is red again.

`HYPOTHESIS_PROFILE=search` looks for new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from archc.compiler.files.machine import cache_folder

# Imports stay where they are kept anyway; that the machine was calibrated (in a folder beside) is nothing that tests know.
os.environ.setdefault("ARCHC_CACHE", cache_folder("imports"))

# Processes that run tests side by side have one thread each, and so has what they start: two threads each on two cores wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

pytest_plugins = ["tests.memory", "tests.order"]

# No test fails because the machine is busy.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", derandomize=False, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
