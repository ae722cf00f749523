#!/usr/bin/env bash
# Builds with the sanitizers (address and undefined behaviour; thread) and runs the tests of runtime, connections, transfers,
# the cluster's processes, formats and serialisation.
#   --quick    for CI: the tests of races only, those of connections among them
#   asan|tsan  only this one
# Debian's libtbb is not instrumented: ThreadSanitizer does not see how it hands tasks over, so what happens inside it
# is left out of the reports.
set -euo pipefail
cd "$(dirname "$0")/.."

presets=()
quick=0
for argument in "$@"; do
  case "$argument" in
    --quick) quick=1 ;;
    asan | tsan) presets+=("$argument") ;;
    *) echo "usage: scripts/sanitize.sh [--quick] [asan|tsan]" >&2; exit 2 ;;
  esac
done
[[ ${#presets[@]} -gt 0 ]] || presets=(asan tsan)

# A worker that dies of a signal has to die of it: how it ended is what some tests look at.
export ASAN_OPTIONS="handle_segv=0:detect_stack_use_after_return=0:strict_string_checks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export TSAN_OPTIONS="handle_segv=0:ignore_noninstrumented_modules=1:suppressions=$PWD/scripts/tsan_suppressions.txt:${TSAN_OPTIONS:-}"

for preset in "${presets[@]}"; do
  targets=(runtime_stress_test net_test)
  [[ $quick == 1 ]] || targets+=(runtime_test runtime_scale_test formats_test core_test transfer_test cluster_server_test cluster_test)
  [[ $quick == 1 || $preset == tsan ]] || targets+=(serialize_test)  # has no threads, and an allocator of its own
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" --target "${targets[@]}"
  for target in "${targets[@]}"; do
    ctest --preset "$preset" --parallel "$(nproc)" -R "^$target" --timeout 600
  done
done
