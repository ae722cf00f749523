#!/usr/bin/env bash
# Compiles and compares thousands of random programs (tests/fuzz_programs), from a new seed unless one is given:
#
#     scripts/fuzz_programs.sh [COUNT [SEED]]      COUNT graph functions, 2000 if not given, on all cores
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
if [[ $# -gt 2 || ! ${1:-1} =~ ^[0-9]+$ || ! ${2:-1} =~ ^[0-9]+$ ]]; then
  echo "usage: scripts/fuzz_programs.sh [COUNT [SEED]]" >&2
  exit 2
fi

dev=$PWD/build/dev
count=${1:-2000}
seed=${2:-$((RANDOM << 15 | RANDOM))}
jobs=$(nproc)
share=$(((count + jobs - 1) / jobs))

./scripts/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev --target dflowc dflowc-frontend dflow_tool dflow_runtime

echo "fuzz_programs: $count graph functions from seed $seed; logs and what failed are in build/fuzz_programs"
pids=()
for ((job = 0; job < jobs; ++job)); do
  mkdir -p "build/fuzz_programs/$job"
  python3 tests/fuzz_programs/run.py --cxx=g++ --dflowc="$dev/bin/dflowc" --dflow="$dev/bin/dflow" \
    --include="$PWD/include" --lib="$dev/lib" --work="$PWD/build/fuzz_programs/$job" \
    --seed="$seed" --first=$((job * share)) --count="$share" >"build/fuzz_programs/$job/log.txt" 2>&1 &
  pids+=($!)
done

failed=0
for job in "${!pids[@]}"; do
  wait "${pids[$job]}" || failed=1
  grep -A 3 'FAILED\|to repeat it' "build/fuzz_programs/$job/log.txt" || tail -1 "build/fuzz_programs/$job/log.txt"
done
exit $failed
