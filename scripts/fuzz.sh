#!/usr/bin/env bash
# Fuzzes what comes from outside (plans, recordings, documents, units, archives, tables of tasks, journals and their folders, frames,
# certificates, messages, values, tasks, boards) and the state machines of scheduler and worker, each target in turn, with address and undefined-behaviour sanitizers.
#   --seconds=N   for each target (60)
#   --seed=S      of libFuzzer (from the clock; printed)
#   --jobs=N      targets at once (as many as processors)
#   TARGET...     only these
# Starts from tests/fuzz/corpus. What is found new and interesting goes to build/fuzz/corpus, an input that breaks
# something to build/fuzz/broken; the command that repeats it is printed. Mended, it belongs into tests/fuzz/corpus, which
# the tests run.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60 seed=$((RANDOM * 32768 + RANDOM)) jobs=$(nproc)
targets=()
all=(plan document recording unit archive task_table journal journal_folder books spill frame messages certificate security_config packed vocabulary value
  exception task board scheduler worker)
for argument in "$@"; do
  case "$argument" in
    --seconds=*) seconds=${argument#*=} ;;
    --seed=*) seed=${argument#*=} ;;
    --jobs=*) jobs=${argument#*=} ;;
    --help | -h) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *)
      [[ " ${all[*]} " == *" $argument "* ]] || { echo "fuzz.sh: no target '$argument'; there are: ${all[*]}" >&2; exit 2; }
      targets+=("$argument")
      ;;
  esac
done
for number in "$seconds" "$seed" "$jobs"; do
  [[ $number =~ ^[0-9]+$ ]] || { echo "fuzz.sh: '$number' is no number" >&2; exit 2; }
done
[[ ${#targets[@]} -gt 0 ]] || targets=("${all[@]}")

cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}"
echo "seed $seed, $seconds s each: ${targets[*]}"
mkdir -p build/fuzz/broken

fuzz() {
  local target=$1 log=build/fuzz/$1.log
  mkdir -p "build/fuzz/corpus/$target"
  local limits=(-rss_limit_mb=2048 -malloc_limit_mb=512 -timeout=20 -max_len=8192)
  if ! UBSAN_OPTIONS=print_stacktrace=1 "build/fuzz/bin/fuzz_$target" -seed="$seed" -max_total_time="$seconds" "${limits[@]}" \
    -artifact_prefix="build/fuzz/broken/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    tail -40 "$log" >&2
    echo "$target: BROKEN; again with: build/fuzz/bin/fuzz_$target $(sed -n 's/.*Test unit written to //p' "$log" | tail -1)"
    return 1
  fi
  echo "$target: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$log"), nothing broken"
}
export -f fuzz
export seed seconds
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz {}'
