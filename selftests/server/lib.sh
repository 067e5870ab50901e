# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# lib.sh - what the suites of the server share: TAP, a server on loopback, devices, requests.
# Sourced by the suites; each runs alone and as any user.
set -u
export LC_ALL=C

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$top/build/bin:$PATH
tmp=$(mktemp -d)
server_pid=
count=0
failed=0

finish() {
	[ -z "$server_pid" ] || { kill -9 "$server_pid"; wait "$server_pid"; } 2>/dev/null
	rm -rf "$tmp"
}
trap finish EXIT

# check NAME COMMAND...: one test
check() {
	local name=$1 result=ok
	shift
	count=$((count + 1))
	"$@" >"$tmp/check.out" 2>&1 || { result="not ok"; failed=$((failed + 1)); }
	echo "$result $count - $name"
	[ "$result" = ok ] || sed 's/^/# /' "$tmp/check.out"
}

done_testing() {
	echo "1..$count"
	[ "$failed" = 0 ]
}

# Also from within a check, whose output is kept from view.
exec 6>&1
bail() {
	echo "Bail out! $*" >&6
	exit 1
}

# pg [PSQL-OPTION...]: a client of the PostgreSQL that selftests/server/postgresql started
pg() {
	psql -X -q -h "$CASK_POSTGRESQL" -U cask -v ON_ERROR_STOP=1 "$@"
}

# sql_pg DIR STATEMENT: as sql, in SQLite's words for bytes
sql_pg() {
	local rows
	rows=$(sed "s/\\bx'\\([0-9a-fA-F]*\\)'/'\\\\x\\1'::bytea/g" <<<"$2" |
		pg -At -F'|' -P null=None -d "$(cat "$1/database")"; exit "${PIPESTATUS[1]}") || return
	[ -z "$rows" ] || sed 's/\\x//g' <<<"$rows"
}

# sql DIR STATEMENT [ARG...]: run it, print rows with | between columns, blobs in hex
sql() {
	if [ -n "${CASK_POSTGRESQL:-}" ]; then
		sql_pg "$@"
		return
	fi
	/usr/bin/python3 - "$@" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1] + "/cask-server.db", timeout=20)
for row in db.execute(sys.argv[2], sys.argv[3:]):
    print("|".join(v.hex() if isinstance(v, bytes) else str(v) for v in row))
db.commit()
PYTHON
}

# new_database NAME: an empty one, with what SQLite calls hex(); sets database to its URL
new_database() {
	pg -d postgres -c "CREATE DATABASE $1" && pg -d "$1" -c "CREATE FUNCTION hex(bytea) RETURNS text
		LANGUAGE sql IMMUTABLE RETURN upper(encode(\$1, 'hex'))" || bail "createdb"
	database="postgresql:///$1?host=$CASK_POSTGRESQL&user=cask"
}

# new_server DIR [INIT-OPTION...]: with SQLite, or a database of its own of $CASK_POSTGRESQL
databases=0
new_server() {
	local dir=$1 database
	shift
	if [ -n "${CASK_POSTGRESQL:-}" ]; then
		databases=$((databases + 1))
		new_database "cask$databases"
		set -- "$@" --database "$database"
	fi
	cask-server init "$dir" --name "Test distributor" --port 0 "$@" >"$tmp/init.out" 2>&1 ||
		bail "init: $(cat "$tmp/init.out")"
	[ -z "${CASK_POSTGRESQL:-}" ] || echo "cask$databases" >"$dir/database"
	sed -i 's/^host =.*/host = 127.0.0.1/' "$dir/cask-server.conf"
	cask-server distributor --config "$dir/cask-server.conf" >"$dir/distributor.json"
}

# start DIR: serve, with $input to read from if that is set; sets server_pid, authority, url; returns once
# it listens
start() {
	local line
	server=$1
	config=$server/cask-server.conf
	[ -p "$tmp/ready" ] || mkfifo "$tmp/ready"
	cask-server serve --config "$config" <"${input:-/dev/null}" >"$tmp/ready" 2>>"$server/log" &
	server_pid=$!
	read -r -t 60 line <"$tmp/ready" || { tail -n 20 "$server/log" | sed 's/^/# /' >&6; bail "the server does not start"; }
	authority=localhost:${line##*:}
	url=https://$authority
}

# stop [SIGNAL]: end the server and wait; sets server_status
stop() {
	kill "-${1:-TERM}" "$server_pid"
	wait "$server_pid" 2>/dev/null
	server_status=$?
	server_pid=
}

# sound DIR: whether the database is whole, and what it refers to is there; PostgreSQL sees to that itself
sound() {
	[ -z "${CASK_POSTGRESQL:-}" ] || return 0
	[ "$(sql "$1" "PRAGMA integrity_check")" = ok ] && [ -z "$(sql "$1" "PRAGMA foreign_key_check")" ]
}

# record METHOD PATH BASE [CURL-OPTION...]: keep request and answer where selftests/server/openapi wants to
# look at them
record() {
	local to
	[ -n "${CASK_RECORD:-}" ] && [ "$curl_status" = 0 ] || return 0
	to=$(mktemp -d "$CASK_RECORD/XXXXXXXX")
	printf '%s %s' "$1" "$2" >"$to/request"
	cp "${3}headers" "$to/headers"
	cp "${3}body" "$to/body"
	shift 3
	: >"$to/sent-headers"
	while [ $# -gt 0 ]; do
		case $1,${2:-} in
		-H,@*) cat "${2#@}" >>"$to/sent-headers" ;;
		-H,*) echo "$2" >>"$to/sent-headers" ;;
		-d,@* | --data-binary,@*) cp "${2#@}" "$to/sent" ;;
		-d,* | --data-binary,*) printf '%s' "$2" >"$to/sent" ;;
		esac
		shift
	done
}

