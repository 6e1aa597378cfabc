#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Our libpcsclite.so.1 and a bridge that is killed, stopped, started anew
# (tests/winscard/gone.c), or that is of another version.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-winscard.sh
. "$CB_SRC/tests/e2e/lib-winscard.sh"
need setpriv "$CB_PYTHON"
need_cardbridge
need_shim
gone=$CB_BUILD/tests/winscard/gone
guest=$CB_BUILD/tests/winscard/guest

card_make "$T/one.card" --blank
mkdir -m 0700 "$T/run" "$BRIDGE_STATE"

# ---- gone --------------------------------------------------------------------

silence=1500
echo "exchange-ms = $silence;" >"$T/conf"
rows_of gone "$gone" "cardbridge one 00 00" "$silence" \
	setpriv --pdeathsig KILL "$CARDBRIDGED" --foreground \
	--socket "$CARDBRIDGE_SOCKET" --state-dir "$BRIDGE_STATE" \
	--config "$T/conf" --reader "one=emu:$T/one.card"

# ---- of another version --------------------------------------------------------

# What a bridge says that knows the library's version, and one that does not.
# It ends when it has said so.
fake_bridge() { # ANSWER-AS-HEX
	rm -f "$T/fake"
	start "$T/fake.log" "$CB_PYTHON" -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
c = s.accept()[0]
hello = c.recv(100)
c.sendall(bytes.fromhex(sys.argv[2][:12]) + hello[6:8]
          + bytes.fromhex(sys.argv[2][12:]))
c.recv(100)' "$T/fake" "$1"
	wait_until 10 test -S "$T/fake" || bail "no fake bridge"
}
greeted() { ours env "CARDBRIDGE_SOCKET=$T/fake" "$@" \
	"$guest" establish x 2>"$T/said"; }

welcome=00000006000243427264"0002"
words="I am version 2, you are version 1."
refusal=$(printf '%08x000300050022' $((${#words} + 4)))
refusal+=$(printf '%s' "$words" | od -An -tx1 | tr -d ' \n')
for answer in "$welcome" "$refusal"; do
	fake_bridge "$answer"
	is "$(greeted)" 8010001E "another version: the service is stopped"
	is "$(cat "$T/said")" "" "nothing is said, by itself"
	forget "$started"
	fake_bridge "$answer"
	is "$(greeted CARDBRIDGE_DEBUG=1)" 8010001E "the same for who asks"
	like "$(cat "$T/said")" 'version 2.* version 1[^0-9]' \
		"is told both versions"
	forget "$started"
done

# The other way round the bridge has it in its log.
bridge_start
said=$("$CB_PYTHON" -c '
import os, socket, sys
c = socket.socket(socket.AF_UNIX)
c.connect(sys.argv[1])
c.sendall(bytes.fromhex("00000006000100014342726400" "09"))
print(os.getpid(), c.recv(1000)[12:].decode())' "$CARDBRIDGE_SOCKET")
like "$said" 'version 1 .* version 9[^0-9]' \
	"a program of another version is told both"
like "$(cat "$BRIDGE_LOG")" "process ${said%% *}: .*version 1 .* version 9[^0-9]" \
	"the bridge's log says whose it was"
