#!/usr/bin/env bash
# Breaks what runs at random moments, under graphs whose results are known (tests/chaos):
#
#     scripts/chaos.sh [--seed=S] [--faults=N] [--connections=unix|tcp|tls] [--pause=SECONDS] [--verbose]
#         all that a shared cluster consists of: workers, agents, the scheduler, programs, links; 2,000 faults, if not said,
#         under clusters of the three kinds of connections in turn
#     scripts/chaos.sh --own [--seed=S] [--faults=N] [--workers=W] [--pause=SECONDS] [--verbose]
#         the workers of a program's own cluster (DFLOW_WORKERS); 1,000
#     scripts/chaos.sh --samples [--seed=S] [--faults=N]
#         the samples, each until N workers were killed under it (100)
#     scripts/chaos.sh --corpus [--seed=S] [--faults=N]
#         the programs of the corpus, in the same way (20)
#
# Nothing may be wrong, hang or be left over. A failure prints the seed that repeats its faults.
set -euo pipefail
cd "$(dirname "$0")/.."

samples=0 corpus=0 own=0 seed='' faults=''
rest=()
for argument in "$@"; do
  case $argument in
    --samples) samples=1 ;;
    --corpus) corpus=1 ;;
    --own) own=1 ;;
    --seed=*) seed=${argument#*=} ;;
    --faults=*) faults=${argument#*=} ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) rest+=("$argument") ;;
  esac
done

cmake --preset dev >/dev/null
if ((samples)); then
  cmake --build --preset dev --target samples >/dev/null
  CHAOS_SEED=$seed CHAOS_KILLS=${faults:-100} exec ctest --test-dir build/dev -R '^samples\.' --verbose --timeout 3600 "${rest[@]}"
fi
if ((corpus)); then
  cmake --build --preset dev >/dev/null
  CHAOS_SEED=$seed CHAOS_KILLS=${faults:-20} exec ctest --test-dir build/dev -R '^corpus\.' --output-on-failure --timeout 3600 "${rest[@]}"
fi
if ((!own)); then
  cmake --build --preset dev --target dflow_tool dflow_cluster cluster_restart_app chaos_app >/dev/null
  exec python3 tests/chaos/cluster_chaos.py build/dev/bin/dflow build/dev/bin/cluster_restart_app build/dev/bin/chaos_app ${seed:+"--seed=$seed"} \
    "--faults=${faults:-2000}" "${rest[@]}"
fi
cmake --build --preset dev --target chaos_app >/dev/null
exec python3 tests/chaos/chaos.py build/dev/bin/chaos_app bombs ${seed:+"--seed=$seed"} "--faults=${faults:-1000}" "${rest[@]}"
