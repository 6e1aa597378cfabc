#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The commands of docs/hosting.md, taken out of it and run in their order, in
# one machine that plays all three: its name, its directories and its bridge
# are this test's own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need expect pkcs11-tool setpriv
need_cardbridge
[ -x "$CB_BUILD/cardbridge-backend" ] || skip_all "the backend is not built"
[ "$(id -u)/$cb_namespace" = 0/private ] ||
	skip_all "directories of the system are played, which needs root"

doc=$CB_SRC/docs/hosting.md
chmod 711 "$T"

# ---- the machine ------------------------------------------------------------

mkdir -p "$T/root" "$T/srv"
chmod 755 "$T/srv"
mount --bind "$T/srv" /srv
mount --bind "$T/root" /root
echo '127.0.0.1 localhost cards.example' >"$T/hosts"
mount --bind "$T/hosts" /etc/hosts
export HOME=/root
PATH=$(cd "$CB_BUILD" && pwd):$PATH
port=$(free_port)
cd "$HOME"

# ---- the commands -----------------------------------------------------------

# All of a heading's blocks, a command a line.
recipe() { # HEADING
	awk -v heading="## $1" '
		/^## / { here = $0 == heading }
		/^```$/ { block = 0 }
		block
		here && $0 == "```sh" { block = 1 }' "$doc"
}

card=
device=
as_run() { # COMMAND: with the port and ids of this run
	sed "s/7443/$port/g; s/\bCARD\b/$card/g; s/\bDEVICE\b/$device/g" \
		<<<"$1"
}

# At a terminal where a passcode that is asked for is not typed, but drawn, and
# what is to be signed is meant.
cat >"$T/terminal" <<'END'
set timeout 60
spawn -noecho bash -c $env(COMMAND)
expect {
	-re {at random\): } { send "\r"; exp_continue }
	-re {\(yes or no\) } { send "yes\r"; exp_continue }
	timeout { exit 124 }
	eof
}
exit [lindex [wait] 3]
END

# What it says is in $said.
step() { # COMMAND
	local rc=0
	said=$(COMMAND=$(as_run "$1") expect "$T/terminal" 2>&1 </dev/null) ||
		rc=$?
	if [ "$rc" = 0 ]; then
		pass "$1"
	else
		fail "$1" "exit code $rc" "$said"
	fi
}

steps() { # HEADING: each of its commands
	local line
	while IFS= read -r line <&3; do
		case $line in
		*'backend run'*) run_line=$line && serve ;;
		cardbridged) bridge_start ;;
		tar*) serve_no_more && step "$line" && serve ;;
		*) step "$line" ;;
		esac
		case $line in
		*'card new'*) card=$(printed card) ;;
		*'device token'*) device=$(printed device) ;;
		esac
	done 3< <(recipe "$1")
}
printed() { # WORD: the id behind it
	sed -n "s/^$1 \([0-9a-f]\{32\}\).*/\1/p" <<<"$said"
}

ready() { grep -q "the keys are open" "$T/backend.log"; }
serve() {
	# shellcheck disable=SC2046 # a command is words
	start "$T/backend.log" $(as_run "$run_line")
	parent=$started
	if wait_until 20 ready; then
		pass "$run_line"
	else
		bail "$run_line" "$(cat "$T/backend.log")"
	fi
}
serve_no_more() {
	kill -TERM "$parent"
	forget "$parent"
}

is "$(recipe 'First set-up in ten commands' | wc -l)" 10 "ten commands are ten"
steps 'First set-up in ten commands'
like "$said" 'token label +: NHS Series 8' "the last one shows the card"
t "the backend is whole, and nothing lies about" \
	cardbridge-backend check --dir /srv/cards
steps "The operator's identity"
like "$said" ' session-open ' "an auditor sees what was done"
steps 'What takes two people'
like "$said" 'is set' "a policy was set by two"
steps 'Once a year'
serve_no_more
serve
steps 'What to keep elsewhere'
t "the backup has no key of the root" \
	sh -c '! tar -tf cards.tar | grep -q vault/'

# ---- the root's part is lost --------------------------------------------------

serve_no_more
rm -r /srv/cards/vault
t_fails "without its part there is no backend" \
	cardbridge-backend check --dir /srv/cards
line=$(grep -A3 'in the place of the part' "$doc" -A 8 | grep '^root = ')
sed -i "s|^root = .*|$line|" /srv/cards/backend.conf
is "$(grep -c '/root/\|/home/' <<<"$line")" 0 "the unit sees where they are"
cp -rp /root/shares /srv/shares
serve
logs_in() { cardbridge admin --server "https://cards.example:$port" \
	--identity ~/operator card list; }
t "two shares bring it back" logs_in

# ---- the end ------------------------------------------------------------------

steps 'Ending things'
like "$(logs_in)" "$card +series8 +ended" "what was ended is ended"
t "the books are whole after all that" cardbridge admin --server \
	"https://cards.example:$port" --identity ~/operator audit verify \
	--head "$(tail -n 1 heads)"
