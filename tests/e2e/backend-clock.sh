#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend whose clock is set, forward and back, while it runs and while it
# does not: the platform's books have an entry for each step, organisations'
# have none, and all of them stay whole although their times go back. The clock
# is the test's own (tests/backend/stepped.h): the machine's is everybody's.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
CARDBRIDGE_BACKEND=$CB_BUILD/tests/backend/stepped_backend
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
# shellcheck source=tests/e2e/lib-desk.sh
. "$CB_SRC/tests/e2e/lib-desk.sh"
need "$CB_PYTHON"
need_cardbridge

export STEPPED=$T/ahead
set_clock() { # MILLISECONDS ahead of the machine's
	"$CB_PYTHON" -c '
import struct, sys
with open(sys.argv[1], "r+b") as f:
	f.write(struct.pack("=q", int(sys.argv[2])))' "$STEPPED" "$1"
}
head -c 8 /dev/zero >"$STEPPED"

steps() { # ORGANISATION: in words
	admin audit list --org "$1" --count 1000 | grep -o 'clock-step .*' || true
}
there_are() { [ "$(steps platform | wc -l)" = "$1" ]; } # NUMBER
# What the last one was set by, in whole seconds.
by() {
	steps platform | tail -n 1 | "$CB_PYTHON" -c '
import datetime, re, sys
words = sys.stdin.read()
at = [datetime.datetime.fromisoformat(t) for t in
	re.findall("(?:from|to)=([0-9T:.-]+)Z", words)]
print(round((at[1] - at[0]).total_seconds()))'
}

backend_make
mv "$dir/operator" "$who"
backend_start "$T/backend.log" 0
make "an organisation is founded" org add Clinic
is "$(steps platform)" "" "a clock that only goes on is no entry"

set_clock 3600000
since=$(ms)
t "a clock that is set forward is one" wait_until 10 there_are 1
at_most $(($(ms) - since)) 2000 "within a second or two: milliseconds"
is "$(by)" 3600 "which says by how much"
like "$(steps platform)" \
	'^clock-step from=2[0-9-]{9}T[0-9:.]{12}Z to=2[0-9-]{9}T[0-9:.]{12}Z$' \
	"in words"
is "$(grep -c 'the clock was set forward by 3[56][0-9.]* s' "$log")" 1 \
	"the log has a line"
make "what is done then is done" org add Surgery

store=$(roles store)
kill -STOP "$store"
set_clock -30000
sleep 2
kill -CONT "$store"
t "one that is set back while the store hangs is entered, too" \
	wait_until 10 there_are 2
is "$(by)" -3630 "by how much"
make "and what is done then is done" org add Theatre
# by who speaks for the store then
store=$(roles store)
kill -KILL "$store"
set_clock 30000
t "and while the store dies" wait_until 10 there_are 3
is "$(by)" 60 "by how much"

for org in platform Clinic Surgery; do
	t "the books of $org are whole, with times that go back" \
		admin audit verify --org "$org"
done
t "they are exported" admin audit export --org platform --output "$T/export"
t "and verified by the key alone" "$CARDBRIDGE" admin audit verify \
	"$T/export" --key "$who/books.pub"
is "$(grep -c 'clock-step from=2' "$T/export")" 3 "each step in words"
is "$(steps Clinic)$(steps Surgery)" "" "organisations have none of them"

backend_stop
t "the backend is whole" "$backend" check --dir "$dir"
set_clock -60000
backend_start "$T/backend-2.log" 3
t "a clock that was set back meanwhile is entered" wait_until 10 there_are 4
like "$(steps platform | tail -n 1)" ' what=at-start$' "as found at the start"
like "$(cat "$log")" 'the clock was set back while nobody looked' \
	"which the log says"
backend_stop
backend_start "$T/backend-3.log" 3
sleep 1
is "$(steps platform | wc -l)" 4 "and not once more at the next one"
t "the books are whole" admin audit verify --org platform
backend_stop
t "and so is the backend" "$backend" check --dir "$dir"
