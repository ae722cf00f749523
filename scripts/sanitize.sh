#!/usr/bin/env bash
# Builds with the sanitizers (address and undefined behaviour; thread) and runs the tests: those of the runtime and of clusters
# with both, chaos and simulation among them; those of the compiler, which has one thread, with the first; the samples, and the
# programs of the corpus as clang++ and dflowc build them, with both.
#   --quick    for CI: the tests of races only, those of connections among them; the first two in scripts/fuzz.sh's build
#   asan|tsan  only this one
#   --programs only the samples and the corpus
# Left out (docs/reliability.md says why): what measures memory, dflowc itself as a program, and what it compiles in other tests.
# Debian's libtbb is not instrumented: ThreadSanitizer does not see how it hands tasks over, so what happens inside it
# is left out of the reports. Nor is LLVM: containers that it fills look wrong to AddressSanitizer's checks of containers.
set -euo pipefail
cd "$(dirname "$0")/.."

presets=()
quick=0 programs_only=0
for argument in "$@"; do
  case "$argument" in
    --quick) quick=1 ;;
    --programs) programs_only=1 ;;
    asan | tsan) presets+=("$argument") ;;
    *) echo "usage: scripts/sanitize.sh [--quick|--programs] [asan|tsan]" >&2; exit 2 ;;
  esac
done
[[ ${#presets[@]} -gt 0 ]] || presets=(asan tsan)

# A worker that dies of a signal has to die of it: how it ended is what some tests look at.
export ASAN_OPTIONS="handle_segv=0:detect_stack_use_after_return=0:strict_string_checks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$PWD/scripts/lsan_suppressions.txt:${LSAN_OPTIONS:-}"
export TSAN_OPTIONS="handle_segv=0:ignore_noninstrumented_modules=1:suppressions=$PWD/scripts/tsan_suppressions.txt:${TSAN_OPTIONS:-}"

quick_tests=(runtime_stress_test net_test)
tests=("${quick_tests[@]}" runtime_test runtime_scale_test launch_order_test formats_test core_test transfer_test cluster_server_test
  cluster_peer_server_test cluster_test client_states_test tools_test dflow_tool_test no_page_test)
tests_asan=(serialize_test warning_flags_test ir_test flow_test passes_test frontend_test frontend_edits_test compiler_driver_test)  # have no threads
# Programs, run by scripts of their own; the cluster's memory is measured.
programs=(client_workers_test client_pool_test client_conformance_test client_cases_test cluster_shared_features_test cluster_app cluster_guest_app
  cluster_restart_app cluster_trace_app transfer_cluster_test chaos_app simulate dflow_tool)
scripted='^(cluster|chaos|sim|transfer)\.'
measured='^(cluster\.memory|transfer\.refused)$'

# All of them, even if some fail: another run would take as long again.
failed=0
run_tests() { ctest --preset "$preset" --timeout 1800 "$@" || failed=1; }

# What users build, on the instrumented runtime. The dflowc that compiles the corpus is of the checked build: what it makes of a
# program, clang++ builds with the sanitizers.
run_programs() {
  local kinds=address,undefined
  [[ $preset == asan ]] || kinds=thread
  cmake --preset dev >/dev/null
  cmake --build --preset dev --target dflowc dflowc-frontend dflow_tool dflow_runtime
  cmake --build --preset "$preset" --target dflow_runtime dflow_cluster samples
  run_tests -R '^samples\.'
  printf '%s\n' tests/corpus/*.cpp | xargs -P "$(nproc)" -I{} python3 tests/corpus/check.py {} --sanitize="$kinds" --cxx=clang++-19 \
    --dflowc="$PWD/build/dev/bin/dflowc" --dflow="$PWD/build/dev/bin/dflow" --include="$PWD/include" \
    --lib="$PWD/build/$preset/lib" --work="$PWD/build/$preset/corpus" || failed=1
}
any_of() { echo "^($(IFS='|'; echo "$*"))\."; }

for preset in "${presets[@]}"; do
  [[ $quick$preset != 1asan ]] || preset=fuzz  # the same sanitizers, and what is built once is enough
  cmake --preset "$preset" >/dev/null
  if [[ $quick == 1 ]]; then
    cmake --build --preset "$preset" --target "${quick_tests[@]}"
    run_tests --parallel "$(nproc)" -R "$(any_of "${quick_tests[@]}")"
    continue
  fi
  if [[ $programs_only == 1 ]]; then
    run_programs
    continue
  fi
  cmake --build --preset "$preset" --target "${tests[@]}" "${programs[@]}"
  run_tests --parallel "$(nproc)" -R "$(any_of "${tests[@]}")"
  run_tests -R "$scripted" -E "$measured"
  if [[ $preset == asan ]]; then
    cmake --build --preset "$preset" --target "${tests_asan[@]}"
    ASAN_OPTIONS="$ASAN_OPTIONS:detect_container_overflow=0" run_tests --parallel "$(nproc)" -R "$(any_of "${tests_asan[@]}")"
  fi
  run_programs
done
exit $failed
