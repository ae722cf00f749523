#!/usr/bin/env bash
# Installs what dflow needs to build, test and run its samples on Debian 12, if it is missing.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config dpkg-dev file
  clang-19 llvm-19-dev libclang-19-dev libclang-cpp19-dev llvm-19-tools libclang-rt-19-dev clang-format-19 clang-tidy-19
  libisl-dev libtbb-dev nlohmann-json3-dev libcli11-dev libxxhash-dev libeigen3-dev libpng-dev
  libgtest-dev libgmock-dev graphviz gdb python3
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

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
