#!/usr/bin/env bash
# Kills, crashes and stops worker processes at random moments under graphs whose results are known (tests/chaos):
#
#     scripts/chaos.sh [--seed=S] [--faults=N] [--workers=W] [--pause=SECONDS] [--verbose]     1,000 faults, if not said
#     scripts/chaos.sh --samples [--seed=S] [--faults=N]      the samples, each until N workers were killed under it (100)
#
# Nothing may be wrong, hang or be left over. A failure prints the seed that repeats its faults.
set -euo pipefail
cd "$(dirname "$0")/.."

samples=0 seed='' faults=''
rest=()
for argument in "$@"; do
  case $argument in
    --samples) samples=1 ;;
    --seed=*) seed=${argument#*=} ;;
    --faults=*) faults=${argument#*=} ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rest+=("$argument") ;;
  esac
done

cmake --preset dev >/dev/null
if ((samples)); then
  cmake --build --preset dev --target samples >/dev/null
  CHAOS_SEED=$seed CHAOS_KILLS=${faults:-100} exec ctest --test-dir build/dev -R '^samples\.' --verbose --timeout 3600 "${rest[@]}"
fi
cmake --build --preset dev --target chaos_app >/dev/null
exec python3 tests/chaos/chaos.py build/dev/bin/chaos_app bombs ${seed:+"--seed=$seed"} "--faults=${faults:-1000}" "${rest[@]}"
