#!/usr/bin/env bash
# Gradescope runs this once, as root on Ubuntu, when it builds the image.
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"
cd "$ROOT/source"
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -qy python3-venv bubblewrap
python3 -m venv "$ROOT/venv"
"$ROOT/venv/bin/pip" install --no-cache-dir -r requirements.txt
# Hand-ins run as another user, who must not read the worked answers and the labels.
chmod -R go-rwx "$ROOT/source"
