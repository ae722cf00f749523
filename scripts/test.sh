#!/usr/bin/env bash
# Installs what is missing, builds everything and runs all tests. Arguments go to ctest (such as -R NAME).
set -euo pipefail
cd "$(dirname "$0")/.."

./scripts/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev --parallel "$(nproc)" "$@"