# send METHOD PATH [CURL-OPTION...]: sets status, code; leaves $tmp/body, $tmp/headers ($out: another name)
send() {
	local method=$1 path=$2 base=$tmp/${out:-}
	shift 2
	[ "$method" = HEAD ] && set -- -I "$@" || set -- -X "$method" "$@"
	: >"${base}body"
	status=$(curl -sS --max-time 60 --cacert "$server/ca.crt" -o "${base}body" -D "${base}headers" \
		-w '%{http_code}' "$@" "$url$path" 2>"${base}curl")
	curl_status=$?
	record "$method" "$path" "$base" "$@"
	code=$(grep -a '^Content-Type: application/problem+json' "${base}headers" >/dev/null 2>&1 &&
		sed -n 's/.*"code":"\([a-z-]*\)".*/\1/p' "${base}body")
	return 0
}

# signed DEVICE METHOD PATH [FIELD=VALUE...] [-- CURL-OPTION...]: a request signed by server-device
signed() {
	local device=$1 method=$2 path=$3 fields=() base=$tmp/${out:-}
	shift 3
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		fields+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	server-device sign "$device" "distributor=$server/distributor.json" "authority=$authority" \
		"method=$method" "path=$path" "${fields[@]}" >"${base}signature" || bail "sign"
	send "$method" "$path" -H "@${base}signature" "$@"
}

# answered STATUS [CODE]: whether that came
answered() {
	echo "status $status, code $code"
	[ "$status" = "$1" ] && [ "$code" = "${2:-}" ]
}

header() {
	tr -d '\r' <"$tmp/${out:-}headers" | sed -n "s/^$1: //Ip"
}

json() {
	/usr/bin/python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value[int(key) if isinstance(value, list) else key]
print(value)' "$@"
}

new_device() {
	server-device new "$1" || bail "device"
}

new_token() {
	cask-server token new --user "$1" --config "$config" "${@:2}"
}

# ask DEVICE TOKEN: POST /v1/enrolments; sets enrolment, challenge
ask() {
	send POST /v1/enrolments -H 'Content-Type: application/json' \
		-d "{\"token\": \"$2\", \"device_key\": \"$(cat "$1/public")\"}"
	[ "$status" = 201 ] && [ "$curl_status" = 0 ] || return 0
	enrolment=$(json "$tmp/body" id)
	challenge=$(json "$tmp/body" challenge)
}

# write_answer DEVICE [FIELD=VALUE...]: the ENROLMENT object into $tmp/answer
write_answer() {
	server-device answer "$1" "distributor=$server/distributor.json" "challenge=$challenge" \
		"${@:2}" >"$tmp/answer" || bail "answer"
}

send_answer() {
	send POST "/v1/enrolments/$enrolment/answer" \
		-H 'Content-Type: application/vnd.cask.enrolment' --data-binary "@$tmp/answer"
}

# enrol DEVICE USER [FIELD=VALUE...]
enrol() {
	ask "$1" "$(new_token "$2")"
	write_answer "$1" "${@:3}"
	send_answer
	[ "$status" = 200 ] || bail "enrol: $status $code"
}

# pack FILE NAME [PACK-OPTION...]: NAME.cask and NAME.jwk
pack() {
	cask-pack -q -d "$server/distributor.json" -k "$2.jwk" "${@:3}" "$1" "$2.cask" ||
		bail "cask-pack"
}

# offer NAME [ADD-OPTION...]: prints the content id
offer() {
	cask-server content add "$1.cask" --key "$1.jwk" --config "$config" "${@:2}"
}

# reanchor DEVICE NONCE [CURL-OPTION...]: POST /v1/reanchors
reanchor() {
	local base=$tmp/${out:-}
	printf '{"nonce": "%s"}' "$2" >"${base}request"
	signed "$1" POST /v1/reanchors "body=${base}request" -- --data-binary "@${base}request" "${@:3}"
}

# license DEVICE CONTENT KEY [FIELD=VALUE...] [-- CURL-OPTION...]: POST /v1/licenses, agreeing to the price $agreed
license() {
	local device=$1 key=$3 base=$tmp/${out:-}
	printf '{"content_id": "%s"%s%s}' "$2" "${kernel_nonce:+, \"nonce\": \"$kernel_nonce\"}" \
		"${agreed:+, \"price\": $agreed}" >"${base}request"
	shift 3
	case " $* " in *" -- "*) ;; *) set -- "$@" -- ;; esac
	signed "$device" POST /v1/licenses "body=${base}request" "key=$key" "$@" \
		-H "Idempotency-Key: $key" --data-binary "@${base}request"
}
