#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A backend is made, looked at and run: what init leaves behind and what it
# refuses, each subset of the root's parts, what check sees, and roles that
# are killed and come again. No pcscd, no card.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

backend=${CARDBRIDGE_BACKEND:-$CB_BUILD/cardbridge-backend}
[ -x "$backend" ] || skip_all "the backend is not built"
# roles have users of their own where they can, who must get there
chmod 711 "$T"
dir=$T/backend
said=$T/said

be() { "$backend" "$@" >"$said" 2>&1; }

# All that is there, but for what the program said.
listing() { find "$T" ! -path "$said" | sort; }

refused() { # DESCRIPTION WORDS ARGUMENT...: nothing is made or changed
	local what=$1 words=$2 rc=0 before
	shift 2
	before=$(listing)
	be "$@" || rc=$?
	if [ "$rc" = 0 ] || [ "$rc" -ge 124 ]; then
		fail "$what" "exit code $rc" "$(cat "$said")"
	elif [ "$rc" != "${want:-$rc}" ] || ! grep -qF -- "$words" "$said"; then
		fail "$what" "exit code $rc" "$(cat "$said")"
	elif [ "$before" != "$(listing)" ]; then
		fail "$what" "$(diff <(echo "$before") <(listing))"
	else
		pass "$what"
	fi
}

# The same of the command line.
misused() { want=2 refused "$@"; } # DESCRIPTION WORDS ARGUMENT...

check() { # DESCRIPTION EXIT WORDS [DIR]
	local rc=0
	be check --dir "${4:-$dir}" || rc=$?
	if [ "$rc" = "$2" ] && grep -qF -- "$3" "$said"; then
		pass "$1"
	else
		fail "$1" "exit code $rc" "$(cat "$said")"
	fi
}

# ---- what is refused ------------------------------------------------------

refused "without --live or --test it says which to choose" \
	"choose: --live" init --dir "$dir"
refused "both are too many" "choose: --live" init --dir "$dir" --live --test
refused "a directory is needed" "--dir is missing" init --test
misused "which has a name" "--dir is empty" init --test --dir ''
misused "a password in the store's URI" "neither user, password" \
	init --dir "$dir" --test --store "sqlite://me:geheim@$T/db"
t_fails "and it is not repeated" grep -q geheim "$said"
misused "another database's URI, with its password" "a file of its own" \
	init --dir "$dir" --test --store "postgresql://me:geheim@host/db"
t_fails "and it is not repeated, either" grep -q geheim "$said"
misused "a secret in a part's place" "no secret belongs into a place" \
	init --dir "$dir" --test --service-key "pkcs11:object=k?pin-value=1"
misused "a place that is none" "file:/absolute/path" \
	init --dir "$dir" --test --service-key "pkcs11:object=k"
misused "what says no kind of place" "says first what it is" \
	init --dir "$dir" --test --service-key "$T/1"
refused "a place in a directory that is not there" "make it" \
	init --dir "$dir" --test --service-key "file:$T/nowhere/1"
misused "a relative place" "absolute path" \
	init --dir "$dir" --test --service-key file:root.key
misused "one place for two parts" "a place of its own" \
	init --dir "$dir" --test --service-key "file:$T/1" \
	--service-key "file:$T/1"
misused "a relative store" "absolute path" \
	init --dir "$dir" --test --store sqlite:db
misused "a store beside the root" "a directory of its own" \
	init --dir "$dir" --test --store "sqlite:$dir/backend.db"
mkdir -m 700 "$T/full" "$T/parts"
echo here >"$T/full/file"
mkdir "$T/wide"
chmod 777 "$T/wide"
ln -s "$dir/door" "$T/alias"
for name in door vault heads operator shares heads/x; do
	misused "a store in $name" "a directory of its own" \
		init --dir "$dir" --test --store "sqlite:$dir/$name/db"
done
misused "a store where a link leads" "leads nowhere" \
	init --dir "$dir" --test --store "sqlite:$T/alias/db"
misused "a store beside a part of the root" "a directory of its own" \
	init --dir "$dir" --test --store "sqlite:$T/parts/db" \
	--service-key "file:$T/parts/1"
misused "a store above a part of the root" "a directory of its own" \
	init --dir "$dir" --test --store "sqlite:$T/parts/db" \
	--service-key "file:$T/parts/below/1"
