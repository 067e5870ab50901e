# SPDX-License-Identifier: GPL-2.0
# tap.sh - tests in shell that report TAP. Sourced by bash.
#
#	test_that "D4: a file arrives whole" function [arguments]
#
# The function runs in a subshell with -e and -u; what it prints becomes diagnostics when it fails.

tap_count=0
tap_failed=0

# test_that NAME COMMAND...: one test point. Its variables are seen by the command: hence their names.
test_that() {
	local tap_name=$1 tap_log tap_status tap_begin=$SECONDS
	shift
	tap_log=$(mktemp)
	tap_count=$((tap_count + 1))
	# Not in a condition: there -e would be off inside, too.
	set +e
	( set -eu; "$@" ) >"$tap_log" 2>&1
	tap_status=$?
	set -e
	if [ "$tap_status" = 0 ]; then
		echo "ok $tap_count - $tap_name"
		echo "# $((SECONDS - tap_begin)) s"
	else
		echo "not ok $tap_count - $tap_name"
		echo "# status $tap_status"
		tail -n 40 "$tap_log" | sed 's/^/# /'
		tap_failed=$((tap_failed + 1))
	fi
	rm -f "$tap_log"
}

# the plan, at the end; the script's exit status is this function's
tap_done() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}

# refused STATUS PATTERN COMMAND...: the command must end so and say something that matches (grep -E)
refused() {
	local want=$1 pattern=$2 said status=0
	shift 2
	said=$("$@" 2>&1) || status=$?
	if [ "$status" != "$want" ]; then
		echo "exit status $status instead of $want: $*"
		echo "$said"
		return 1
	fi
	grep -Eq -- "$pattern" <<<"$said" || { echo "said: $said"; echo "not: $pattern"; return 1; }
}

# same WHAT A B
same() {
	[ "$2" = "$3" ] || { echo "$1: $2 is not $3"; return 1; }
}
