#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What takes two people: drafted by one, approved by another, ordered; and each
# way in which that is not so.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
# shellcheck source=tests/e2e/lib-desk.sh
. "$CB_SRC/tests/e2e/lib-desk.sh"

first=$T/operator
second=$T/second
as() { # IDENTITY COMMAND...
	local who=$1
	shift
	"$@"
}
# Nobody is asked at the terminal of who runs this.
admin() {
	setsid -w "$CARDBRIDGE" admin --server "$url" --identity "$who" "$@" \
		</dev/null
}
draft() { # DESCRIPTION FILE ORDER...
	local what=$1 file=$2
	shift 2
	make "$what" "$@" --draft "$T/$file"
}
approved() { # DESCRIPTION FILE
	t "$1" as "$second" admin approve "$T/$2" --yes
}
ordered() { t "$1" admin order "$T/$2"; } # DESCRIPTION FILE

# ---- two administrators ----------------------------------------------------

backend_make
mv "$dir/operator" "$first"
backend_start "$T/backend.log" 0
make "an organisation is founded" org add Clinic
org=$(made id)
refused "who is alone does not demand a second one of that" 2 \
	'enrol a second one' org set second-signer=token
refused "nor from the start" 2 'enrol a second one' org add Ward \
	second-signer=role
make "a second administrator's token" person token --role administrator
enrol_made "who is enrolled" "$second"
make "an auditor's token" person token --role auditor
enrol_made "who is enrolled, too" "$T/auditor"
make "a card that one person makes" card new --profile authentic3 --test \
	--name "Ward 3"
card=$(made id)
make "from now on cards and tokens take two" org set second-signer=card,token

# ---- one for another -------------------------------------------------------

refused "one is told what to do" 1 'draft it .--draft FILE.' \
	device token
refused "also of what has no row of a card" 1 'needs a second signer' \
	card set "$card" name=Ward-4
draft "a token is drafted" desk device token --card "$card" --name Desk
made token >"$T/token"
device=$(made id)
is "$(stat -c %a "$T/desk")" 600 "into a file of one's own"
is "$(admin device list --json)" "[]" "which orders nothing"
t_fails "nor has the token in it" grep -qi \
	"$(sed 's/.*://' "$T/token" | cut -c 131-194)" "$T/desk"
refused "a file that is there is not written over" 2 'File exists' \
	device token --draft "$T/desk"
refused "it is not ordered without approval" 1 'needs a second signer' \
	order "$T/desk"
refused "who drafted it does not approve it" 1 'another person approves it' \
	approve "$T/desk" --yes
as "$T/auditor" refused "nor does an auditor" 1 'administrator or registrar' \
	approve "$T/desk" --yes
who=$second
refused "nobody approves unasked" 2 'add --yes' approve "$T/desk"
is "$(wc -l <"$T/desk")" 2 "and nothing is signed then"
refused "nor for longer than it counts" 2 'less than 23h' \
	approve "$T/desk" --yes --valid 23h
admin approve "$T/desk" --yes >"$T/said" 2>&1 ||
	fail "it is approved" "$(cat "$T/said")"
for words in "device-token: lets a device be enrolled" \
	"of +organisation $org \"Clinic\"" "about +device $device" \
	"change +device $device may use card $card \"Ward 3\"" \
	"change +a token for desk device $device, until 20" "name +\"Desk\"\$" \
	"drafted by +person [0-9a-f]{32}\$" "approved, until 20"; do
	t "who approves it reads: $words" grep -qE -- "$words" "$T/said"
done
is "$(stat -c %a "$T/desk")" 600 "it is still nobody else's"
refused "who approved it does not order it" 1 'your own' order "$T/desk" --yes
who=$first
ordered "who drafted it does" desk
t "the device is enrolled" "$CARDBRIDGE" enrol "$url" "@$T/token" \
	--identity "$T/identity"
like "$(admin device list)" "$device +desk +in use.* Desk" "and listed"
like "$(admin audit list --count 20)" \
	"act .*what=device-token .*second=[0-9a-f]{32}" \
	"the books say who the second one was"
ordered "ordered again it is told as done" desk

# ---- cards, with passcodes that the other does not see ----------------------

echo 271828 >"$T/pin"
refused "no passcode goes into a file" 2 'admin order' card new \
	--profile authentic3 --test --passcode-file "$T/pin" \
	--draft "$T/card"
draft "a card is drafted" card card new --profile authentic3 --test \
	--device "$device" --name "Ward 5"
approved "approved" card
t "and made, with its passcode" admin --json order "$T/card" \
	--passcode-file "$T/pin"
card2=$(admin card list --json | of_json \
	'[c["id"] for c in it if c.get("name") == "Ward 5"][0]')
draft "its unblocking is drafted" unblock card unblock "$card2"
approved "approved" unblock
t "and done" admin order "$T/unblock" --passcode-file "$T/pin"
for verb in suspend resume terminate; do
	yes=()
	[ "$verb" != terminate ] || yes=(--yes)
	draft "$verb is drafted" "$verb" card "$verb" "$card2" "${yes[@]}"
	approved "approved" "$verb"
	ordered "and done" "$verb"
done
like "$(admin card list)" "$card2 +authentic3 +ended" "the card is ended"

# ---- what is not good ------------------------------------------------------

draft "another act" other card suspend "$card"
approved "which is approved" other
draft "and one that is not" mine card terminate "$card" --yes
sed -n 3p "$T/other" >>"$T/mine"
refused "an approval is of its act alone" 1 'of another act.*approve' \
	order "$T/mine"
draft "one for a moment" short card set "$card" name=Ward-4
t "is approved for that" as "$second" admin approve "$T/short" --yes --valid 1s
good_until=$(($(ms) + 1000))
is_over() { [ "$(ms)" -gt "$good_until" ]; }
wait_until 5 is_over || bail "time stands still"
refused "then it is over, and must be given again" 1 \
	'was good until .*approve' order "$T/short"
approved "is given again" short
is "$(wc -l <"$T/short")" 3 "in the place of the old one"
ordered "and ordered" short
# a digit of the act: another act id, say
sed '2s/^\(act .\{150\}\)./\1z/' "$T/other" >"$T/broken"
refused "what is no draft" 4 'not what --draft writes' order "$T/broken"
"$CB_PYTHON" - "$T/other" >"$T/changed" <<-'END'
	import sys
	lines = open(sys.argv[1]).read().split("\n")
	at = 4 + 2 * (8 + 16 + 16)
	digit = "%x" % (int(lines[1][at], 16) ^ 1)
	lines[1] = lines[1][:at] + digit + lines[1][at + 1:]
	print("\n".join(lines), end="")
	END
refused "one that was changed" 1 'changed by somebody' order "$T/changed"
as "$second" refused "which nobody approves, either" 1 'changed by somebody' \
	approve "$T/changed" --yes
refused "the same card is suspended by one no more" 1 'second signer' \
	card suspend "$card"

# ---- and back to one --------------------------------------------------------

refused "nor is the policy one's to take back" 1 'needs a second signer' \
	org set second-signer=none
draft "that is drafted, too" policy org set second-signer=none
as "$second" refused "nobody orders unread what another drafted" 2 'add --yes' \
	order "$T/policy"
approved "approved" policy
ordered "and ordered" policy
make "one is enough again" card suspend "$card"
t "the books are whole" admin audit verify
backend_stop
t_fails "no passcode is logged" grep -aqF 271828 "$T/backend.log"