refused "a store in a directory of everybody's" "nobody else may write" \
	init --dir "$dir" --test --store "sqlite:/var/tmp/cb-store-$$.db"
refused "a store below one" "another directory in the place of" \
	init --dir "$dir" --test --store "sqlite:$T/wide/store/db"
misused "a store beside other files" "is not empty" \
	init --dir "$dir" --test --store "sqlite:$T/full/db"
misused "more shares than there are" "such as 3/5" \
	init --dir "$dir" --test --shares 5/3
misused "a share that is the root" "such as 3/5" \
	init --dir "$dir" --test --shares 1/3
misused "a name that is none" "name of the door" \
	init --dir "$dir" --test --name "not a name"
misused "an option that is not written whole" "write --name" \
	init --dir "$dir" --test --nam x
misused "an option of another command" "does not take this option" \
	init --dir "$dir" --test --listen 127.0.0.1:1
refused "run without a backend" "is no backend" run --dir "$dir"
refused "check without a backend" "is no backend" check --dir "$dir"
refused "a role by hand" "by 'cardbridge-backend run' only" role vault
t "--version" be --version
like "$(cat "$said")" '^cardbridge-backend [0-9]' "says the version"

# A part's place that is taken: what was made before it is taken back.
echo mine >"$T/taken"
refused "a part where there is something" "another name" \
	init --dir "$dir" --test --service-key "file:$T/new" \
	--service-key "file:$T/taken"
is "$(cat "$T/taken")" mine "what was there is as it was"
mkdir -m 700 "$T/half" "$T/half/vault"
refused "a directory with half a backend" "did not come to its end" \
	init --dir "$T/half" --test

# Who can read a directory can lock it, and keep the backend from running.
lend() { # MODE: what becomes of a directory that others may read
	local mode=$1 user=$(($(id -u) == 0 ? 65533 : 0)) as=()
	mkdir "$T/lent"
	chmod 755 "$T/lent"
	if [ "$mode" = 700 ] && [ "$user" != 0 ]; then
		chown "$user" "$T/lent"
		as=(setpriv --reuid "$user" --regid "$user" --clear-groups)
	fi
	"${as[@]}" /proc/self/fd/9 init --dir "$T/lent" --test >"$said" \
		2>&1 9<"$backend" || cat "$said"
	stat -c %a "$T/lent"
	rm -rf "$T/lent"
}
if [ "$(id -u)" = 0 ]; then
	is "$(lend 711)" 711 "a directory is passed through, not read"
fi
is "$(lend 700)" 700 "a directory is its owner's alone"

# Whoever interrupts it finds nothing: when some of it is there it is told to
# end. (If it was done by then, once more.)
begun() { [ -e "$T/broken/vault" ] || gone "$init"; }
interrupted() { # SIGNAL
	local rc before init
	before=$(listing)
	for _ in {1..50}; do
		rm -rf "$T/broken"
		setpriv --pdeathsig KILL "$backend" init --dir "$T/broken" \
			--test >"$said" 2>&1 &
		init=$!
		until begun; do :; done
		kill "-$1" "$init" 2>/dev/null || true
		rc=0
		wait "$init" || rc=$?
		[ "$rc" = 0 ] || break
	done
	is "$rc" 1 "init ends by itself at SIG$1"
	like "$(cat "$said")" 'interrupted; nothing was changed' "and says so"
	is "$(listing)" "$before" "and leaves nothing"
}
interrupted TERM
interrupted HUP

# ---- what is made ---------------------------------------------------------

parts=()
mkdir -m 700 "$T/a" "$T/b" "$T/c"
for part in a b c; do
	parts+=(--service-key "file:$T/$part/part")
done
t "a backend with three parts and shares" \
	be init --dir "$dir" --test --shares 2/3 "${parts[@]}" \
	--name cards.example.org --name 127.0.0.1
is "$(find "$dir" "$T"/[abc] -type f ! -perm 600)" "" "files are 0600"
is "$(find "$dir"/* "$T"/[abc] -type d ! -perm 700)" "" \
	"directories are 0700"
is "$(find "$dir/shares" -type f | wc -l)" 3 "three shares"
is "$(cd "$dir/operator" && echo *)" \
	"authority.der backend certificate.der key.pem service.der" \
	"the operator's identity"
