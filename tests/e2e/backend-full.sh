#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend whose disk is full: what is asked of it fails, /health says why, and
# all is well again by itself once there is room, with everything that was told
# as done.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
# shellcheck source=tests/e2e/lib-desk.sh
. "$CB_SRC/tests/e2e/lib-desk.sh"
need curl
need_cardbridge

[ "$cb_namespace" = private ] &&
	mount -t tmpfs -o mode=0755,size=16m none /mnt 2>/dev/null ||
	skip_all "no disk of its own can be mounted here"
dir=/mnt/backend

health() { # EXPRESSION: what /health says, as `it`
	curl -sk --max-time 5 "$url/health" | of_json "$1"
}
is_ready() { [ "$(health 'it["ready"]')" = True ]; }
lacks_disk() { [ "$(health 'it["missing"]["disk"]')" = 2 ]; }
fill() {
	dd if=/dev/zero of=/mnt/fill bs=4k 2>/dev/null || true
}
works() { admin card set "$card" "name=$1" >/dev/null 2>"$T/said"; } # NAME
named() { [ "$(admin card show "$card" --json | of_json name)" = "$1" ]; }
# What is committed goes over what is in the log, as long as there is some.
until_it_fails() {
	last=Ward
	for ((i = 0; i < 3000; i++)); do
		works "N$i" || return 0
		last=N$i
	done
	return 1
}

backend_make
mv "$dir/operator" "$who"
backend_start "$T/backend.log" 0
make "an organisation" org add Clinic
make "a card" card new --profile authentic3 --test --name Ward
card=$(made id)
t "all is well" is_ready

fill
until_it_fails || bail "a disk that is full takes all"
like "$(cat "$T/said")" 'the disk is full' "nothing is done on a full disk"
t "/health says what is wrong" wait_until 5 lacks_disk
is "$(curl -sk -o /dev/null -w '%{http_code}' "$url/health")" 503 \
	"with the status of what is not ready"
like "$(health 'it["missing"]')" "'worker': 0, 'store': 0, 'vault': 0" \
	"and nothing else is"
is "$(grep -c 'nothing is committed: .*the disk is full' "$log")" 1 \
	"the log says so, once"
t_fails "and it stays so" wait_until 2 is_ready

# shellcheck disable=SC2046 # several
kill -KILL $(roles worker)
t "also to workers that are new" wait_until 10 lacks_disk

rm /mnt/fill
t "with room it is well again by itself" wait_until 5 is_ready
t "what was done is there" named "$last"
t "and more is done" works Room
t "for good" named Room
backend_stop
