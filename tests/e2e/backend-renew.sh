#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The door's certificate, which is over after a year: what is said before and
# after that, and another one, with which all goes on as it was.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-backend.sh
. "$CB_SRC/tests/e2e/lib-backend.sh"
need openssl pkcs11-tool
need_cardbridge

init_at=$CB_BUILD/tests/backend/init_at
[ -x "$init_at" ] || bail "init_at is not built: make check TESTS="
day=86400
said=$T/said
be() { "$backend" "$@" >"$said" 2>&1; }
command='cardbridge-backend renew --dir DIR'

# ---- certificates -----------------------------------------------------------

there() { # OPTION...: of the file
	openssl x509 -inform DER -in "$dir/door/certificate.der" -noout "$@"
}
shown() { # OPTION...: of what the door shows
	openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
		openssl x509 -noout "$@"
}
facts=(-pubkey -ext subjectAltName)
ends_in() { # DAYS: by then, and not the day before
	there -checkend "$((($1 - 1) * day))" &&
		! there -checkend "$(($1 * day + 60))"
}
made() { # DIR DAYS: so long ago
	"$init_at" "$1" "$(($2 * day))" >"$said" 2>&1 ||
		bail "no backend of that age: $(cat "$said")"
}
last_day() { date -u -d "$(there -enddate | cut -d= -f2)" +%F; }
last_day_of() { # IDENTITY
	date -u -d "$(openssl x509 -inform DER -in "$1/certificate.der" \
		-noout -enddate | cut -d= -f2)" +%F
}
admin() { # EXIT WORDS of the operator, and nothing else on standard error
	local rc=0
	"$CARDBRIDGE" admin --server "$url" --identity "$dir/operator" \
		--json org list >"$T/out" 2>"$said" || rc=$?
	[ "$rc" = "$1" ] && [ "$(wc -l <"$said")" = 1 ] &&
		grep -qF -- "$2" "$said"
}

tells() { # DESCRIPTION EXIT WORDS ARGUMENT...
	local what=$1 want=$2 words=$3 rc=0
	shift 3
	timeout 20 "$backend" "$@" >"$said" 2>&1 || rc=$?
	if [ "$rc" = "$want" ] && grep -qF -- "$words" "$said"; then
		pass "$what"
	else
		fail "$what" "exit code $rc" "$(cat "$said")"
	fi
}
refused() { # DESCRIPTION EXIT WORDS ARGUMENT...: and nothing is changed
	local before
	before=$(there -serial; find "$dir/door" | sort)
	tells "$@"
	is "$(there -serial; find "$dir/door" | sort)" "$before" \
		"and nothing is changed"
}

# ---- before the year is over ------------------------------------------------

made "$dir" 334
port=$(free_port)
url=https://127.0.0.1:$port
backend_seed "$T/seed.txt" "$CB_SRC/data/profiles/authentic3.profile"
backend_start "$T/backend.log"
t_fails "32 days before its end a certificate is not spoken of" \
	grep -q "$command" "$log"
tells "nor by check" 0 "The backend is whole." check --dir "$dir"
t_fails "which finds nothing to warn of" grep -q "$command" "$said"
backend_stop

dir=$T/month
made "$dir" 340
backend_seed "$T/seed.txt" "$CB_SRC/data/profiles/authentic3.profile"
backend_start "$T/backend.log"
like "$(grep "$command" "$log")" \
	"warning: door: the door's certificate ends on $(last_day)" \
	"25 days before its end the log warns"
tells "and check" 0 "door's certificate ends on $(last_day): $command" \
	check --dir "$dir"
like "$(cat "$said")" 'The backend is whole' "which finds the backend whole"
t "and an order of whose identity is as old" admin 0 \
	"identity ends on $(last_day_of "$dir/operator"): an administrator orders"
like "$(cat "$T/out")" '^\[' "beside what is told"
enrolled "$T/identity"
like "$(cat "$T/enrol.log")" "good until $(last_day_of "$T/identity")\$" \
	"a device is told until when its identity is good"
bridge_start
"$CARDBRIDGE" reader add card "$url/cards/$(of_seed card)" \
	--identity "$T/identity" >/dev/null || bail "no reader"
lists() {
	(eval "$("$CARDBRIDGE" env)" && pkcs11-tool -L) |
		grep -q 'token label *: NHS Series 8'
}
t "a bridge is enrolled, and has its card" wait_until 20 lists
backend_stop
before=$(there "${facts[@]}")
like "$before" 'DNS:localhost, IP Address:127.0.0.1' "the door has names"

# ---- and after it -----------------------------------------------------------

month=$dir
dir=$T/over
made "$dir" 370
tells "check finds one that is over" 1 \
	"WRONG   door: the door's certificate has ended on $(last_day)" \
	check --dir "$dir"
