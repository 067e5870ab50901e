# SPDX-License-Identifier: GPL-2.0
# lib.sh - what the tests of the client share. Sourced by bash, at the top of the tree.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib/tap.sh"

PATH=$PWD/build/bin:$PATH
work=$(mktemp -d "${TMPDIR:-/tmp}/cask-client.XXXXXX")

# exits STATUS COMMAND...: it ends with this status
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	same status "$got" "$want"
}

# refuses WORD COMMAND...: it fails with status 1, says WORD on stderr and nothing on stdout
refuses() {
	local word=$1 got=0
	shift
	"$@" >"$work/stdout" 2>"$work/stderr" || got=$?
	cat "$work/stderr"
	same status "$got" 1
	same stdout "$(cat "$work/stdout")" ""
	grep -q -w -e "$word" "$work/stderr" || { echo "$word is not said"; return 1; }
}

# trace INJECTION [OPTION...]: strace injects it into the agent, $agent; what it did is in $work/trace
trace() {
	strace -f -o "$work/trace" -e trace="${1%%:*}" -e inject="$1" "${@:2}" -p "$agent" 2>"$work/tracer" &
	tracer=$!
	eventually grep -q attached "$work/tracer"
}
# Asked to end, strace may miss it; killed, it lets go.
untrace() { { kill -KILL "$tracer" && wait "$tracer"; } 2>/dev/null || true; }

# eventually COMMAND...: it succeeds; how long that may take is the suite's timeout
eventually() {
	until "$@" >/dev/null 2>&1; do
		sleep 0.1
	done
}

# Between server and client stands selftests/client/proxy, if that is wished. Its state is $work/proxy.
certify_proxy() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/proxy/key.pem" -out "$work/proxy/cert.pem" \
		-subj /CN=proxy -addext subjectAltName=DNS:localhost -days 1 2>/dev/null
}
# start_proxy PORT: and sets $port
start_proxy() {
	mkfifo "$work/proxy/port"
	selftests/client/proxy "$work/proxy" "$1" "$CASK_URL" >"$work/proxy/port" 2>>"$work/proxy/log" &
	proxy=$!
	read -r -t 120 port <"$work/proxy/port"
	rm "$work/proxy/port"
}
stop_proxy() { kill $proxy && wait $proxy || true; }
