#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Builds everything with warnings as errors, by gcc and clang, and runs every
# test: unit tests, the same under sanitizers and in part valgrind, fuzz targets
# for 6 s each, the checks of the tree, the end-to-end tests with a private pcscd,
# a distribution, an installation. On a bare Debian 12, as root or as a user
# with sudo; missing packages are installed. The last line is
#
#	N passed, N failed, N skipped
#
# and the exit code 0 where nothing failed. Builds are in build-*, so that a
# second run is short. CHECK_ONLY="gcc e2e" runs these stages only.
#
# Most tests wait more than they compute. What computes and measures nothing is
# done in what they leave free: check.sh runs itself as "check.sh beside".
set -uo pipefail
cd "$(dirname "$0")" || exit 1
top=$PWD
exec </dev/null
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
unset CARDBRIDGE_SOCKET CB_ROAD CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS CC

packages=(
	# to build (with docs/packages)
	clang libseccomp-dev libevent-dev
	# to test
	check valgrind codespell shellcheck mandoc binutils libcap2-bin
	# unmodified programs that must take the card for a card
	pcscd pcsc-tools opensc opensc-pkcs11 python3 python3-pyscard
	openssl sqlite3
	# peers of `make bench`
	vsmartcard-vpcd softhsm2
	# what the scripts are made of
	expect util-linux procps bsdextrautils xz-utils
)
# the library is built for programs of 32 bits, too
[ "$(uname -m)" != x86_64 ] || packages+=(gcc-multilib)
mapfile -t -O "${#packages[@]}" packages < <(cat docs/packages tests/e2e/packages)

# End-to-end tests that are not like others. "measuring": how soon something
# happens; these run when others are over, one for each core. "program": runs
# among the others, but not with sanitizers, which keep what is searched for in
# memory, are not in the other Debian, and cannot be loaded into everybody's
# programs; the agent waits no longer than a person would; what prog-* send is
# what opensc-* sends, or replay-bridge, which are run with sanitizers;
# ci-recipes builds its own. "quiet": sleeps for most of a minute and counts who
# wakes up meanwhile; not with sanitizers either.
declare -A e2e_kind=(
	[agent]=program
	[backend-cable]=program
	[backend-clock]=program
	[backend-desk]=measuring
	[backend-exchange]=program
	[backend-full]=program
	[backend-renew]=program
	[backend-road]=program
	[backend-service]=program
	[backend-siege]=measuring
	[backend-stopped]=program
	[backend-strike]=program
	[backend-takeover]=measuring
	[ci-recipes]=program
	[debian13]=measuring
	[hosting-recipes]=program
	[opensc-counts]=program
	[pcscd-bridge-gone]=measuring
	[pcscd-quiet]=quiet
	[replay-emu]=program
	[replay-hosted]=program
	[replay-pcsc]=program
	[run]=measuring
	[run-trace]=program
	[run-trace-file]=program
	[secrets]=program
	[secrets-authentic3]=program
	[secrets-iasecc]=program
	[status]=program
	[winscard]=program
	[winscard-abi]=program
	[winscard-gone]=measuring
	[winscard-load]=program
	[winscard-schedule]=program
)

logs=$top/build-logs
counts=$logs/counts
jobs=$(nproc)
started=$SECONDS
chroot=	# the session that makes one
beside=	# the session of the stages that run beside others

# ---- counting -------------------------------------------------------------

count() { echo "$1 $2 $3" >>"$counts"; } # PASSED FAILED SKIPPED

# The end: whatever happened is in the counts.
finish() {
	local rc=$? session
	trap - EXIT
	for session in $chroot $beside; do
		! jobs -rp | grep -qx "$session" ||
			pkill -KILL --session "$session"
	done
	[ "$rc" = 0 ] || count 0 1 0
	echo
	echo "$((SECONDS - started)) s; logs are in build-logs"
	awk '{ p += $1; f += $2; s += $3 }
		END { printf "%d passed, %d failed, %d skipped\n", p, f, s
			exit f > 0 }' "$counts"
	exit $? # in a trap, a bare exit keeps the code from before it
}

