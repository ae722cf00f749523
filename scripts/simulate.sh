#!/usr/bin/env bash
# Simulates whole clusters (tests/sim), one a seed, on all cores; a failure prints the command that repeats it:
#
#     scripts/simulate.sh [--first=SEED] [--seeds=COUNT] [--verbose] [--trace]      10,000 seeds from a new one, if not given
set -euo pipefail
cd "$(dirname "$0")/.."

first=$((RANDOM << 15 | RANDOM))
seeds=10000
rest=()
for argument in "$@"; do
  case $argument in
    --first=*) first=${argument#*=} ;;
    --seeds=*) seeds=${argument#*=} ;;
    -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rest+=("$argument") ;;
  esac
done

cmake --preset dev >/dev/null
cmake --build --preset dev --target simulate >/dev/null

jobs=$(nproc)
((seeds >= jobs)) || jobs=$seeds
share=$(((seeds + jobs - 1) / jobs))
pids=()
for ((job = 0; job < jobs; ++job)); do
  from=$((first + job * share))
  count=$((first + seeds - from < share ? first + seeds - from : share))
  build/dev/bin/simulate "--first=$from" "--seeds=$count" "${rest[@]}" &
  pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
exit $failed