like "$(openssl x509 -inform DER -in "$dir/door/certificate.der" \
	-noout -ext subjectAltName)" \
	"DNS:cards.example.org, IP Address:127.0.0.1" \
	"the door's names"
t "the door's certificate is of the authority" openssl verify \
	-CAfile <(openssl x509 -inform DER -in "$dir/door/authority.der") \
	<(openssl x509 -inform DER -in "$dir/door/certificate.der")
t_fails "no key lies in the database" \
	grep -qa "PRIVATE KEY" "$dir/store/backend.db"
refused "a directory that has a backend" "has a backend already" \
	init --dir "$dir" --test
refused "a store that has a backend" "is there already" \
	init --dir "$T/other" --test --store "sqlite:$dir/store/backend.db"

# ---- check ----------------------------------------------------------------

check "check finds it whole" 0 "The backend is whole."
check "it names the books of the platform" 0 "books of the platform: 1 "
check "check warns of the operator's identity" 0 "operator is still here"
check "check warns of the shares" 0 "shares is still here"
check "check says which walls would stand" 0 "wall: seccomp"
mv "$dir/operator" "$dir/shares" "$T/a/"
be check --dir "$dir" || true
t_fails "and no more when they are gone" grep -q "still here" "$said"

# All but the whole set.
for missing in a b c "a b" "a c" "b c" "a b c"; do
	for part in $missing; do
		mv "$T/$part/part" "$T/$part/away"
	done
	check "without part $missing it is not whole" 1 "root: "
	rc=0
	timeout 20 "$backend" run --dir "$dir" --listen 127.0.0.1:0 \
		>"$said" 2>&1 || rc=$?
	is "$rc" 1 "and does not run"
	for part in $missing; do
		mv "$T/$part/away" "$T/$part/part"
	done
done
chmod 644 "$T/b/part"
check "a part that others can read" 1 "open to others"
chmod 600 "$T/b/part"

# The recovery root is missed by nothing but unblocking.
check "its recovery root opens" 0 "recovery: its root is there"
chmod 644 "$dir/vault/recovery.key"
check "a recovery root that others can read" 1 "WRONG   recovery: "
mv "$dir/vault/recovery.key" "$T/a/recovery"
check "a recovery root that is gone" 1 "WRONG   recovery: "
chmod 600 "$T/a/recovery"
cp -p "$T/a/recovery" "$dir/vault/recovery.key"
sed -i '/^recovery/s/^/# /' "$dir/backend.conf"
check "it may lie elsewhere" 0 "recovery: it has no place"
sed -i '/recovery = /s/^# //' "$dir/backend.conf"

chmod 640 "$dir/door/key.pem"
check "a door's key that others can read" 1 "WRONG   $dir/door/key.pem"
chmod 600 "$dir/door/key.pem"
for place in store vault; do
	chmod 777 "$dir/$place"
	check "a $place that others can write to" 1 "WRONG   $dir/$place is"
	chmod 700 "$dir/$place"
done
for file in key.pem certificate.der service.der; do
	cp -p "$dir/door/$file" "$T/copy"
	echo nothing >"$dir/door/$file"
	check "a door whose $file is none" 1 "WRONG   door: "
	cp -p "$T/copy" "$dir/door/$file"
done
if [ "$(id -u)" = 0 ]; then
	for file in . door door/key.pem backend.conf store heads/heads; do
		whose=$(stat -c %u:%g "$dir/$file")
		chown 4711 "$dir/$file"
		check "$file of another user" 1 "chown"
		chown "$whose" "$dir/$file"
	done
	sed -i '/^first-user/s/^/# /' "$dir/backend.conf"
	check "no users for the roles" 1 "WRONG   wall: no users"
	sed -i '/first-user/s/^# //' "$dir/backend.conf"
fi

# A database that somebody has written to: the books do not verify.
cp -p "$dir/store/backend.db" "$T/copy"
sqlite3 "$dir/store/backend.db" "DELETE FROM entry"
check "books that were emptied" 1 "WRONG   books of"
rc=0
timeout 20 "$backend" run --dir "$dir" --listen 127.0.0.1:0 \
	>"$said" 2>&1 || rc=$?
is "$rc" 1 "and it does not run"
like "$(cat "$said")" "older than the signed heads" "and says why"
cp -p "$T/copy" "$dir/store/backend.db"
check "all as it was" 0 "The backend is whole."

