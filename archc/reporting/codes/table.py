"""Every code of a diagnostic, with its manual page: `archc explain E301` prints one.

E1xx syntax, E2xx names, parameters and values, E3xx shapes, E4xx limits and structure, W5xx warnings, F6xx files and
calls. The rows stand in the files beside this one, by subject.
"""

from __future__ import annotations

from typing import Final

from . import calls, costs, drawing, files, importing, limits, names, own, quantizing, shapes, syntax, warnings, weights
from .code import Code

CODES: Final[dict[str, Code]] = {
    row.code: row
    for subject in (syntax, names, shapes, limits, costs, warnings, drawing, files, calls, weights, importing, own, quantizing)
    for row in subject.ROWS
}
