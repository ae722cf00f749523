#!/usr/bin/env bash
# Builds well-known C++ projects with CXX=dflowc, runs their own tests, and compares with the host compiler's build.
#
#     scripts/build_projects.sh [--hosts=clang++-19,g++] [--quick] [PROJECT...]
#
# The sources are Debian's, of the release that this machine runs. For each project and host compiler:
#   host      built by the host compiler; its tests' outcome is what is expected
#   dflowc    built by CXX=dflowc: every object must be the host compiler's, byte for byte. Where all are and a test differs
#             all the same, it is the test's own: some wait for the clock, and fail on a busy machine
#   analysed  built by CXX=dflowc with dflow's header in front of every source, so that each goes through dflow's
#             analysis and not past it; as C++20. The tests' outcome must be the host compiler's
# --quick leaves out the third. Logs and builds are in build/projects.
set -uo pipefail
cd "$(dirname "$0")/.."

root=$PWD
work=$root/build/projects
dflowc=${DFLOWC:-$root/build/release/bin/dflowc}
jobs=$(nproc)
hosts=(clang++-19 g++)
modes=(dflowc analysed)
wanted=()
for argument in "$@"; do
  case "$argument" in
    --hosts=*) IFS=, read -ra hosts <<<"${argument#*=}" ;;
    --quick) modes=(dflowc) ;;
    -*) echo "usage: scripts/build_projects.sh [--hosts=clang++-19,g++] [--quick] [PROJECT...]" >&2; exit 2 ;;
    *) wanted+=("$argument") ;;
  esac
done

# Source package, CMake options, the tests' command in the build folder.
declare -A options tests
projects=(libjsoncpp ninja-build leveldb fmtlib googletest)
options[libjsoncpp]="-DJSONCPP_WITH_POST_BUILD_UNITTEST=OFF"
tests[libjsoncpp]="ctest"
options[ninja-build]="-DBUILD_TESTING=ON"
tests[ninja-build]="./ninja_test"
options[leveldb]="-DLEVELDB_BUILD_BENCHMARKS=OFF"
tests[leveldb]="ctest"
options[fmtlib]="-DFMT_DOC=OFF"
tests[fmtlib]="ctest"
options[googletest]="-Dgtest_build_tests=ON -Dgmock_build_tests=ON"
tests[googletest]="ctest"

[[ ${#wanted[@]} -gt 0 ]] || wanted=("${projects[@]}")
for project in "${wanted[@]}"; do
  [[ -n ${tests[$project]:-} ]] || { echo "build_projects: no project $project; there are ${projects[*]}" >&2; exit 2; }
done
mkdir -p "$work/logs"

# ---- sources

# The machine's own Debian sources, as deb-src, in folders of ours: the system's apt is left as it is.
apt_of_our_own() {
  local folder=$work/apt
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  python3 - >"$folder/sources.list" <<'PYTHON'
import glob, re
release = re.search(r"^VERSION_CODENAME=(\S+)", open("/etc/os-release").read(), re.M)[1]
suite = re.compile(rf"{release}(-updates|-security|/updates)?$")
for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
    try:
        text = open(path).read()
    except OSError:
        continue
    if path.endswith(".sources"):
        for stanza in re.split(r"\n\s*\n", text):
            field = {k.lower(): v.split() for k, v in re.findall(r"^([\w-]+):[ \t]*(.*)$", stanza, re.M)}
            signed = f"[signed-by={field['signed-by'][0]}] " if field.get("signed-by") else ""
            for uri in field.get("uris", []):
                for name in filter(suite.match, field.get("suites", [])):
                    print("deb-src", signed + uri, name, *field.get("components", ["main"]))
    elif path.endswith(".list"):
        for line in text.splitlines():
            if entry := re.match(r"deb(?:-src)?\s+((?:\[[^\]]*\]\s+)?\S+\s+(\S+)\s+.*)", line):
                if suite.match(entry[2]):
                    print("deb-src", entry[1])
PYTHON
  apt=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$folder/lists"
       -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User= -o Dir::Etc::PreferencesParts=/dev/null)
  apt-get "${apt[@]}" update -qq
}

fetch() {
  local project=$1
  [[ -d $work/$project/source ]] && return 0
  rm -rf "$work/$project" && mkdir -p "$work/$project" || return
  (cd "$work/$project" && apt-get "${apt[@]}" source -qq "$project" && mv -- */ source) >"$work/logs/$project.fetch" 2>&1
}

# ---- builds

# Of the same kind: projects give both compilers the flags that the C++ compiler takes.
c_compiler_of() {
  case "$1" in
    *clang++*) echo "${1/clang++/clang}" ;;
    *) echo "${1/g++/gcc}" ;;
  esac
}