# One step that passes or fails as a whole.
step() { # NAME SECONDS COMMAND...
	local name=$1 log=$logs/${1//[ \/]/-}.log limit=$2 rc=0 from=$SECONDS
	shift 2
	timeout -k 10 "$limit" "$@" >"$log" 2>&1 || rc=$?
	if [ "$rc" = 0 ]; then
		echo "ok   $name ($((SECONDS - from)) s)"
		count 1 0 0
	else
		echo "FAIL $name: exit code $rc; the end of $log:"
		grep -nE 'error:|warning:|\*\*\*|undefined reference' "$log" |
			head -20 | sed 's/^/     /'
		tail -n 15 "$log" | sed 's/^/     /'
		count 0 1 0
		return 1
	fi
}

# A program that speaks TAP.
tap() { # NAME SECONDS COMMAND...
	local name=$1 limit=$2
	shift 2
	tests/tap-run.sh "$limit" "$counts" "$logs/${name//[ \/]/-}.log" \
		"$name" "$@"
}

# What `make check` wrote down about each test it ran. A program that ended
# with an error counts as a failure of its own only where no test of it failed.
count_trs() { # NAME BUILD
	local p f s
	read -r p f s < <(find "$2" -path "$2/cardbridge-*" -prune -o \
		-name '*.trs' -exec awk '
		/^:test-result: *(PASS|XFAIL)/ { p++ }
		/^:test-result: *(FAIL|XPASS)/ { f++; bad[FILENAME] = 1 }
		/^:test-result: *ERROR/ { error[FILENAME] = 1 }
		/^:test-result: *SKIP/ { s++ }
		END {
			for (name in error)
				if (!(name in bad))
					f++
			print p + 0, f + 0, s + 0
		}' {} +)
	count "$p" "$f" "$s"
	echo "     $1: $p passed, $f failed, $s skipped"
	[ "$p" != 0 ] || { echo "FAIL $1: no test ran"; count 0 1 0; }
}

# `make check`, or another target of its kind, and what came of it. Its exit
# code counts only where no test says what is wrong.
make_check() { # NAME SECONDS BUILD TARGET [VARIABLE=VALUE]...
	local name=$1 limit=$2 build=$3 log=$logs/${1//[ \/]/-}.log rc=0
	shift 3
	find "$build" \( -name '*.trs' -o -name test-suite.log \) -delete
	timeout -k 10 "$limit" make -C "$build" -k -j"$jobs" "$@" \
		>"$log" 2>&1 || rc=$?
	count_trs "$name" "$build"
	grep -E '^(FAIL|ERROR|XPASS): ' "$log" | head -40 | sed 's/^/     /'
	if [ "$rc" != 0 ] && ! find "$build" -name '*.trs' -exec \
		grep -qE 'test-result: *(FAIL|ERROR|XPASS)' {} +; then
		echo "FAIL $name: exit code $rc; the end of $log:"
		tail -n 20 "$log" | sed 's/^/     /'
		count 0 1 0
	fi
}

# Configures where that has not been done with these options, and builds.
build() { # DIRECTORY OPTION... [-- TARGET...]
	local dir=$1 options=() targets=(all)
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# -le 1 ] || targets=("${@:2}")
	if [ "$(cat "$dir/.options" 2>/dev/null)" != "${options[*]}" ] ||
		[ ! -e "$dir/Makefile" ]; then
		rm -rf "$dir"
		mkdir "$dir"
		step "$dir configure" 300 env -C "$dir" ../configure \
			"${options[@]}" || return
		echo "${options[*]}" >"$dir/.options"
	fi
	step "$dir" 600 make -C "$dir" -j"$jobs" "${targets[@]}"
}

# ---- stages ---------------------------------------------------------------

install_packages() {
	local missing=() p sudo=()
	for p in "${packages[@]}"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>&1)" = \
			installed ] || missing+=("$p")
	done
	[ ${#missing[@]} != 0 ] || return 0
	[ "$(id -u)" = 0 ] || sudo=(sudo -n)
	echo "installing: ${missing[*]}"
	"${sudo[@]}" apt-get update -q || return
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Of tests that run side by side one more than cores: many wait, none measures.
stage_gcc() {
	build build-gcc --enable-werror -- check TESTS= || return
	make_check "unit tests" 600 build-gcc check -j$((jobs + 1))
}

# For its warnings, which need no optimizing; nothing of it runs.
stage_clang() {
	build build-clang CC=clang CFLAGS=-O0 --enable-werror -- check TESTS=
}

stage_asan() {
	build build-asan --enable-werror --enable-sanitizers \
		-- check TESTS= || return
	make_check "unit tests, sanitizers" 900 build-asan check \
		TREE_TESTS= -j$((jobs + 1))
}

# Built of what has threads only, and quickly: others warn and harden.
stage_tsan() {
	build build-tsan CFLAGS="-g1 -O1" --disable-hardening \
		--enable-sanitizers=thread -- tsan-programs || return
	e2e_script tsan tests/tsan.sh env CB_BUILD="$top/build-tsan"
}

stage_valgrind() {
	make_check "unit tests, valgrind" 2000 build-gcc check-valgrind
}

# Two at a time: neither measures anything.
stage_store() {
	local run=(env "CB_BUILD=$top/build-gcc" tests/powercut/run.sh)
	tap "power cuts under cards" 600 "${run[@]}" \
		card/authentic5 card/iasecc-oberthur &
	tap "power cuts under cards and records, kills" 600 "${run[@]}" \
		nvm card/authentic3 card/iasecc-gemalto kill
	wait
}

stage_fuzz() {
	local f rc
	build build-fuzz CC=clang CFLAGS="-g1 -O1" --enable-werror \
		--enable-fuzzing \
		-- fuzz-programs || return
	rm -f build-fuzz/tests/fuzz/*.tap
	timeout -k 10 600 make -C build-fuzz -k -j"$jobs" fuzz-short \
		FUZZ_SECONDS="${FUZZ_SECONDS:-6}" >"$logs/fuzz.log" 2>&1
	rc=$?
	[ "$rc" = 0 ] || tail -n 5 "$logs/fuzz.log"
	for f in build-fuzz/tests/fuzz/fuzz_*.tap; do
		tap "${f##*/}" 10 cat "$f"
	done
}

# A few tests, which show that the distribution has what they need; words and
# headers of the tree are the same ones.
stage_dist() {
	step "make distcheck" 900 env CB_PART=0/6 make -C build-gcc \
		-j"$jobs" distcheck \
		DISTCHECK_CONFIGURE_FLAGS=CFLAGS=-O0 \
		TESTS='tests/check_docs.sh tests/check_elf.sh
			tests/check_layers.sh tests/check_lists.sh
			tests/cli/command.sh tests/cli/test_cli
			tests/emulator/test_emulator tests/fuzz/seeds.sh'
	tap "install and uninstall" 120 \
		env CB_BUILD="$top/build-gcc" tests/check_install.sh
}

# A script may ask for more than two minutes in a line "# time limit: SECONDS".
time_limit() { # SCRIPT
	local limit
	limit=$(sed -n 's/^# time limit: *//p' "$1")
	echo "${limit:-120}"
}

# Each of these starts a bridge and a pcscd of its own.
e2e_script() { # NAME SCRIPT COMMAND...
	local name said limit
	name=$1/$(basename "$2" .sh)
	limit=$(time_limit "$2")
	# the sanitizers take their time, and have valgrind beside them
	[[ $1 != *-asan* ]] || limit=$((2 * limit))
	# what is said of one is said at once
	said=$(tap "$name" "$limit" "${@:3}" "$2")
	echo "$said"
}

e2e_kind_of() { # NAME
	case $1 in
	prog-*) echo program ;;
	*) echo "${e2e_kind[$1]:-plain}" ;;
	esac
}

# A script with "# roads: pcscd, run" shows the same on both.
has_road() { # SCRIPT ROAD
	local roads
	roads=$(sed -n 's/^# roads: *//p' "$1")
	[[ ", ${roads:-pcscd}," = *", $2,"* ]]
}

# A line for each that is to run, "ROAD SCRIPT": whichever may take longest
# first, so that nothing is waited for at the end.
e2e_plan() { # KIND|KIND... ROAD...
	local road t
	for t in tests/e2e/*.sh; do
		[ -x "$t" ] &&
			[[ "|$1|" = *"|$(e2e_kind_of "$(basename "$t" .sh)")|"* ]] ||
			continue
		for road in "${@:2}"; do
			! has_road "$t" "$road" ||
				echo "$(time_limit "$t") $road $t"
		done
	done | sort -srn -k1,1 | cut -d' ' -f2-
}

# In a subshell: what it waits for are its own lanes.
run_e2e() ( # LANES NAME BUILD PLAN [VARIABLE=VALUE]...
	busy=0
	while read -r road t; do
		[ "$busy" -lt "$1" ] || { wait -n; busy=$((busy - 1)); }
		name=$2
		[ "$road" = pcscd ] || name+=-$road
		e2e_script "$name" "$t" env "CB_ROAD=$road" "${@:5}" \
			CB_BUILD="$top/$3" &
		busy=$((busy + 1))
	done <<<"$4"
	wait
)

# Side by side where each pcscd can have a /run of its own.
e2e_lanes() {
	if unshare --mount true 2>/dev/null ||
		unshare --mount --map-root-user true 2>/dev/null; then
		echo "$jobs"
	else
		echo 1
	fi
}

stage_e2e() {
	local lanes more
	lanes=$(e2e_lanes)
	# one more than cores: somebody always waits
	more=$((lanes > 1 ? lanes + 1 : 1))
	run_e2e 1 e2e build-gcc "$(e2e_plan quiet pcscd)" &
	[ "$lanes" != 1 ] || wait
	run_e2e "$more" e2e build-gcc "$(e2e_plan 'plain|program' pcscd run)"
	wait # also for what runs beside
	run_e2e "$lanes" e2e build-gcc "$(e2e_plan measuring pcscd)"
}

# The same with the sanitizers in bridge, command and plug-in. Leaks are
# looked for by the unit tests: a hardened process cannot be searched.
stage_e2e_asan() {
	run_e2e "$(e2e_lanes)" e2e-asan build-asan "$(e2e_plan plain pcscd)" \
		ASAN_OPTIONS=detect_leaks=0 \
		CB_PCSCD_PRELOAD="$(gcc -print-file-name=libasan.so)"
}

# In a session of its own, and behind everybody.
start_beside() {
	local stage any=
	for stage in $stages_beside; do
		! wanted "$stage" || any+=" $stage"
	done
	[ -n "$any" ] || return 0
	echo "== beside:$any ($((SECONDS - started)) s)"
	setsid nice -n 19 ./check.sh beside &
	beside=$!
}

wanted() { [[ " ${CHECK_ONLY:-$stages $stages_beside} " = *" $1 "* ]]; } # STAGE

# Those beside need what the first builds.
stages="gcc clang asan tsan e2e_asan fuzz e2e dist"
stages_beside="valgrind store"

if [ "${1:-}" = beside ]; then
	# each session has its share of the processors, whatever is in it
	{ echo 19 >/proc/self/autogroup; } 2>/dev/null
	for stage in $stages_beside; do
		! wanted "$stage" || "stage_$stage"
	done
	exit
fi
mkdir -p "$logs"
: >"$counts"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

install_packages || { echo "FAIL packages cannot be installed"; exit 1; }
if [ ! -e configure ]; then
	step autoreconf 300 autoreconf -i || exit 0
fi
# long before it is needed: it waits for the archive, mostly
if wanted e2e && [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null; then
	setsid sh -c 'tests/debian.sh 13 build-debian13
		tests/debian.sh 12 build-debian12' >"$logs/debian.log" 2>&1 &
	chroot=$!
fi
for stage in $stages; do
	if wanted "$stage"; then
		echo "== $stage ($((SECONDS - started)) s)"
		"stage_$stage"
	fi
	[ "$stage" != gcc ] || start_beside
done
wait
exit 0
