# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What every end-to-end test uses: sourced first, it moves the test into a
# mount namespace of its own, makes a temporary directory, and at the end of
# the test, however that comes about, ends whatever was started, takes the
# directory away and prints the plan. Tests speak TAP (automake's tap driver).
#
# From the environment, all with a default that fits a build tree:
#   CARDBRIDGE, CARDBRIDGED   the two programs
#   CARDBRIDGE_PLUGIN         libifdcardbridge.so
#   CARDBRIDGE_PROFILES       what cards look like
#   CB_PCSCD                  pcscd
#   CB_PYTHON                 the python that has pyscard
#   CB_PCSCD_PRELOAD          LD_PRELOAD for pcscd (a sanitizer's runtime)
#   CB_NO_NAMESPACE           not empty: use the way for where they are
#                             not allowed (LISTEN_FDS, PCSCLITE_CSOCK_NAME)
#   CB_KEEP                   not empty: leave the directory, say where it is
#   CB_ROAD                   which way programs take to the card: pcscd, or
#                             run (without it, tests/under-run.sh), where a
#                             test has a line "# roads: pcscd, run"
set -euo pipefail

CB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CB_BUILD=${CB_BUILD:-$PWD}
export CB_SRC CB_BUILD

# All of the test runs under `cardbridge run`; there CB_ROAD is "inside", and
# CB_BRIDGE_LOG where its bridge says each APDU.
CB_ROAD=${CB_ROAD:-pcscd}
[ "$CB_ROAD" != run ] || exec "$CB_SRC/tests/under-run.sh" "$0"

# ---- the namespace --------------------------------------------------------

# pcscd's socket has a fixed place: in a namespace of its own nothing there
# meets the system's. The marker is private to the re-executed script.
cb_enter_namespace() {
	local how
	[ -z "${CB_NAMESPACE:-}" ] || return 0
	export CB_NAMESPACE=none
	[ -z "${CB_NO_NAMESPACE:-}" ] || return 0
	how=(unshare --mount --propagation private)
	[ "$(id -u)" = 0 ] || how+=(--map-root-user)
	"${how[@]}" sh -c 'mount -t tmpfs none /run' 2>/dev/null || return 0
	export CB_NAMESPACE=private
	exec "${how[@]}" bash "$0" "$@"
}
cb_enter_namespace "$@"
if [ "$CB_NAMESPACE" = private ]; then
	[ -d /run/pcscd ] || mount -t tmpfs -o mode=0755 none /run
	mkdir -p /run/pcscd
	mount -t tmpfs -o mode=0755 none /run/pcscd
fi
# a marker inherited by a child that sources this again would be a lie
cb_namespace=$CB_NAMESPACE
unset CB_NAMESPACE

# ---- TAP ------------------------------------------------------------------

cb_count=0
cb_failed=0
cb_planned=

pass() { # DESCRIPTION
	cb_count=$((cb_count + 1))
	echo "ok $cb_count - $1"
}

fail() { # DESCRIPTION [DETAIL]...
	local detail
	cb_count=$((cb_count + 1))
	cb_failed=$((cb_failed + 1))
	echo "not ok $cb_count - $1"
	shift
	for detail; do
		diag "$detail"
	done
}

diag() { # TEXT, perhaps of many lines
	local line
	while IFS= read -r line; do
		echo "# $line"
	done <<<"$*"
}

skip() { # DESCRIPTION REASON
	cb_count=$((cb_count + 1))
	echo "ok $cb_count - $1 # SKIP $2"
}

# Ends the test: nothing of it can be done here.
skip_all() { # REASON
	if [ "$cb_count" = 0 ]; then
		cb_planned=yes
		echo "1..0 # SKIP $1"
		exit 0
	fi
	skip "the rest" "$1"
	exit 0
}

# Ends the test: the rest of it makes no sense.
bail() { # REASON
	fail "$1"
	exit 1
}

