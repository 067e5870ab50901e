# SPDX-License-Identifier: GPL-2.0
# lib.sh - what the tests of installation share. Sourced by bash, at the top of the tree.
# shellcheck shell=bash
. selftests/lib/tap.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/cask-tools.XXXXXX")
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^VERSION *:= *//p' Makefile)

# quietly COMMAND...: its words only if it fails
quietly() { "$@" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }; }
# put TARGET VARIABLE=VALUE...: make it with what is built, of the build that is under test
put() { quietly make --no-print-directory BUILD="${BUILD:-build}" "$@"; }
