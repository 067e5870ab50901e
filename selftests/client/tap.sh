# SPDX-License-Identifier: GPL-2.0
# TAP for shell tests: sourced. $work is a directory of the test's.
# shellcheck shell=bash disable=SC2154,SC2034

number=0 failed=0

# is NAME COMMAND...: the command succeeds
is() {
	local name=$1 out
	shift
	number=$((number + 1))
	if out=$("$@" 2>&1); then
		echo "ok $number - $name"
	else
		failed=$((failed + 1))
		echo "not ok $number - $name"
		echo "# $*"
		echo "$out" | tail -n 20 | sed 's/^/# /'
	fi
}

# status WANT COMMAND...: it ends with this status
status() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ $got = "$want" ] || { echo "status $got, not $want"; return 1; }
}

# refused CODE COMMAND...: it fails with status 1 and names the code, as a word, on stderr alone
refused() {
	local code=$1 got=0
	shift
	"$@" >"$work/stdout" 2>"$work/stderr" || got=$?
	cat "$work/stderr"
	[ $got = 1 ] || { echo "status $got, not 1"; return 1; }
	[ ! -s "$work/stdout" ] || { echo "something on stdout"; return 1; }
	grep -q -w -e "$code" "$work/stderr" || { echo "$code is not named"; return 1; }
}

# eventually COMMAND...: it succeeds within ten seconds
eventually() {
	local try
	for try in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	"$@"
}

finish() {
	echo "1..$number"
	[ $failed = 0 ]
}