t() { # DESCRIPTION COMMAND...: the command succeeds
	local what=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" = 0 ]; then
		pass "$what"
	else
		fail "$what" "exit code $rc: $*" "$out"
	fi
}

t_fails() { # DESCRIPTION COMMAND...: the command fails, by itself
	local what=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	if [ "$rc" != 0 ] && [ "$rc" -lt 124 ]; then
		pass "$what"
	else
		fail "$what" "exit code $rc: $*" "$out"
	fi
}

is() { # GOT EXPECTED DESCRIPTION
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3" "got:      $1" "expected: $2"
	fi
}

like() { # GOT ERE DESCRIPTION
	if [[ $1 =~ $2 ]]; then
		pass "$3"
	else
		fail "$3" "got: $1" "expected to match: $2"
	fi
}

at_most() { # NUMBER LIMIT DESCRIPTION
	if [ "$1" -le "$2" ]; then
		pass "$3 ($1, at most $2)"
	else
		fail "$3" "$1, at most $2"
	fi
}

# ---- waiting --------------------------------------------------------------

ms() { # now, in milliseconds
	local s=${EPOCHREALTIME/[.,]/}
	echo "${s%???}"
}

# Tries until it succeeds; 1 when the time is over. Never sleeps longer than
# 20 ms at a time.
wait_until() { # SECONDS COMMAND...
	local end
	end=$(($(ms) + $1 * 1000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(ms)" -lt "$end" ] || return 1
		sleep 0.02
	done
}

alive() { # PID: there, and not a zombie
	local state
	[ -n "${1:-}" ] && [ -r "/proc/$1/stat" ] || return 1
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
	[ "$state" != Z ]
}

gone() { ! alive "$1"; } # PID

# ---- processes ------------------------------------------------------------

cb_pids=()
PCSCD_PID=

# Starts a process that dies with this script, and says its number in
# $started. Its output goes to the file.
start() { # FILE COMMAND...
	local log=$1
	shift
	# what one before has written is not what this one has
	: >"$log"
	setpriv --pdeathsig KILL "$@" >"$log" 2>&1 </dev/null &
	started=$!
	cb_pids+=("$started")
	# the shell need not report how it ended; alive knows a zombie
	disown "$started"
}

# TERM, then KILL; waits until it is gone. A stopped process is continued.
finish() { # PID
	local pid=${1:-}
	[ -n "$pid" ] || return 0
	if alive "$pid"; then
		kill -TERM "$pid" 2>/dev/null || true
		kill -CONT "$pid" 2>/dev/null || true
		wait_until 5 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
	fi
	forget "$pid"
}

# KILL; waits until it is gone.
slay() { # PID
	kill -KILL "$1"
	forget "$1"
}

# Waits for a process that was told to end, and is done with it.
forget() { # PID
	local pid kept=()
	wait_until 5 gone "$1" || bail "process $1 does not end"
	for pid in "${cb_pids[@]}"; do
		[ "$pid" = "$1" ] || kept+=("$pid")
	done
	cb_pids=("${kept[@]}")
}

cb_end() {
	local rc=$? pid log
	trap - EXIT
	set +e
	[ -z "$PCSCD_PID" ] || pcscd_stop
	for pid in "${cb_pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null
		wait_until 5 gone "$pid"
	done
	if [ "$rc" != 0 ] && [ "$cb_failed" = 0 ]; then
		fail "the test ended early (exit code $rc)"
	fi
	if [ "$cb_failed" != 0 ] && [ -n "${T:-}" ]; then
		for log in "$T"/*.log; do
			[ -s "$log" ] || continue
			diag "---- the end of ${log##*/}"
			diag "$(tail -n 30 "$log")"
		done
	fi
	if [ -n "${CB_KEEP:-}" ]; then
		diag "kept: $T"
	else
		rm -rf "$T"
	fi
	[ -n "$cb_planned" ] || echo "1..$cb_count"
	[ "$cb_failed" = 0 ] || exit 1
	exit 0
}

T=$(mktemp -d "${TMPDIR:-/tmp}/cb-e2e.XXXXXX")
chmod 0700 "$T"
trap cb_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- programs -------------------------------------------------------------

need() { # PROGRAM...
	local p
	for p; do
		command -v "$p" >/dev/null || skip_all "$p is not installed"
	done
}

cb_find() { # VARIABLE CANDIDATE...: the first one that is there
	local var=$1 p
	shift
	for p in "${!var:-}" "$@"; do
		if [ -n "$p" ] && [ -e "$p" ]; then
			export "$var=$p"
			return
		fi
	done
	export "$var="
}

cb_find CARDBRIDGE "$CB_BUILD/cardbridge" "$CB_BUILD/cli/cardbridge"
cb_find CARDBRIDGED "$CB_BUILD/cardbridged" "$CB_BUILD/bridge/cardbridged"
cb_find CARDBRIDGE_PLUGIN "$CB_BUILD/ifdhandler/.libs/libifdcardbridge.so"
cb_find CB_PCSCD /usr/sbin/pcscd
cb_find CB_PYTHON /usr/bin/python3
# the profiles of this tree, not those of an installation
export CARDBRIDGE_PROFILES=${CARDBRIDGE_PROFILES:-$CB_SRC/data/profiles}
if [ -n "$CARDBRIDGE" ]; then
	PATH=$(cd "$(dirname "$CARDBRIDGE")" && pwd):$PATH
fi

need_cardbridge() {
	[ -x "$CARDBRIDGE" ] || skip_all "cardbridge is not built"
	[ -x "${CARDBRIDGED:-}" ] || skip_all "cardbridged is not built"
}

# The number in pcscd's file, which ends with a NUL.
cb_system_pcscd() { tr -d '\0' 2>/dev/null </run/pcscd/pcscd.pid || true; }

need_pcscd() {
	need setpriv "$CB_PYTHON"
	[ -x "$CB_PCSCD" ] || skip_all "pcscd is not installed"
	[ -e "$CARDBRIDGE_PLUGIN" ] || skip_all "the plug-in is not built"
	# its files in /run/pcscd would be overwritten
	if [ "$cb_namespace" = none ] && [ -w /run ] &&
		alive "$(cb_system_pcscd)"; then
		skip_all "no namespaces, and the system's pcscd is running"
	fi
	# the path may hold what pcscd's reader files cannot
	ln -sfn "$(realpath "$CARDBRIDGE_PLUGIN")" "$T/libifdcardbridge.so"
}

# ---- ports ----------------------------------------------------------------

# A TCP port that nobody listens at.
free_port() {
	"$CB_PYTHON" -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

port_open() { # PORT
	(: <>"/dev/tcp/127.0.0.1/$1")
} 2>/dev/null

# ---- the bridge -----------------------------------------------------------

[ "$CB_ROAD" = inside ] || export CARDBRIDGE_SOCKET=$T/run/socket
BRIDGE_STATE=$T/state
BRIDGE_LOG=$T/bridge.log
BRIDGE_PID=

bridge_answers() { "$CARDBRIDGE" reader list; }

# Starts cardbridged on $CARDBRIDGE_SOCKET and waits until it answers.
bridge_start() { # [OPTION]...
	local dir
	for dir in "$(dirname "$CARDBRIDGE_SOCKET")" "$BRIDGE_STATE"; do
		[ -d "$dir" ] || mkdir -m 0700 "$dir"
	done
	start "$BRIDGE_LOG" "$CARDBRIDGED" --foreground \
		--socket "$CARDBRIDGE_SOCKET" --state-dir "$BRIDGE_STATE" "$@"
	BRIDGE_PID=$started
	wait_until 10 bridge_answers || bail "the bridge does not answer"
}

bridge_stop() {
	finish "$BRIDGE_PID"
	BRIDGE_PID=
}

bridge_kill() {
	slay "$BRIDGE_PID"
	BRIDGE_PID=
}

bridge_signal() { kill "-$1" "$BRIDGE_PID"; } # SIGNAL

# A card marked as test (PIN 123456, SO PIN 87654321), of $card_profile unless
# an option says another.
card_profile=authentic5
card_make() { # FILE [OPTION]...
	local file=$1
	shift
	"$CARDBRIDGE" card new --test --profile "$card_profile" "$@" "$file" >"$T/card-new.log" 2>&1 ||
		bail "no card: $(cat "$T/card-new.log")"
}

reader_add() { "$CARDBRIDGE" reader add "$1" "$2" >/dev/null; } # NAME URI
reader_remove() { "$CARDBRIDGE" reader remove "$1" >/dev/null; } # NAME

# ---- pcscd ----------------------------------------------------------------

PCSCD_CONF=$T/reader.conf.d
PCSCD_LOG=$T/pcscd.log
mkdir "$PCSCD_CONF"

# The file of one reader, or of N slots, as `reader conf` writes it but with
# the plug-in of the build tree.
reader_file() { # NAME | --slots N, [SOCKET]
	local name=$1 what=reader=$1 socket
	if [ "$1" = --slots ]; then
		name=slots what=slots=$2
		shift
	fi
	socket=${2:-$CARDBRIDGE_SOCKET}
	cat >"$PCSCD_CONF/cardbridge-$name" <<-END
		FRIENDLYNAME "cardbridge $name"
		DEVICENAME "cardbridge:$what:$socket"
		LIBPATH $T/libifdcardbridge.so
	END
}

pcscd_ready() {
	if [ "$cb_namespace" = private ]; then
		[ -S /run/pcscd/pcscd.comm ] && [ -s /run/pcscd/pcscd.pid ]
	else
		grep -q 'pcsc-lite .* daemon ready' "$PCSCD_LOG"
	fi
}

# A listening socket as descriptor 3, as systemd would hand it over.
cb_listen='
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(64)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])'