like "$(cat "$said")" "$command" "and names the command"
tells "run says so, too" 1 "the door's certificate has ended on $(last_day)" \
	run --dir "$dir" --listen 127.0.0.1:0
like "$(cat "$said")" "$command" "and names the command"
t "which helps" be renew --dir "$dir"
t "not so with the operator's identity" admin 4 \
	"certificate has ended on $(last_day_of "$dir/operator"), if the clock"
t "of which is said what does" grep -q 'cardbridge admin person token' "$said"
"$CARDBRIDGE" enrol "$url" @/nonexistent --identity "$dir/operator" \
	>"$said" 2>&1 && fail "nothing is enrolled over it"
like "$(cat "$said")" \
	"identity already, which ended on $(last_day_of "$dir/operator")" \
	"enrol says that it must be moved away"
tells "check finds it whole" 0 "The backend is whole." check --dir "$dir"
dir=$month

# ---- what is refused --------------------------------------------------------

refused "a directory without a backend" 1 "is no backend" \
	renew --dir "$T/nowhere"
refused "a name that is none" 2 "a name of the door is" \
	renew --dir "$dir" --name "not a name"
refused "an option of another command" 2 "does not take this option" \
	renew --dir "$dir" --listen 127.0.0.1:0
part=$dir/vault/root-1.key
mv "$part" "$T/part"
refused "without its part of the root" 1 "$part cannot be read" \
	renew --dir "$dir"
be init --dir "$T/other" --test || bail "no other backend"
cp -p "$T/other/vault/root-1.key" "$part"
refused "with another backend's" 1 "give this one's" renew --dir "$dir"
cp -p "$dir/vault/recovery.key" "$part"
refused "with its recovery root" 1 "does not open with this root" \
	renew --dir "$dir"
mv -f "$T/part" "$part"
mv "$dir/door/key.pem" "$T/key.pem"
refused "without the door's key" 1 "door/key.pem: No such file" \
	renew --dir "$dir"
cp -p "$dir/door/certificate.der" "$dir/door/key.pem"
refused "with a key that is none" 1 "is no key" renew --dir "$dir"
mv -f "$T/key.pem" "$dir/door/key.pem"
cp -p "$dir/door/authority.der" "$T/authority.der"
cp "$T/other/door/authority.der" "$dir/door/authority.der"
refused "beside another authority" 1 "is not the authority of this backend" \
	renew --dir "$dir"
cp -p "$T/authority.der" "$dir/door/authority.der"
if [ "$(id -u)" = 0 ]; then
	be_owner=$backend
	exec {program}<"$be_owner"
	cat >"$T/as-other" <<-END
		#!/bin/bash
		exec setpriv --reuid 65533 --regid 65533 --clear-groups \
			/proc/self/fd/$program "\$@"
	END
	chmod 755 "$T/as-other"
	backend=$T/as-other
	refused "who is not its user" 1 "run this as the user who has made" \
		renew --dir "$dir"
	backend=$be_owner
	exec {program}<&-
	# root makes no files for a backend of somebody else
	chown 65533 "$dir"
	refused "nor is root, of a backend of another" 1 "is not yours" \
		renew --dir "$dir"
	chown 0 "$dir"
fi

# ---- another ----------------------------------------------------------------

touch "$dir/door/certificate.der.new"
t "it is renewed" be renew --dir "$dir"
like "$(cat "$said")" "good until $(last_day)" "which says until when"
like "$(cat "$said")" 'stop and start the backend' "and what is next"
t "it is good for a year" ends_in 365
is "$(there "${facts[@]}")" "$before" "with the key and names as before"
is "$(stat -c %a:%u "$dir/door/certificate.der")" "600:$(id -u)" \
	"for its owner alone"
is "$(ls "$dir/door")" "authority.der
certificate.der
key.pem
service.der" "and nothing is left beside it"
tells "check finds it whole" 0 "The backend is whole." check --dir "$dir"
t_fails "and warns no more" grep -q "$command" "$said"
backend_start "$T/backend.log"
is "$(shown -serial "${facts[@]}")" "$(there -serial "${facts[@]}")" \
	"the door shows it"
t "and the bridge has its card again" wait_until 40 lists

# ---- beside a backend that runs ---------------------------------------------

serial=$(shown -serial)
t "it is renewed with another name" be renew --dir "$dir" \
	--name cards.example.org --name 127.0.0.1
like "$(there -ext subjectAltName)" \
	'DNS:cards.example.org, IP Address:127.0.0.1' "which it has"
is "$(shown -serial)" "$serial" "the door keeps what it had"
t "and the bridge its card" lists
backend_stop
backend_start "$T/backend.log"
is "$(shown -serial)" "$(there -serial)" "until it is started again"
t "and then, too, the bridge has its card" wait_until 40 lists
