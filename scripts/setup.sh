#!/usr/bin/env bash
# Installs what dflow needs to build, test and run its samples on Debian 12, if it is missing. With --bench also the peers
# of its benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  g++ cmake ninja-build ccache pkg-config dpkg-dev file
  clang-19 llvm-19-dev libclang-19-dev libclang-cpp19-dev llvm-19-tools libclang-rt-19-dev clang-format-19 clang-tidy-19
  libisl-dev libboost-graph1.81-dev libtbb-dev nlohmann-json3-dev libcli11-dev libxxhash-dev liblz4-dev libeigen3-dev libpng-dev
  libthrift-dev thrift-compiler libssl-dev openssl
  libgtest-dev libgmock-dev graphviz gdb python3 chromium chromium-driver
)
command -v npm >/dev/null || packages+=(npm)  # may be there by another way than Debian's package
[ "${1:-}" != --bench ] || packages+=(python3-distributed)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" -eq 0 ]; then
    as_root=()
  elif command -v sudo >/dev/null; then
    as_root=(sudo)
  else
    echo "setup: these packages are missing and only root can install them: ${missing[*]}" >&2
    exit 1
  fi
  echo "setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# The graph library of --format=html, in the version and with the hash that package-lock.json says.
page=tools/dflow/page
if ! cmp -s "$page/package-lock.json" "$page/node_modules/installed-lock.json"; then
  echo "setup: installing cytoscape.js"
  if npm ci --prefix "$page" --ignore-scripts --no-audit --no-fund --loglevel=error; then
    cp "$page/package-lock.json" "$page/node_modules/installed-lock.json"
  else
    echo "setup: cytoscape.js could not be installed; dflow will have no --format=html" >&2
  fi
fi
