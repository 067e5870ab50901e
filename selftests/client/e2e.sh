#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The client from registration to play, in the VM, against a real server. Prints TAP.
#
# usage: e2e.sh ENV
# ENV is what selftests/client/fixture left in DIR/client/env. A token is good for one device, and each
# boot is another device: a fixture is good for one run.
#
# Words in single quotes are for other shells, braces for cask-play.
# shellcheck disable=SC2317,SC2329,SC2016,SC1083
set -eu
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
[ -n "${CASK_VM:-}" ] || { echo "Bail out! for the VM only: it loads and unloads modules"; exit 1; }
# shellcheck disable=SC1090
. "$1"
token=${CASK_TOKENS% *} second_token=${CASK_TOKENS#* }

state=$work/state
export CASK_SOCKET=$work/run/caskd.sock
home=$work/home
group=990

# Two users: uid 1000 and 1001 in the device's group, 1002 not.
install -d -o 1000 -g 1000 "$home"
chmod 755 "$work"
as() { local uid=$1; shift; setpriv --reuid="$uid" --regid="$uid" --groups=$group -- "$@"; }
outsider() { setpriv --reuid=1002 --regid=1002 --clear-groups -- "$@"; }
node() { chgrp $group /dev/cask && chmod 660 /dev/cask; }

start_agent() {
	caskd --socket "$CASK_SOCKET" --state "$state" >>"$work/log" 2>&1 &
	agent=$!
	# A killed agent leaves its socket behind, so that only an answer says anything.
	eventually caskctl status
}
stop_agent() { kill -"${1:-TERM}" "$agent"; wait "$agent"; } 2>/dev/null
# JSON by Debian's Python: get EXPRESSION[, EXPRESSION...] <json, where j is the answer
get() { /usr/bin/python3 -c 'import json, sys; j = json.load(sys.stdin); print('"$1"')'; }
ask() { caskctl "$@" --json; }
installed() { same it "$(ask license list | get "sum(l['installed'] for l in j['licenses'])")" "$1"; }
license_of() { ask license list | get "[l['license_id'] for l in j['licenses'] if l['content_id'] == '$1'][0]"; }
digest() { sha256sum <"$1"; }

# --- the agent ---------------------------------------------------------------------------------

node
start_agent
loaded() { same it "$(ask status | get "j['module']['loaded'], j['device']['level'], j['distributors']")" \
	"True development []"; }
test_that "agent: caskd finds the module and tells the device" loaded

second_agent() {
	local out
	caskd --socket "$work/other.sock" --state "$work/other" >>"$work/log2" 2>&1 &
	local other=$!
	eventually test -S "$work/other.sock"
	out=$(CASK_SOCKET=$work/other.sock ask status | get "j['module'].get('errno')")
	kill $other
	wait $other || true
	same it "$out" EBUSY
}
test_that "agent: a second agent is told that there is one" second_agent
test_that "agent: a second caskd does not touch the first one's state" \
	exits 1 caskd --socket "$work/other.sock" --state "$state"

# --- registration ------------------------------------------------------------------------------

register() { caskctl register --server "$CASK_URL" --ca "$CASK_CA" --token "$@"; }
test_that "D2: nothing goes to a distributor before registration" refuses not-registered caskctl catalogue
test_that "D2: only root registers the device" refuses forbidden as 1000 caskctl register \
	--server "$CASK_URL" --ca "$CASK_CA" --token "$token"
test_that "D2: a server certified by another CA is refused" refuses server-certificate \
	caskctl register --server "$CASK_URL" --ca "$CASK_OTHER_CA" --token "$token"
test_that "D2: a server that the system's CAs do not know is refused" refuses server-certificate \
	caskctl register --server "$CASK_URL" --token "$token"
test_that "D2: an unknown token is refused" refuses token-unknown register 0123456789abcdef
test_that "D2: a disabled account registers no device" refuses user-disabled register "$CASK_DISABLED_TOKEN"
test_that "D2: a server that is not there is named" refuses server-unreachable \
	caskctl register --server https://10.0.2.2:1 --ca "$CASK_CA" --token "$token"
test_that "D2: the device registers" register "$token"
registered() { same it "$(ask status | get "[(d['user'], d['url'], d['registered']) for d in j['distributors']]")" \
	"[('$CASK_USER', '$CASK_URL', True)]"; }
test_that "D2: and the agent knows where" registered
certificate() {
	get "j['certificate']" <"$state"/distributors/*.json >"$work/certificate.pem"
	openssl x509 -in "$work/certificate.pem" -noout -text | grep -q X25519
}
test_that "D2: the device has a certificate for its X25519 key" certificate
private() { [ -z "$(find "$state" -perm /077)" ]; }
test_that "D2: what is kept is root's alone" private

# --- download ----------------------------------------------------------------------------------

listed() { same it "$(ask catalogue | get "'$CASK_VIDEO' in [c['content_id'] for c in j['contents']]")" True; }
test_that "D4: the catalogue lists what is offered" listed
wrong_clock() {
	local status=0
	date -s "+1 hour" >/dev/null
	listed || status=$?
	date -s "-1 hour" >/dev/null
	return $status
}
test_that "D4: with a clock that is an hour wrong the catalogue comes, by the server's" wrong_clock
test_that "D4: and with the right one again" listed
fetch() { as 1000 caskctl fetch "$1" -o "$home/$2"; }
fetched() { fetch "$1" "$2" && digest "$home/$2" | diff - "$CASK_CLIENT/$2.sha256" && [ ! -e "$home/$2.part" ]; }
test_that "D4: a user downloads a content, without license" fetched "$CASK_VIDEO" video.cask
owned() { same it "$(stat -c %u "$home/video.cask")" 1000; }
test_that "D4: with the user's own rights" owned
test_that "D4: and cannot write where the user may not" refuses EACCES \
	as 1000 caskctl fetch "$CASK_VIDEO" -o /etc/video.cask
test_that "D4: a content that is not offered is refused" refuses content-unknown \
	caskctl fetch 00112233445566778899aabbccddeeff -o "$work/none.cask"
api() { curl -sS --unix-socket "$CASK_SOCKET" "$@"; }
etag() { api -I "http://localhost/v1/contents/$CASK_VIDEO" | tr -d '\r' | sed -n 's/^ETag: //p'; }
head_only() { [ -n "$(etag)" ] && api -I "http://localhost/v1/contents/$CASK_VIDEO" | grep -q '^Accept-Ranges: bytes'; }
test_that "D4: HEAD tells size, tag and that ranges are served" head_only
piece() {
	api -r 1000-1999 "http://localhost/v1/contents/$CASK_VIDEO" | cmp - <(tail -c +1001 "$home/video.cask" | head -c 1000)
}
test_that "D4: a range is that range" piece
beyond() { same it "$(api -o "$work/none" -w '%{http_code}' -r 999999999- "http://localhost/v1/contents/$CASK_VIDEO")" 416; }
test_that "D4: a range beyond the end is 416" beyond
leave_piece() {
	head -c 200000 "$home/video.cask" | as 1000 tee "$home/again.cask.part" >/dev/null
	printf %s "$1" | as 1000 tee "$home/again.cask.part.etag" >/dev/null
	# What an honest continuation would not repair, to tell it from beginning anew.
	printf X | as 1000 dd of="$home/again.cask.part" bs=1 seek=100 conv=notrunc status=none
}
continued() {
	leave_piece "$(etag)" && fetch "$CASK_VIDEO" again.cask &&
		same it "$(cmp -l "$home/again.cask" "$home/video.cask" | wc -l)" 1
}
test_that "D4: an interrupted download goes on where it stopped" continued
anew() { leave_piece '"another version"' && fetch "$CASK_VIDEO" again.cask && cmp "$home/again.cask" "$home/video.cask"; }
test_that "D4: a piece of another version is not continued" anew
interrupted() {
	setpriv --reuid=1000 --regid=1000 --groups=$group -- \
		caskctl fetch "$CASK_VIDEO" -o "$home/killed.cask" &
	local pid=$!
	until [ -e "$home/killed.cask.part" ] || ! kill -0 $pid; do :; done
	kill -9 $pid
	wait $pid || true
	fetch "$CASK_VIDEO" killed.cask && cmp "$home/killed.cask" "$home/video.cask"
}
test_that "D4: a killed download is made good by the next" interrupted
test_that "D4: another content is another content" fetched "$CASK_TEXT" text.cask
shown() { same it "$(ask show "$home/text.cask" | get "j['content_id'], j['title']")" "$CASK_TEXT Forty thousand lines"; }
test_that "D5: a file's head names content and title" shown

# --- license and play --------------------------------------------------------------------------

play() { as 1000 cask-play "$@"; }
test_that "D7: without license a content does not open, and it says so" refuses "no license" \
	play "$home/text.cask" -- cat {}
plays_text() { "$@" "$home/text.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
test_that "D7: a missing license is got, and the content plays" plays_text play --yes
test_that "D7: then it plays without asking anyone" plays_text play
owner() { same it "$(ask license list | get "[(l['owner'], l['content_id'], l['installed'], l['opens']) for l in j['licenses']]")" \
	"[(1000, '$CASK_TEXT', True, 2)]"; }
test_that "D8: the license is the user's, installed, and counts its opens" owner
other_sees() { same it "$(as 1001 caskctl license list --json | get "j['licenses']")" "[]"; }
test_that "D8: another user does not see it" other_sees
test_that "D8: nor shows it" refuses license-unknown as 1001 caskctl license show "$(license_of "$CASK_TEXT")"
test_that "D8: nor removes it" refuses license-unknown as 1001 caskctl license remove "$(license_of "$CASK_TEXT")"
short_license() { fetch "$CASK_SHORT" short.cask && as 1000 caskctl license get "$home/short.cask"; }
readable() { chmod 755 "$home" && chmod 644 "$home"/*.cask; }
readable
test_that "D8: nor opens with it" refuses "another user" as 1001 cask-play "$home/text.cask" -- cat {}
own() {
	local id
	plays_text as 1001 cask-play --yes
	id=$(as 1001 caskctl license list --json | get "j['licenses'][0]['license_id']")
	as 1001 caskctl license remove "$id"
}
test_that "D7: but may get one of one's own" own
test_that "D8: a license for an hour is got" short_license
renewable() { fetch "$CASK_RENEWED" renewed.cask && chmod 644 "$home/renewed.cask" && as 1000 caskctl license get "$home/renewed.cask"; }
test_that "D8: and another" renewable
offered() {
	same it "$(caskctl license terms "$1" --json "${@:2}" | get "j['without']['period'], j['without']['price'], [(t['term'], t['price']) for t in j['terms']]")" \
		"3600 0 [('hour', 50), ('own', 900)]"
}
test_that D8_what_a_license_can_be_had_with_is_told_of_a_file offered "$home/renewed.cask"
test_that "D8: and of a content by its id" offered "$CASK_RENEWED" --content
hours() { as 1001 caskctl license get "$home/renewed.cask" --term hour --times 2 "$@"; }
test_that "D8: no term is got without the price of all of it" refuses "it costs 1.00" hours --price 0.50
test_that "D8: nor one that there is not" refuses term-unknown as 1001 caskctl license get "$home/renewed.cask" --term year
# lasts SECONDS: the other user's license does, and is removed
lasts() {
	same seconds "$(as 1001 caskctl license list --json | get "[l['not_after'] - l['created'] for l in j['licenses'] if l['owner'] == 1001]")" "[$1]"
	as 1001 caskctl license remove "$(as 1001 caskctl license list --json | get "[l['license_id'] for l in j['licenses'] if l['owner'] == 1001][0]")"
}
D8_a_license_is_had_with_a_term_for_its_price() { hours --price 1.00 && lasts 7200; }
test_that D8_a_license_is_had_with_a_term_for_its_price D8_a_license_is_had_with_a_term_for_its_price
first() { as 1001 cask-play "$@" "$home/renewed.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
D7_the_player_gets_the_first_license_with_a_term() { first --term hour --times 3 --price 1.50 && lasts 10800; }
test_that D7_the_player_gets_the_first_license_with_a_term D7_the_player_gets_the_first_license_with_a_term
presented_first() {
	refuses EACCES as 1001 cask-play "$home/renewed.cask" -- cat {} &&
		grep -q -e "-  without a term, 0.04167 days: 0.00 EUR" "$work/stderr" &&
		grep -q "hour  Another hour, 0.04167 days: 0.50 EUR" "$work/stderr"
}
test_that "D7: where nobody is asked it says what there is, and what it costs" presented_first
chosen_first() {
	printf '2\n1\ny\n' | as 1001 script -qec "cask-play '$home/renewed.cask' -- sha256sum {}" /dev/null >"$work/dialogue"
	cat "$work/dialogue"
	grep -q "Which?" "$work/dialogue" && grep -q "Pay 0.50 EUR?" "$work/dialogue" && lasts 3600
}
test_that "D7: at a terminal the first license is chosen from what is shown" chosen_first
first_by_policy() {
	printf 'max-price 1.00\nterm own\nterm hour\n' >"$work/policy" && chmod 644 "$work/policy"
	first --yes --policy "$work/policy" --times 2 && lasts 7200
}
test_that "D7: a policy chooses the first license, too" first_by_policy
test_that "D8: who is not in the device's group opens nothing" refuses EPERM outsider cask-play "$home/text.cask" -- cat {}
test_that "D11: who is not in the device's group agrees to no price" refuses forbidden \
	outsider caskctl license get "$CASK_TEXT" --price 1.00
test_that "D11: who is does, and hears that it is free" refuses price as 1000 caskctl license get "$CASK_TEXT" --price 1.00
test_that "D8: only root gets licenses for the machine" refuses forbidden \
	as 1000 caskctl license get "$home/video.cask" --machine
test_that "D8: a license is got by the file, for the machine" caskctl license get "$home/video.cask" --machine
frames() {
	local want=$1
	shift
	as 1001 cask-play "$home/video.cask" -- ffmpeg -nostdin -v error "$@" -f framemd5 - | diff - "$want"
}
test_that "X1: ffmpeg plays the descriptor, frame by frame as the clear file" \
	frames "$CASK_CLIENT/video.framemd5" -i {}
test_that "X1: and after a seek" frames "$CASK_CLIENT/seek.framemd5" -ss 5 -i {}
size() { same it "$(play "$home/text.cask" -- stat -L -c '%s %F' {})" "$(seq 1 40000 | wc -c) regular file"; }
test_that "X1: the plaintext is a regular file of the right size" size
number_form() { play "$home/text.cask" -- sh -c 'cat <&$1' sh {fd} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
test_that "X1: the descriptor's number can be had" number_form
descriptors() {
	local with without
	with=$(play "$home/text.cask" -- sh -c 'ls -1 /proc/$$/fd' sh {})
	without=$(as 1000 sh -c 'ls -1 /proc/$$/fd')
	same it "$(wc -l <<<"$with")" $(($(wc -l <<<"$without") + 1))
}
test_that "X1: the player gets one descriptor, and nothing else of ours" descriptors
test_that "X1: the player's status is passed on" exits 7 play "$home/text.cask" -- sh -c 'exit 7' {}
test_that "D8: a device of too low a level gets no license" refuses level-too-low caskctl license get "$CASK_STRICT"
test_that "D8: nor anyone for what is not offered" refuses content-unknown \
	caskctl license get 00112233445566778899aabbccddeeff
damaged() {
	as 1000 cp "$home/text.cask" "$home/damaged.cask"
	printf X | as 1000 dd of="$home/damaged.cask" bs=1 seek=12000 conv=notrunc status=none
	exits 1 play "$home/damaged.cask" -- cat {} >/dev/null 2>"$work/stderr"
	cat "$work/stderr"
	grep -q "Bad message" "$work/stderr"
}
test_that "D5: a damaged block is noticed" damaged
forged() {
	as 1000 cp "$home/text.cask" "$home/forged.cask"
	# Inside the title, so that the head still parses.
	local at
	at=$(grep -abo Forty "$home/forged.cask" | head -n 1 | cut -d: -f1)
	printf X | as 1000 dd of="$home/forged.cask" bs=1 seek="$at" conv=notrunc status=none
	refuses EBADMSG play "$home/forged.cask" -- cat {}
}
test_that "D5: an altered head is refused in words" forged

# --- conditions ----------------------------------------------------------------------------------

preloaded() {
	fetch "$CASK_PRELOADED" preloaded.cask && readable
	play --yes "$home/preloaded.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"
}
test_that "D9: what came before its license is accepted in its download period, and plays" preloaded
conditions() {
	same it "$(caskctl license show "$(license_of "$CASK_PRELOADED")" --json |
		get "j['permissions'], j['max_offline_opens'], j['download']['not_after'] - j['created']")" "['record'] 2 3600"
}
test_that "D9: a license shows what it permits, and until when" conditions
recorded() {
	as 1000 caskctl record "$home/preloaded.cask" -o "$home/disc"
	digest "$home/disc" | diff - "$CASK_CLIENT/text.sha256"
	[ -z "$(find "$home" -name 'disc.*')" ]
	grep -q '"recorded"' <<<"$(ask events)"
}
test_that "D9: what may be recorded is recorded whole, and told" recorded
unrecorded() {
	refuses EMEDIUMTYPE as 1000 caskctl record "$home/text.cask" -o "$home/none"
	[ -z "$(find "$home" -name 'none*')" ]
}
test_that "D9: what may only be played is not" unrecorded
as 1000 caskctl license remove "$(license_of "$CASK_PRELOADED")" >/dev/null

plays_worded() { play "$@" "$home/worded.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
worded() { fetch "$CASK_WORDED" worded.cask && readable && plays_worded --yes; }
test_that "D9: a license that opens once without word from its distributor opens" worded
# later: words are told apart by their second
later() {
	local begin
	begin=$(date +%s)
	passed() { [ "$(date +%s)" -gt $((begin + 1)) ]; }
	eventually passed
}
later
test_that D9_the_player_has_the_distributor_say_how_late_it_is_and_plays plays_worded
# The fixture's server is the machine that the VM runs on.
ip route add unreachable 10.0.2.2
unheard() {
	refuses ENONET play "$home/worded.cask" -- cat {}
	grep -q "(server-unreachable)" "$work/stderr"
	refuses ENONET play --yes "$home/worded.cask" -- cat {}
}
test_that D9_what_was_opened_as_often_as_it_may_be_without_word_opens_no_more_without_the_server unheard
ip route del unreachable 10.0.2.2
later
test_that "D9: with the server back it plays again" plays_worded
heard() {
	same it "$(api -o "$work/word.json" -w '%{http_code}' -d '{}' http://localhost/v1/words)" 200
	same name "$(get "j['name']" <"$work/word.json")" "$(ask status | get "j['distributors'][0]['name']")"
	selftests/client/openapi POST /v1/words 200 "$work/word.json"
}
test_that "D9: the agent says who was heard, as documented" heard
as 1000 caskctl license remove "$(license_of "$CASK_WORDED")" >/dev/null

# A use that counts, of a license that has no terms.
spent() {
	fetch "$CASK_ONCE" once.cask && play --yes "$home/once.cask" -- cat {} >/dev/null
	refuses EDQUOT play "$home/once.cask" -- cat {}
	grep -q -e "--yes gets one" "$work/stderr"
	play --yes "$home/once.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"
	same left "$(ask license list | get "[l['opens_left'] for l in j['licenses'] if l['content_id'] == '$CASK_ONCE']")" "[0, 0]"
}
test_that "D8: what is used up, and has no terms, is got anew if that is wished" spent
for id in $(ask license list | get "' '.join(l['license_id'] for l in j['licenses'] if l['content_id'] == '$CASK_ONCE')"); do
	as 1000 caskctl license remove "$id" >/dev/null
done

# --- two keys ----------------------------------------------------------------------------------

# second FILE CONTENT: it is packed under a first key, which comes as a second key
second() {
	fetch "$2" "$1.cask" && readable
	refuses "no license" play "$home/$1.cask" -- cat {}
	play --yes "$home/$1.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"
	play "$home/$1.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"
}
test_that "K4 K5: a content whose key comes as a second key, by a nonce of the kernel, is got and plays" \
	second terminal "$CASK_TERMINAL"
agreed() { same times "$(grep -c "agreed on the steps of second keys" "$work/log")" 1; }
by_step() { second stepped "$CASK_STEPPED" && agreed; }
test_that "K4 K6: so does one by a step, on which caskd and server agree when it is first wanted" by_step
next_step() { as 1001 cask-play --yes "$home/stepped.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256" && agreed; }
test_that "K6: another user's takes the next step, without that they agree again" next_step
second_removed() {
	local id
	for id in $(license_of "$CASK_TERMINAL") $(ask license list | get "' '.join(l['license_id'] for l in j['licenses'] if l['content_id'] == '$CASK_STEPPED')"); do
		caskctl license remove "$id"
	done
	refuses "no license" play "$home/terminal.cask" -- cat {}
	refuses "no license" play "$home/stepped.cask" -- cat {}
}
test_that "K5 K6: removed, they open nothing" second_removed

# --- the end of a license ----------------------------------------------------------------------

# stops WORDS FILE COMMAND...: what plays FILE and has begun ends with WORDS when COMMAND is done. The player
# keeps its descriptor: opening anew would be another matter.
stops() {
	local words=$1 file=$2 pid status=0 _
	shift 2
	rm -f "$home/begun" "$home/go"
	mkfifo "$home/begun" "$home/go" && chown 1000 "$home/begun" "$home/go"
	play "$file" -- sh -c 'head -c 1000 <&"$3" >/dev/null || exit 3; echo >"$1"; read -r _ <"$2"; cat <&"$3" >/dev/null' \
		sh "$home/begun" "$home/go" {fd} 2>"$work/stderr" &
	pid=$!
	read -r -t 60 _ <>"$home/begun"
	"$@"
	echo >"$home/go"
	wait $pid || status=$?
	cat "$work/stderr"
	same status $status 1
	grep -q "$words" "$work/stderr"
}
# The clock is set just behind the end of the license, so that one got now is still good.
end=$(ask license list | get "[l['not_after'] for l in j['licenses'] if l['content_id'] == '$CASK_SHORT'][0]")
ahead=$((end + 1 - $(date +%s)))
test_that "D9: a license expires during play" stops "Key has expired" "$home/short.cask" date -s "@$((end + 1))"
test_that "D9: and its expiry is said" refuses expired play "$home/short.cask" -- cat {}
renewed() { play --yes "$home/short.cask" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
test_that "D7: an expired license is renewed and the content plays" renewed

again=$home/renewed.cask
license=$(license_of "$CASK_RENEWED")
plays_again() { "$@" "$again" -- cat {} | sha256sum | diff - "$CASK_CLIENT/text.sha256"; }
presented() {
	refuses EKEYEXPIRED play "$again" -- cat {} && grep -q "Another hour, 0.04167 days: 0.50 EUR" "$work/stderr" &&
		same it "$(as 1000 caskctl license terms "$license" --json | get "[(t['term'], t['price']) for t in j['terms']]")" \
			"[('hour', 50), ('own', 900)]"
}
test_that "D10: what it can be renewed with is presented, with prices" presented
test_that "D10: nobody else is" refuses license-unknown as 1001 caskctl license terms "$license"
test_that "D10: nor may renew it" refuses license-unknown as 1001 caskctl license renew "$license" hour --price 0.50
test_that "D10: a term that is not offered is told" refuses "no term" play --renew year "$again" -- cat {}
test_that "D10: nothing is paid that was not agreed to" refuses "it costs 0.50" play --renew hour "$again" -- cat {}
test_that "D10: nor by --yes alone" refuses "within the policy" play --yes "$again" -- cat {}
policy() { printf '# %s\nmax-price %s\nterm own\nterm hour\n' "$1" "$1" >"$work/policy" && chmod 644 "$work/policy"; }
policy 0.49
test_that "D10: nor when it is dearer than the policy" refuses "within the policy" play --yes --policy "$work/policy" "$again" -- cat {}
policy 0.50
test_that "D7: with the policy it is renewed and plays" plays_again play --yes --policy "$work/policy"
same_license() {
	same it "$(ask license list | get "[l['license_id'] for l in j['licenses'] if l['content_id'] == '$CASK_RENEWED']")" "['$license']"
}
test_that "D10: it is the same license" same_license
test_that "D7: then it plays without asking" plays_again play
# The clock goes to just behind its end.
end_it() {
	until=$(ask license show "$license" | get "j['not_after']")
	ahead=$((ahead + until + 1 - $(date +%s)))
	date -s "@$((until + 1))" >/dev/null
}
end_it
test_that "D9: it ends again" refuses EKEYEXPIRED play "$again" -- cat {}
named() { plays_again play --renew hour --times 2 --price 1.00; }
test_that "D10: by the command line it is renewed, for twice the time" named
twice() { [ $(($(ask license show "$license" | get "j['not_after']") - until)) -ge 7200 ]; }
test_that "D10: so it lasts" twice
end_it
dialogue() {
	printf '1\n1\ny\n' | as 1000 script -qec "cask-play '$again' -- sh -c 'sha256sum <{} >$home/dialogue'" /dev/null >"$work/dialogue"
	cat "$work/dialogue"
	diff "$home/dialogue" "$CASK_CLIENT/text.sha256" && grep -q "Which?" "$work/dialogue" && grep -q "Pay 0.50 EUR?" "$work/dialogue"
}
test_that "D10: at a terminal it is chosen from what is shown" dialogue
end_it
declined() {
	printf '\n' | as 1000 script -qec "cask-play '$again' -- true {}" /dev/null >"$work/dialogue" && return 1
	refuses EKEYEXPIRED play "$again" -- cat {}
}
test_that "D10: or not" declined
owned() { as 1000 caskctl license renew "$license" own --price 9.00 && plays_again play; }
test_that "D9: what may be owned is sold for good, and plays" owned
bought() { same it "$(ask license show "$license" | get "j['not_after']")" None; }
test_that "D9: it ends no more" bought
as 1000 caskctl license remove "$license" >/dev/null
date -s "@$(($(date +%s) - ahead))" >/dev/null

test_that "D8: removing a license stops what plays with it" stops "Key has been revoked" "$home/text.cask" \
	as 1000 caskctl license remove "$(license_of "$CASK_TEXT")"
test_that "D8: and nothing opens with it any more" refuses "no license" play "$home/text.cask" -- cat {}
test_that "D8: a license removed is not there to be removed" refuses license-unknown \
	caskctl license remove 00112233445566778899aabbccddeeff
test_that "D8: only root removes the machine's license" refuses forbidden \
	as 1000 caskctl license remove "$(license_of "$CASK_VIDEO")"

# A module that is full takes the license when there is room again, without being asked to.
room() {
	local limit=/sys/module/cask/parameters/max_licenses extra held
	extra=$(ask license get "$CASK_VIDEO" | get "j['license_id']")
	ask license list | get "sum(l['installed'] for l in j['licenses'])" >$limit
	as 1001 caskctl license get "$CASK_TEXT" --json >"$work/full.json"
	cat "$work/full.json"
	same it "$(get "j['installed'], j['errno'], j['opens']" <"$work/full.json")" "False ENOSPC None"
	held=$(get "j['license_id']" <"$work/full.json")
	refuses ENOSPC as 1001 cask-play --yes "$home/text.cask" -- cat {}
	refuses ENOSPC as 1001 cask-play --yes "$home/text.cask" -- cat {}
	same "licenses of the user's" "$(as 1001 caskctl license list --json | get "[l['license_id'] for l in j['licenses'] if l['owner']]")" "['$held']"
	caskctl license remove "$extra"
	taken() { [ "$(ask license show "$held" | get "j['installed']")" = True ]; }
	eventually taken
	echo 4096 >$limit
	plays_text as 1001 cask-play
	same used "$(ask license show "$held" | get "j['opens'], j['bytes'], j['packets']")" "1 $(seq 1 40000 | wc -c) 0"
	caskctl license remove "$held"
}
test_that "D8: a license for which there was no room is kept, installed when there is, and counts its use" room

# --- the agent and the module come and go ------------------------------------------------------

stop_agent KILL || true
without_agent() {
	frames "$CASK_CLIENT/video.framemd5" -i {} && refuses agent-unreachable caskctl status
}
test_that "agent: what is installed plays without the agent" without_agent
start_agent
restarted() { registered && installed 3; }
test_that "agent: a restarted agent knows all there was" restarted

# shaken INJECTION COMMAND...: whatever becomes of the command, the next finds the agent being it still, or again
shaken() {
	local injection=$1
	shift
	trace "$injection"
	"$@" || true
	grep INJECTED "$work/trace"
	untrace
	loaded_still() { same it "$(ask status | get "j['module']['loaded']")" True; }
	loaded_still
	registered && installed 3
	! grep "another process is it already" "$work/log"
}
test_that "agent: that the kernel cannot say whether the module is there does not mean that it is not" \
	shaken sendmsg:error=ENOBUFS:when=1 caskctl status
test_that "agent: a connection to the module that breaks is made anew" \
	shaken sendmsg:error=EIO:when=1 caskctl license list

# The kernel loads modules by this program; here it notes what it was asked for, and finds nothing.
no_modprobe() {
	printf '#!/bin/sh\necho "$*" >>%s\nexit 1\n' "$work/modprobe.log" >"$work/modprobe"
	chmod +x "$work/modprobe"
	: >"$work/modprobe.log"
	echo "$work/modprobe" >/proc/sys/kernel/modprobe
}
unloaded() {
	no_modprobe
	rmmod cask
	eventually grep -q "the kernel module cask was unloaded" "$work/log"
	same "what hearing of it made the kernel load" "$(cat "$work/modprobe.log")" ""
	same it "$(ask status | get "j['module']['loaded'], j['module']['code']")" "False module-absent"
	grep -q cask "$work/modprobe.log"
	refuses module-absent caskctl catalogue
	refuses module-absent caskctl license get "$CASK_TEXT"
	installed 0
}
test_that "agent: the module being gone is a state, and hearing of it does not load it again" unloaded
# other_version VERSION WHICH: nothing is said to a module of another version, which would not understand
other_version() {
	local version=$1 which=$2
	insmod "$CASK_BUILD/testmod/$(uname -r)/othermod.ko" version="$version"
	told() { same it "$(ask status | get "j['module']['loaded'], j['module']['code'], j['module']['detail']")" "False\
 module-version the kernel module speaks protocol $version, caskd 1: update $which"; }
	eventually told
	refuses module-version caskctl catalogue
	refuses module-version caskctl license get "$CASK_TEXT"
	installed 0
	rmmod othermod
}
test_that "agent: a module of a later version is not spoken to" other_version 2 caskd
test_that "agent: nor one of an earlier version" other_version 0 "the kernel module"
reloaded() {
	echo /sbin/modprobe >/proc/sys/kernel/modprobe
	again() { same it "$(ask status | get "j['module']['loaded'], j['distributors'][0]['registered']")" "True False"; }
	eventually again
	node
}
test_that "agent: asking loads it again, with another device key" reloaded
foreign() {
	local id
	id=$(license_of "$CASK_VIDEO")
	same it "$(ask license show "$id" | get "j['installed'], j['errno']")" "False EXDEV"
}
test_that "D8: the licenses of the device before are kept, and are for another device" foreign
test_that "D2: the distributor does not know this device" refuses not-registered caskctl catalogue
test_that "D2: its token is used up" refuses token-used register "$token"
test_that "D2: it registers with a token of its own" register "$second_token"
test_that "D8: then licenses are got again" as 1000 caskctl license get "$home/text.cask"
test_that "D7: and the content plays" plays_text play
test_that "agent: one license of all is installed" installed 1

# --- use that is logged --------------------------------------------------------------------------

# Forty thousand lines are 228,894 bytes: four quanta, of which something is given back. No more may wait.
plays_metered() { as 1000 cask-play "$@" "$home/metered.cask" -- cat {} | cmp - <(seq 1 40000); }
metered() { fetch "$CASK_METERED" metered.cask && plays_metered --yes; }
test_that "X4: a content that is metered plays" metered
metered_license=$(license_of "$CASK_METERED")
use_log() { ask status | get "$(printf "j['distributors'][0]['use_log'].get('%s'), " "$@")"; }
told() { same it "$(use_log unreported reported code)" "$1 $2 $3"; }
test_that "X4: what was used is reported, and acknowledged" eventually told 0 5 None
# The fixture's server is the machine that the VM runs on.
ip route add unreachable 10.0.2.2
test_that "X4: without the server it plays, as long as so much may wait" plays_metered --license "$metered_license"
test_that "X4: what was used waits, and the agent says why" eventually told 5 5 server-unreachable
in_words() { caskctl status | grep -q '^use log  *5 uses not reported: server-unreachable$'; }
test_that "X4: in words, too" in_words
test_that "X4: then it plays no more" refuses EDQUOT as 1000 cask-play --license "$metered_license" \
	"$home/metered.cask" -- cat {}
ip route del unreachable 10.0.2.2
test_that "X4: with the server back it is reported, and plays" eventually plays_metered --license "$metered_license"
test_that "X4: and nothing waits again" eventually told 0 15 None
remove_all() {
	local id
	for id in $(ask license list | get "' '.join(l['license_id'] for l in j['licenses'])"); do
		caskctl license remove "$id" || return 1
	done
	same it "$(ask license list | get "j['licenses']")" "[]" && [ -z "$(ls "$state/licenses")" ]
}
test_that "D8: root removes all, and nothing is left" remove_all

status=0
stop_agent || status=$?
test_that "agent: the agent ends when told" same status $status 0
[ "$tap_failed" = 0 ] || sed 's/^/# caskd: /' "$work/log"
tap_done