# Starts a private pcscd and waits until it is ready; 1 when it is not.
pcscd_launch() { # [OPTION]...
	local cmd=("$CB_PCSCD" --foreground --config "$PCSCD_CONF" "$@")
	rm -f "$T/pcscd.comm"
	if [ "$cb_namespace" = private ]; then
		rm -f /run/pcscd/*
	else
		export PCSCLITE_CSOCK_NAME=$T/pcscd.comm
		cmd=("$CB_PYTHON" -c "$cb_listen" "$PCSCLITE_CSOCK_NAME" "${cmd[@]}" --info)
	fi
	[ -z "${CB_PCSCD_PRELOAD:-}" ] ||
		cmd=(env "LD_PRELOAD=$CB_PCSCD_PRELOAD" "${cmd[@]}")
	start "$PCSCD_LOG" "${cmd[@]}"
	PCSCD_PID=$started
	wait_until 10 cb_pcscd_settled && alive "$PCSCD_PID"
}
cb_pcscd_settled() { pcscd_ready || gone "$PCSCD_PID"; }

pcscd_start() { # [OPTION]...
	pcscd_launch "$@" || bail "pcscd did not start"
}

pcscd_stop() {
	finish "$PCSCD_PID"
	if [ "$cb_namespace" = none ] &&
		[ "$(cb_system_pcscd)" = "$PCSCD_PID" ]; then
		rm -f /run/pcscd/pcscd.pid
	fi
	PCSCD_PID=
}

# A PC/SC client; it may take a minute.
pc() { timeout 60 "$@"; } # COMMAND...

# The client of tests/e2e (list, wait, apdu, attributes, ...).
pcsc() { pc "$CB_PYTHON" "$CB_SRC/tests/e2e/pcsc-client.py" "$@"; }

# Voluntary context switches of all threads so far.
wakeups() { # PID...
	local pid files=()
	for pid; do
		files+=(/proc/"$pid"/task/*/status)
	done
	awk '/^voluntary_ctxt_switches:/ { n += $2 } END { print n + 0 }' \
		"${files[@]}"
}
