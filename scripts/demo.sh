#!/usr/bin/env bash
# Installs what is missing, builds dflow, compiles a real program with dflowc, runs it on real texts, and shows its graph.
set -euo pipefail
cd "$(dirname "$0")/.."

./scripts/setup.sh
cmake --preset release >/dev/null
cmake --build --preset release --target dflowc dflow dflow_runtime
bin=$PWD/build/release/bin
out=$PWD/build/demo
mkdir -p "$out"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1. Compile samples/word_count with dflowc"
set -x
"$bin/dflowc" -std=c++20 -O2 samples/word_count/word_count.cpp -o "$out/word_count"
{ set +x; } 2>/dev/null

say "2. The plan that the compiler found and stored in the executable"
"$bin/dflow" graph show "$out/word_count"

say "3. Run it on the licenses of this system, and record what happens"
DFLOW_TRACE=$out/trace.json "$out/word_count" /usr/share/common-licenses/* >"$out/counts.txt"
texts=$(ls /usr/share/common-licenses/* | wc -l)

say "4. Expand the plan for $texts texts: it is the graph that was recorded"
"$bin/dflow" graph expand "$out/word_count" --graph=word_count --param "texts.size=$texts" --format=json -o "$out/expanded.json"
"$bin/dflow" graph diff "$out/expanded.json" "$out/trace.json"
"$bin/dflow" graph expand "$out/word_count" --graph=word_count --param texts.size=8 --format=svg -o "$out/word_count.svg"

"$bin/dflow" graph show "$out/trace.json" --format=html -o "$out/run.html" || true

say "The most frequent words in $texts texts"
head -n 10 "$out/counts.txt"
echo
echo "Its graph for 8 texts: $out/word_count.svg"
echo "The run, to be opened in Perfetto: $out/trace.json"
[[ ! -e $out/run.html ]] || echo "The run, to be opened in a browser: $out/run.html"
