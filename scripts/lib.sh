# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What scripts/demo and scripts/test share. Sourced from the top of the source tree.

note() { printf -- '-- %s\n' "$*" >&2; }

# Runs a command and shows what it printed only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  ((status == 0)) || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# Ubuntu 22.04 has g++ 11 by default, which is too old, and g++ 12 beside it. What the user set in CXX stays.
choose_compiler() {
  if [[ ! ${CXX:-} ]] && (($(g++ -dumpversion) < 12)) && command -v g++-12 >/dev/null; then
    export CC=gcc-12 CXX=g++-12
  fi
}

# What ccache keeps of one checkout serves in another.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# configure FOLDER ARGUMENT…: cmake, with ccache where there is one; a folder that was made with it must learn when it
# is gone.
configure() {
  local folder=$1 launcher
  shift
  launcher=$(command -v ccache || true)
  note "configuring $folder"
  quietly cmake "$@" "-DCMAKE_C_COMPILER_LAUNCHER=$launcher" "-DCMAKE_CXX_COMPILER_LAUNCHER=$launcher"
}

# compile FOLDER ARGUMENT…: on a terminal ninja shows its progress in one line; elsewhere only failures are shown.
compile() {
  local folder=$1
  shift
  note "building $folder"
  set -- cmake --build "$folder" --parallel "$(nproc)" "$@"
  if [[ -t 1 ]]; then "$@"; else quietly "$@"; fi
}
