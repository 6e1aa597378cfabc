# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend of the test's own, all five roles behind their walls. Sourced
# after lib.sh.

backend=${CARDBRIDGE_BACKEND:-$CB_BUILD/cardbridge-backend}
seed=$CB_BUILD/tests/backend/seed
[ -x "$backend" ] || skip_all "the backend is not built"
[ -x "$seed" ] || bail "tests/backend/seed is not built: make check TESTS="
# roles have users of their own where they can, who must get there
chmod 711 "$T"
dir=$T/backend
log=$T/backend.log

# What programs send to a seeded card: its application; a directory, and a file
# in it that its holder writes; the tries left; a passcode.
application=00A4040010A0000000770100700A1000F100000100
select_5015=00A4000002501500
select_7006=00A4000002700600
tries=00200001
verify() { # PASSCODE
	printf '0020000108%sFFFF' "$(printf %s "$1" | od -An -tx1 | tr -d ' \n')"
}

# Of the first organisation, or of FILE's; several are a line each.
of_seed() { sed -n "s/^$1 //p" "${2:-$T/seed.txt}"; } # NAME [FILE]

# In memory where it can be: what is killed are processes, and thousands of
# commits need no disk. It goes with the test's namespace.
backend_in_memory() {
	[ "$cb_namespace" = private ] &&
		mount -t tmpfs -o mode=0755 none /mnt 2>/dev/null || return 0
	dir=/mnt/backend
}

backend_make() {
	"$backend" init --dir "$dir" --test >"$T/init.log" 2>&1 ||
		bail "no backend: $(cat "$T/init.log")"
	sed -i 's/^log = .*/log = "debug";/' "$dir/backend.conf"
	port=$(free_port)
	url=https://127.0.0.1:$port
}

# An organisation; what is said of it is in FILE, for of_seed.
backend_seed() { # FILE PROFILE [OPTION]...
	local file=$1 profile=$2
	shift 2
	"$seed" "$@" "$dir" "$profile" >"$file" 2>"$T/seed.log" ||
		bail "nothing founded: $(cat "$T/seed.log")"
}

backend_start() { # LOG [ORGANISATIONS]
	log=$1
	organisations=${2:-${organisations:-1}}
	start "$log" "$backend" run --dir "$dir" --listen "127.0.0.1:$port"
	parent=$started
	wait_until 20 all_roles || bail "not all roles run"
}

roles() { pgrep -P "$parent" -f "cardbridge-backend role $1" || true; }

# The platform has a worker, too; and there is a key to open.
all_roles() {
	[ "$(pgrep -P "$parent" | wc -l)" = $((4 + organisations)) ] &&
		grep -q ready "$log" && grep -q "the keys are open" "$log"
}

# The same by $keeper, who starts it again as a service manager does.
backend_keep() { # LOG [ORGANISATIONS]
	log=$1
	organisations=${2:-1}
	start "$log" bash -c "while :; do
		setpriv --pdeathsig KILL '$backend' run --dir '$dir' \
			--listen 127.0.0.1:$port
		sleep 0.05
	done"
	keeper=$started
	wait_until 20 is_kept || bail "not all roles run"
}
is_kept() {
	parent=$(pgrep -P "$keeper" -f 'backend run') && all_roles
}

# With a process for each of its roles, which must all be gone.
backend_stop() {
	local pid pids
	pids=$(pgrep -P "$parent")
	kill -TERM "$parent"
	wait_until 15 gone "$parent" || bail "the backend does not end"
	for pid in $pids; do
		wait_until 5 gone "$pid" || bail "process $pid is left"
	done
	forget "$parent"
}

# An identity in DIR, for the N-th token.
enrolled() { # DIR [N [FILE]]
	of_seed token "${3:-$T/seed.txt}" | sed -n "${2:-1}p" >"$T/token"
	"$CARDBRIDGE" enrol "$url" "@$T/token" --identity "$1" \
		>"$T/enrol.log" 2>&1 ||
		bail "no identity: $(cat "$T/enrol.log")"
}

# PROFILE of AuthentIC v3 in which a passcode costs little.
quick_profile() { # FILE
	sed '/test = {/,/}/s/scrypt_log2n = 15/scrypt_log2n = 10/' \
		"$CB_SRC/data/profiles/authentic3.profile" >"$1"
}