# Root looks at the database as the store's user, who may not read this one.
if [ "$(id -u)" = 0 ]; then
	chown root:root "$dir/store/backend.db"
	check "check opens no database as root" 1 "WRONG   store: "
	chown 60803:60803 "$dir/store/backend.db"
	check "but as who has it" 0 "The backend is whole."
fi

# With what is in memory where nobody sees it, and no dump of it.
hardened() { # PID
	grep -Eq '^Max core file size +0 +0 ' "/proc/$1/limits"
}
mkfifo "$T/pipe"
mkdir "$T/waits"
mkfifo "$T/waits/backend.conf"
ulimit -c unlimited 2>/dev/null || true
start "$T/log" "$backend" check --dir "$T/waits"
t "check leaves no core" wait_until 5 hardened "$started"
slay "$started"
# it ends only when somebody reads what it says
exec {pipe}<>"$T/pipe"
head -c 65536 /dev/zero >&"$pipe"
start "$T/pipe" "$backend" init --dir "$T/second" --test
t "init leaves no core" wait_until 10 hardened "$started"
slay "$started"
exec {pipe}>&-
ulimit -c 0

chmod 644 "$dir/door/key.pem"
refused "run with a door's key that others can read" "chmod 600 it" \
	run --dir "$dir" --listen 127.0.0.1:0
chmod 600 "$dir/door/key.pem"
chmod 666 "$dir/backend.conf"
refused "run with a configuration that others can write" "chmod 600" \
	run --dir "$dir" --listen 127.0.0.1:0
chmod 600 "$dir/backend.conf"
mv "$dir/door/service.der" "$T/service.der"
refused "run without a file of the door" "service.der: No such file" \
	run --dir "$dir" --listen 127.0.0.1:0
mv "$T/service.der" "$dir/door/service.der"
# With swap space, and memory that nobody may lock.
swapping() { # COMMAND...
	(ulimit -l 64 && mount --bind "$T/swaps" /proc/swaps &&
		setpriv --bounding-set -ipc_lock "$@")
}
printf '%s\n' "Filename Type Size Used Priority" \
	"/dev/sda2 partition 1 0 -2" >"$T/swaps"
# shellcheck disable=SC2154 # of lib.sh
if [ "$cb_namespace" = private ] && [ "$(id -u)" = 0 ]; then
	be_plain=$backend
	backend=$T/swapping
	{
		echo '#!/bin/bash'
		declare -p T
		declare -f swapping
		printf 'swapping %q "$@"; rc=$?; umount /proc/swaps; exit $rc\n' \
			"$be_plain"
	} >"$backend"
	chmod 755 "$backend"
	refused "init where keys would reach the disk" "LimitMEMLOCK=infinity" \
		init --dir "$T/third" --test
	refused "and run" "allow-swap = true;" \
		run --dir "$dir" --listen 127.0.0.1:0
	check "check says so" 0 "warning there is swap space"
	t "init, if it is told to" \
		be init --dir "$T/third" --test --allow-swap
	backend=$be_plain
fi

sed -i 's/^store = .*/store = "mysql:x";/' "$dir/backend.conf"
refused "a wrong setting stops the start" "backend.conf, line 5: a store is" \
	run --dir "$dir"
sed -i "s|^store = .*|store = \"sqlite:$dir/store/backend.db\";|" \
	"$dir/backend.conf"

sed -i 's/^recovery = "file:[^"]*/&?pin-value=geheim/' "$dir/backend.conf"
refused "a secret in a place of the settings" "no secret belongs" \
	run --dir "$dir"
t_fails "and it is not repeated" grep -q geheim "$said"
sed -i 's/?pin-value=geheim//' "$dir/backend.conf"

# ---- run ------------------------------------------------------------------

roles() { pgrep -P "$parent" -f "cardbridge-backend role $1" || true; }

is_ready() { [ "$(grep -c "$1" "$T/log")" -ge "$2" ]; }