# build PROJECT NAME CXX HOST [CMAKE-OPTION]: always in one folder, which paths in the objects name; then it is moved to
# its own.
build() {
  local project=$1 name=$2 cxx=$3 host=$4 log=$work/logs/$1.$2
  local place=$work/$project/build
  rm -rf "$place" "$work/$project/$name"
  # shellcheck disable=SC2086
  (export DFLOWC_HOST=$host CCACHE_DISABLE=1; unset CMAKE_CXX_COMPILER_LAUNCHER
   CC=$(c_compiler_of "$host") CXX=$cxx cmake -G Ninja -S "$work/$project/source" -B "$place" -DCMAKE_BUILD_TYPE=None "-DCMAKE_CXX_FLAGS=-O1 -w" \
     ${options[$project]} "${@:5}" && cmake --build "$place" -j "$jobs") >"$log.build" 2>&1 || return
  # shellcheck disable=SC2086
  (cd "$place" && ${tests[$project]}) >"$log.tests" 2>&1
  echo "exit code $?" >>"$log.tests"
  mv "$place" "$work/$project/$name"
}

# What a run of tests came to: the numbers that ctest and gtest print at their end, and the exit code.
outcome() {
  grep -E '^[0-9]+% tests passed|^\[  (PASSED|FAILED)  \] [0-9]+ tests|^passed$|^exit code' "$work/logs/$1.$2.tests" | tail -n 3 | tr '\n' ' '
}

same_objects() {
  local a=$work/$1/$2 b=$work/$1/$3 count=0 differ=0 object
  while IFS= read -r object; do
    count=$((count + 1))
    cmp -s "$a/$object" "$b/$object" || differ=$((differ + 1))
  done < <(cd "$a" && find . -name '*.o' ! -name '*.c.o' ! -path '*/_CMake*')
  [[ $differ == 0 ]] && echo "$count objects, all equal" && return
  echo "$count objects, $differ DIFFER"
  return 1
}

lines_of() {
  find "$work/$1/source" \( -name '*.cc' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp' -o -name '*.inl' \) -print0 |
    xargs -0 cat | wc -l
}

failed=0
say() { printf '%-12s %6s  %-11s %-9s %s\n' "$@"; }
fail() { failed=1; say "$@"; }

# As C++20, whatever the project's own CMakeLists.txt says, and with dflow's header first.
include=$root/include
[[ ! -d $(dirname "$dflowc")/../include/dflow ]] || include=$(cd "$(dirname "$dflowc")/../include" && pwd)
rule="<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -std=gnu++20 -fno-char8_t -I$include -include dflow/dflow.h -o <OBJECT> -c <SOURCE>"

# One build by dflowc, held against the host compiler's.
compare() {
  local project=$1 host=$2 mode=$3 with=() found expected
  [[ $mode == dflowc ]] || with=("-DCMAKE_CXX_COMPILE_OBJECT=$rule")
  if ! build "$project" "$mode-$host" "$dflowc" "$host" "${with[@]}"; then
    if [[ $mode == analysed ]] && ! build "$project" "host20-$host" "$host" "$host" "${with[@]}"; then
      say "$project" "$lines" "$host" "$mode" "left out: the host compiler does not take it as C++20 either"
    else
      fail "$project" "$lines" "$host" "$mode" "DOES NOT BUILD: $work/logs/$project.$mode-$host.build"
    fi
    return
  fi
  expected=$(outcome "$project" "host-$host") found=$(outcome "$project" "$mode-$host")
  local equal=0 told
  if [[ $mode == analysed ]]; then
    told="$(grep -c 'dflowc: warning' "$work/logs/$project.$mode-$host.build") warnings by dflowc"
  else
    told=$(same_objects "$project" "host-$host" "$mode-$host") || equal=1
  fi
  if [[ $found != "$expected" ]]; then
    fail "$project" "$lines" "$host" "$mode" "TESTS DIFFER: $found; expected $expected; $told"
  elif [[ $equal != 0 ]]; then
    fail "$project" "$lines" "$host" "$mode" "$found; $told"
  else
    say "$project" "$lines" "$host" "$mode" "$found; $told"
  fi
}

check() {
  local project=$1 host=$2 mode lines
  lines=$(lines_of "$project")
  build "$project" "host-$host" "$host" "$host" ||
    { fail "$project" "$lines" "$host" host "DOES NOT BUILD: $work/logs/$project.host-$host.build"; return; }
  for mode in "${modes[@]}"; do compare "$project" "$host" "$mode"; done
  rm -rf "$work/$project"/*-"$host"
}

[[ -x $dflowc ]] || { cmake --preset release >/dev/null && cmake --build --preset release --target dflowc dflow_runtime >&2; } || exit
apt_of_our_own || { echo "build_projects: apt gives no lists of sources" >&2; exit 1; }
say project lines host build outcome
for project in "${wanted[@]}"; do
  fetch "$project" || { fail "$project" - - - "NOT FETCHED: $work/logs/$project.fetch"; continue; }
  for host in "${hosts[@]}"; do check "$project" "$host"; done
done
exit $failed
