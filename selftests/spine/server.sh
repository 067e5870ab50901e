# SPDX-License-Identifier: GPL-2.0
# server.sh - a distributor on this machine, for clients in a VM. Sourced by bash.
#
# The VM reaches this machine's loopback as 10.0.2.2, so the server's certificate
# is for that address, too.

bin=${bin:-$PWD/build/bin}

# server_init DIR NAME: make a distributor
server_init() {
	"$bin/cask-server" init "$1" --name "$2" --host 10.0.2.2 --host 127.0.0.1 --port 0 >/dev/null
	"$bin/cask-server" distributor --config "$1/cask-server.conf" >"$1/distributor.json"
}

# server_start DIR: serve it; sets server_pid and server_url, as the VM sees it
server_start() {
	local line
	coproc SERVER { exec "$bin/cask-server" serve --config "$1/cask-server.conf" 2>"$1/log"; }
	server_pid=$SERVER_PID
	read -r -t 30 line <&"${SERVER[0]}" || { cat "$1/log" >&2; return 1; }
	server_url=https://10.0.2.2:${line##*:}
}

server_stop() {
	[ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
	server_pid=
}

# server_publish DIR FILE TITLE [content add options]: pack and offer a file, in $server_suite if that is
# set; prints its content id
server_publish() {
	local dir=$1 file=$2 title=$3 name
	shift 3
	name=$(basename "$file")
	"$bin/cask-pack" -q --distributor "$dir/distributor.json" --key-out "$dir/$name.jwk" \
		--title "$title" ${server_suite:+--suite "$server_suite"} "$file" "$dir/$name.cask"
	"$bin/cask-server" content add "$dir/$name.cask" --key "$dir/$name.jwk" \
		--config "$dir/cask-server.conf" "$@"
}

# server_token DIR USER: a code that registers one device of a (new) user
server_token() {
	"$bin/cask-server" user add "$2" --config "$1/cask-server.conf" >/dev/null 2>&1 || true
	"$bin/cask-server" token new --user "$2" --config "$1/cask-server.conf"
}