again() { # ROLE PID: it runs, and is another process
	local now
	now=$(roles "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

start "$T/log" "$backend" run --dir "$dir" --listen 127.0.0.1:0
parent=$started
wait_until 20 grep -q "ready" "$T/log" || bail "it does not start"
wait_until 20 grep -q "the keys are open" "$T/log"
pass "it runs"
if [ "$(id -u)" = 0 ]; then
	like "$(ps -o uid= -p "$(roles store)")" "60803" \
		"the store has a user of its own"
	like "$(ps -o uid= -p "$(roles vault)")" "60804" "and the vault"
fi
check "check beside it" 0 "the backend runs"
refused "a second one is told of the first" "runs already (process $parent)" \
	run --dir "$dir" --listen 127.0.0.1:0

cp -a "$dir" "$T/twin"
refused "nor does a copy of it run on the same store" "another backend" \
	run --dir "$T/twin" --listen 127.0.0.1:0

# The keys come from the store: that they open shows the new channel.
opened=1
for role in vault store vault; do
	pid=$(roles "$role")
	kill -KILL "$pid"
	t "a $role that was killed comes again" \
		wait_until 10 again "$role" "$pid"
	[ "$role" = store ] || opened=$((opened + 1))
	t "and has its peer" \
		wait_until 10 is_ready "the keys are open" "$opened"
done
# What a door has had for listening is not given to the next one.
port=$(sed -n 's/.*door: listening at .*://p' "$T/log")
listener() { # the inode of the socket that listens
	awk -v p="$(printf ':%04X' "$port")" \
		'$4 == "0A" && substr($2, 9) == p { print $10 }' /proc/net/tcp
}
another_listener() { # INODE
	local now
	now=$(listener)
	[ -n "$now" ] && [ "$now" != "$1" ]
}
comes() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
before=$(listener)
like "$before" '^[0-9]+$' "it listens"
pid=$(roles door)
kill -KILL "$pid"
t "a door that was killed comes again" wait_until 10 again door "$pid"
t "with a socket of its own" wait_until 10 another_listener "$before"
t "in the same place" comes

pids=$(pgrep -P "$parent")
lines=$(wc -l <"$T/log")
kill -TERM "$parent"
t "it ends when it is told" wait_until 10 gone "$parent"
is "$(tail -n "+$((lines + 1))" "$T/log")" "cardbridge-backend: ended" \
	"with one line"
for pid in $pids; do
	t "and leaves no process" wait_until 5 gone "$pid"
done

refused "a log of another form" "is possible" \
	run --dir "$dir" --listen 127.0.0.1:0 --log xml
start "$T/json" "$backend" run --dir "$dir" --listen 127.0.0.1:0 --log json
parent=$started
wait_until 20 grep -q "the keys are open" "$T/json" || bail "it does not start"
port=$(sed -n 's/.*door: listening at [^"]*:\([0-9]*\)".*/\1/p' "$T/json")
curl -sk "https://127.0.0.1:$port/nothing" >/dev/null || true
wait_until 5 grep -q nothing "$T/json" || bail "no line for a request"
is "$("$CB_PYTHON" - "$T/json" <<-'END'
	import json, sys
	lines = [json.loads(l) for l in open(sys.argv[1])]
	print(*sorted({l["role"] for l in lines}))
	r = [l for l in lines if "request" in l]
	print(*((l["role"], l["level"], l["status"], l["request"],
	         l["ms"] >= 0) for l in r))
	END
	)" "door parent store vault worker
('door', 'notice', 404, 'GET /nothing', True)" \
	"each line of a log is an object, one for a request"
pids=$(pgrep -P "$parent")
slay "$parent"
for pid in $pids; do
	t "a dead parent ends all" wait_until 5 gone "$pid"
done

# Nobody reads the log any more; then the terminal goes.
port=$(free_port)
setpriv --pdeathsig KILL "$backend" run --dir "$dir" \
	--listen "127.0.0.1:$port" 2> >(head -n 1 >/dev/null) &
parent=$!
stands() { [ "$(pgrep -P "$parent" -fc 'cardbridge-backend role')" = 4 ]; }
t "it runs without a reader of its log" wait_until 20 stands
curl -sk --max-time 20 "https://127.0.0.1:$port/nothing" >/dev/null || true
t "and answers" curl -sk --max-time 20 "https://127.0.0.1:$port/nothing"
pids=$(pgrep -P "$parent" -f 'cardbridge-backend role')
kill -HUP "$parent"
rc=0
wait "$parent" || rc=$?
is "$rc" 0 "at SIGHUP it ends in order"
for pid in $pids; do
	t "and leaves no process" wait_until 5 gone "$pid"
done
check "the backend is whole after that" 0 "The backend is whole."
