# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# kills.sh - the server killed at each step of an exchange. Sourced by suites that have, for an EXCHANGE, do_EXCHANGE,
# the state that it begins from in $tmp/at.EXCHANGE, and a function dump DIR.

# up DIR: like start, without TLS, so that the proxy sees where an answer begins
up() {
	start "$1"
	url=http://$authority
}
down() {
	stop TERM
}

# killed EXCHANGE CALL N: kill the server as it makes this system call for the Nth time, ask again.
# Returns 1 when it did not come to that; sets wrong.
killed() {
	local dir=$tmp/struck line tracer answer
	rm -rf "$dir" "$tmp/traced"
	cp -r "$tmp/at.$1" "$dir"
	up "$dir"
	mkfifo "$tmp/traced"
	strace -f -q -o /dev/null -e trace=none -p "$server_pid" -e "trace=$2" -e "inject=$2:signal=KILL:when=$3" \
		2>"$tmp/traced" &
	tracer=$!
	exec 8<"$tmp/traced"
	while grep -q '^TracerPid:	0$' /proc/"$server_pid"/task/*/status; do read -r -t 0.05 line <&8; done
	"do_$1"
	answer=$curl_status
	# The tracer goes with the server. Only then is it known what ended it: a process that is being killed may
	# still be there when its connections are not.
	down 2>/dev/null
	wait "$tracer" 2>/dev/null
	exec 8<&-
	[ "$answer" != 0 ] || return 1
	[ "$server_status" = 137 ] || wrong+="$1 $2 $3: no answer, and the server ended with $server_status; "
	up "$dir"
	"do_$1"
	case $status in 20[01]) ;; *) wrong+="$1 $2 $3: $status $code; " ;; esac
	down
	dump "$dir" >"$dir.dump"
	diff "$tmp/$1.dump" "$dir.dump" >"$dir.diff" || wrong+="$1 $2 $3: $(cat "$dir.diff"); "
}
points=0
# each_step EXCHANGE: at every system call that writes, syncs or sends
each_step() {
	local call n wrong=
	rm -rf "$tmp/still"
	cp -r "$tmp/at.$1" "$tmp/still"
	up "$tmp/still"
	"do_$1"
	down
	dump "$tmp/still" >"$tmp/$1.dump"
	for call in pwrite64 fdatasync sendto sendmsg writev sendfile; do
		n=1
		while killed "$1" $call $n; do
			n=$((n + 1))
			points=$((points + 1))
		done
	done
	echo "wrong: $wrong"
	[ -z "$wrong" ]
}
