#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The service as its systemd unit runs it: another user, the unit's own filter
# of system calls (expanded by systemd, loaded by libseccomp), the socket's
# group. Everything a bridge does must work there, and a client without root's
# rights over files, as pcscd is in newer systems, must reach it by the group.
# time limit: 180
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-unit.sh
. "$CB_SRC/tests/e2e/lib-unit.sh"
need_cardbridge
need_unit

unit=$CB_BUILD/data/systemd/cardbridged.service
user=daemon group=daemon
home=$T/lib run=$T/run
chmod 0711 "$T"
install -d -o "$user" -g "$group" -m 0700 "$home"
install -d -o "$user" -g "$group" -m 0750 "$run"
cat >"$T/cardbridged.conf" <<-END
	group = "$group";
END
chmod 0644 "$T/cardbridged.conf"

unit_verify "$unit"
families() { # UNIT
	sed -n 's/^RestrictAddressFamilies=//p' "$1"
}
is "$(families "$CB_BUILD/data/systemd/user/cardbridged.service")" \
	"$(families "$unit")" "the user's unit lets its bridge as far"
unit_filter "$unit"
alone=
! grep -qx PrivateNetwork=yes "$unit" || alone='unshare --net'
confined() { # COMMAND...
	# shellcheck disable=SC2086 # a command is words
	exec $alone setpriv --reuid "$user" --regid "$group" --clear-groups --no-new-privs \
		--bounding-set -all --inh-caps -all \
		"$CB_PYTHON" "$T/confined.py" "$T/allowed" "$@"
}
as_user() { # COMMAND...
	setpriv --reuid "$user" --regid "$group" --clear-groups "$@"
}

# the build tree may be closed to that user
install -m 0755 "$(realpath "$CARDBRIDGE")" "$T/cardbridge"
install -m 0755 "$(realpath "$CARDBRIDGED")" "$T/cardbridged"
mkdir -m 0755 "$T/profiles"
install -m 0644 "$CARDBRIDGE_PROFILES"/*.profile "$T/profiles"
export CARDBRIDGE_PROFILES=$T/profiles
t "a card is made" as_user "$T/cardbridge" card new --test \
	--profile authentic5 "$home/card"

export -f confined
export CB_PYTHON T user group alone
start "$BRIDGE_LOG" bash -c 'confined "$@"' bash "$T/cardbridged" \
	--foreground --socket "$run/socket" --state-dir "$home" \
	--config "$T/cardbridged.conf"
BRIDGE_PID=$started
wait_until 10 bridge_answers || bail "the service does not answer"
pass "the service starts under its filter, with a group"
is "$(stat -c '%a %G' "$run/socket")" "660 $group" "the group may use it"
t "a reader is added" "$CARDBRIDGE" reader add desk "emu:$home/card"

pin=$(printf '123456' | od -An -tx1 | tr -d ' \n')$(printf 'FF%.0s' $(seq 58))
so=$(printf '87654321' | od -An -tx1 | tr -d ' \n')$(printf 'FF%.0s' $(seq 56))
login="00A4040C10A000000077010303000000F100000002 00A4000C025011"
# shellcheck disable=SC2086 # words
answers=$(printf '%s\n' $login "0020008140$pin" 00A4000C029002 \
	00E0000018621682021400830230558502080086082100FF00FF00FFFF \
	00E00000186216820212008302105585020800860821FF00FF00FF00FF \
	00460000041055305500 |
	timeout 60 "$CARDBRIDGE" apdu desk - 2>&1) || true
like "$(tail -n 1 <<<"$answers")" '9000' "a passcode and a new key"
# shellcheck disable=SC2086
answers=$(printf '%s\n' $login "0020000440$so" |
	timeout 60 "$CARDBRIDGE" apdu desk - 2>&1) || true
like "$(tail -n 1 <<<"$answers")" '9000' "another login"
t "in and out" "$CARDBRIDGE" reader eject desk
t "and in" "$CARDBRIDGE" reader insert desk

# ---- a card in a backend --------------------------------------------------

# By a name that is looked up.
if [ -x "${CARDBRIDGE_BACKEND:-$CB_BUILD/cardbridge-backend}" ]; then
	# shellcheck source=tests/e2e/lib-backend.sh
	. "$CB_SRC/tests/e2e/lib-backend.sh"
	backend_make
	backend_seed "$T/seed.txt" "$CB_SRC/data/profiles/authentic3.profile"
	backend_start "$log"
	enrolled "$home/device"
	chown -R "$user:$group" "$home/device"
	t "a reader has a card in a backend" "$CARDBRIDGE" reader add ward \
		"https://localhost:$port/cards/$(of_seed card)" \
		--identity "$home/device"
	like "$("$CARDBRIDGE" apdu ward 00FE0000 2>&1)" '^6D00' \
		"whose card knows no such command"
	backend_stop
fi
t "the service is still the one that was started" alive "$BRIDGE_PID"

# root without its rights over files, as pcscd is under its own unit
meek=(setpriv --bounding-set -all --inh-caps -all)
t_fails "root without rights stays out" "${meek[@]}" --clear-groups \
	"$T/cardbridge" --socket "$run/socket" reader list
t "and comes in as a member of the group" "${meek[@]}" \
	--groups "$(id -g "$group")" \
	"$T/cardbridge" --socket "$run/socket" reader list
t_fails "a stranger stays out" setpriv --reuid nobody --regid nogroup \
	--clear-groups "$T/cardbridge" --socket "$run/socket" reader list

# A program that has more rights than whoever started it: what it is told in
# the environment is the word of that one.
install -m 4755 -o "$user" "$T/cardbridge" "$T/privileged"
stranger() { # OPTION...
	setpriv --reuid nobody --regid nogroup --clear-groups \
		env "CARDBRIDGE_SOCKET=$run/socket" "$T/privileged" "$@" \
		reader list 2>/dev/null || true
}
# By what it says: a sanitizer, which cannot search such a program for leaks,
# has it fail.
like "$(stranger --socket "$run/socket")" '^desk ' \
	"a setuid program comes in as its owner"
is "$(stranger)" "" "but goes where no environment sends it"

finish "$BRIDGE_PID"
is "$(grep -ciE 'bad system call|not permitted' "$BRIDGE_LOG" || true)" \
	0 "nothing was refused"
