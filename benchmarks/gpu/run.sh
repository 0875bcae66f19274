#!/bin/sh
# Tests archc on this machine's card and measures it: eight minutes at most, no network. PYTHON names another interpreter with a CUDA PyTorch;
# `bash run.sh --small` is a short run that also works without a card.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
"$python" -c "import torch" 2>/dev/null || { echo "there is no PyTorch in $python: name another interpreter, PYTHON=… bash run.sh" >&2; exit 2; }
rm -rf "$here/site"
for wheel in "$here"/wheels/*.whl; do "$python" -m zipfile -e "$wheel" "$here/site"; done
PYTHONPATH="$here/site" exec "$python" "$here/run.py" "$@"
