# SPDX-License-Identifier: GPL-2.0
# lib.sh - what both sides of make demo share. Sourced by bash.

step() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
say() { printf '    %s\n' "$*"; }
# wait_for FILE FAILED: until the other side has made FILE; if it made FAILED there is nothing to wait for
wait_for() {
	until [ -e "$1" ]; do
		[ ! -e "$2" ] || return 1
		sleep 0.2
	done
}
