#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The command itself: arguments, errors, passcode files, exit codes. Needs no
# pcscd. CARDBRIDGE is the program, with cardbridged beside it; srcdir the
# source tree. Prints TAP.
set -u

top=${srcdir:-.}
program=${CARDBRIDGE:-./cardbridge}
case $program in /*) ;; *) program=$PWD/$program ;; esac
case $top in /*) ;; *) top=$PWD/$top ;; esac
keys=$top/tests/vectors/authentic5/test-keys.txt
CARDBRIDGE_PROFILES=$top/data/profiles
export CARDBRIDGE_PROFILES
unset CARDBRIDGE_SOCKET

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99

n=0
failed=0

# check NAME: the outcome of the test before it
check() {
	result=$?
	n=$((n + 1))
	if [ "$result" -eq 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' out err
		failed=$((failed + 1))
	fi
}

# run CODE ARGUMENTS: runs the command without a terminal; true where it ends
# with CODE
run() {
	want=$1
	shift
	code=0
	setsid -w "$program" "$@" >out 2>err </dev/null || code=$?
	[ "$code" -eq "$want" ]
}

says() {
	cat out err | grep -q -e "$1"
}

# ---- usage -------------------------------------------------------------------

run 0 --help && says 'reader conf'
check 'help lists every command'
for words in 'card new' 'card show' 'card passwd' 'card probe' \
	'card describe' 'reader add' \
	'reader remove' 'reader list' 'reader eject' 'reader insert' \
	'reader conf' apdu env; do
	# shellcheck disable=SC2086 # two words are meant
	run 0 $words --help && says "usage: cardbridge $words" &&
		says '[-][-]socket'
	check "$words has --help"
done
for words in 'org add' 'org list' 'org show' 'org set' 'device token' \
	'device list' 'device revoke' 'person token' 'person list' \
	'person revoke' 'card new' 'card show' 'card list' 'card set' \
	'card assign' \
	'card unassign' 'card suspend' 'card resume' 'card unblock' \
	'card terminate' 'session list' 'session end' 'audit list' \
	'audit verify' 'audit export' 'audit head'; do
	# shellcheck disable=SC2086 # two words are meant
	run 0 admin --json $words --help &&
		says "usage: cardbridge admin $words" && says '[-][-]server'
	check "admin $words has --help"
	run 0 admin "${words% *}" --help && says "Verbs: .*${words#* }"
	check "and is among its verbs"
done
for word in approve order; do
	run 0 admin "$word" --help && says "usage: cardbridge admin $word" &&
		run 0 admin --help && says "$word FILE" &&
		run 2 admin "$word" && says 'needs: FILE'
	check "admin $word has a file"
done
run 2 --socket x admin org list && says 'bridge of its own'
check 'admin has nothing to do with a bridge'
run 0 --version && says '^cardbridge '
check '--version'
run 2 && says 'which command'
check 'no command is a mistake'
run 2 cart && says 'no command "cart"'
check 'unknown command'
run 2 card nwe x && says 'no command "card nwe"'
check 'unknown command of a group'
run 2 card new && says 'card new --help'
check 'card new without a file'
run 2 card new a b && says 'takes only: FILE'
check 'card new with two files'
run 2 card new --tries x f && says 'expected a number'
check '--tries wants a number'
run 2 card new --pin 123456 f && ! says 123456 &&
	says '[-][-]pin is no option'
check 'a passcode typed as an unknown option is not repeated'
run 2 card new --pin=secret f && says '[-][-]pin is no option' && ! says secret
check 'nor behind an unknown option; but the option is'
run 2 card new --12345 f && ! says 12345
check 'nor one typed as the option itself'
run 125 run --frobnicate -- true && says '[-][-]frobnicate is no option'
check 'an unknown option is named'
run 125 run -test-card x -- true && says ' -test-card is no option'
check 'also with one dash'
run 125 run --full=x -- true && says '[-][-]full takes no value'
check 'a value of an option that takes none'
run 2 card new --help=x && says 'card new --help'
check 'also of --help'
run 127 run series8 -- true && says '[-][-]test-card PROFILE'
check 'a card without its option'
run 2 card new --label && says '[-][-]label needs a value'
check 'an option without its value'
run 125 run --trace --test-card series8 -- true &&
	says '[-][-]trace needs a value.*[.]/--' && [ ! -e --test-card ]
check 'nor is the next option its value, which would be a file called so'
run 125 run --card -- true && says '[-][-]card needs a value'
check 'nor the end of the options'
run 125 run --timeout --fresh-keys -- true && says '[-][-]timeout needs a value'
check 'nor is it a number'
run 2 card new --pin-file --4711 f && says '[-][-]pin-file needs a value' &&
	! says 4711
check 'nor is it told: it may be a passcode'
run 2 reader list --socket --json && says '[-][-]socket needs a value' &&
	run 2 --socket --json reader list && says '[-][-]socket needs a value' &&
	run 2 --socket && says '[-][-]socket needs a value'
check 'a socket neither, wherever the option stands'
run 2 card describe -o --x none && says ' -o needs a value'
check 'nor that of a short option'
run 4 card describe -o./--x none && says 'none: No such file' &&
	run 125 run --card=--none -- true && says '/--none: '
check 'a name that begins so is given with its directory, or in one word'

# an option of one letter
run 2 card describe -o && says ' -o needs a value'
check 'a short option without its value'
run 2 card describe -x none && says 'no option'
check 'a short option that there is none of'
run 2 card probe --o x none && says 'no option'
check 'a short option has one dash'
run 4 card describe -o out.profile none && says 'none: No such file'
check 'a short option with its value'
run 2 card probe && says 'card probe --help'
check 'card probe without a reader'

# ---- card describe (card probe needs a pcscd) --------------------------------

cat >blank.report <<'END'
cardbridge-report 1
atr 3BFB1100008131FE450031C06477E910000090006A
protocol T=1
guess authentic5 90
aid A000000077010303000000F100000002 9000 authentic5
  file 3F00 df
    size 16
    access 24240024240024FE
  pin 04 3F00
    tries 2
END
run 0 card describe blank.report -oblank.profile &&
	says 'the card is blank' && says 'did not tell its CPLC' &&
	grep -q 'access = "24 24 00 24 24 00 24 FE";' blank.profile
check 'a report becomes a profile'
run 0 card new --test --blank --profile ./blank.profile described.card &&
	says 'profile authentic5-copy'
check 'a card is made of it'
run 2 card describe -o blank.profile blank.report && says 'File exists'
check 'a profile is never written over a file'
run 0 card describe blank.report && cmp -s out blank.profile
check 'a profile on standard output'
sed 's/16$/sixteen/' blank.report >bad.report
run 4 card describe bad.report && says '^cardbridge: bad.report:7: size'
check 'a mistake in a report has its line'
sed 's/^guess.*/guess piv 100/' blank.report >piv.report
run 1 card describe piv.report && says '"piv"'
check 'a kind that no profile describes'
sed 's/24FE$/24FEFF/' blank.report >odd.report
run 4 card describe odd.report && says 'access of 3F00: 9 bytes' && [ ! -s out ]
check 'a card that no card of ours can be like'

# ---- card new ----------------------------------------------------------------

run 2 card new live.card && says '[-][-]pin-file' && [ ! -e live.card ]
check 'no terminal and no passcode file is an error'
run 4 card new --pin-file none --so-pin-file none live.card &&
	says 'none: No such file' && [ ! -e live.card ]
check 'a passcode file that is missing'
: >empty
run 4 card new --pin-file empty --so-pin-file empty live.card &&
	says 'empty: its first line' && [ ! -e live.card ]
check 'a passcode file that is empty'
echo 12 >short
echo 87654321 >so
run 2 card new --pin-file short --so-pin-file so live.card &&
	says '4 to 8 characters' && [ ! -e live.card ]
check 'a passcode that the policy refuses'
run 4 card new --profile nosuch --test x.card && says '"nosuch" in' &&
	says 'has authentic3 authentic5' && says '[(]./nosuch.profile[)]'
check 'a profile that is missing'
(
	export CARDBRIDGE_PROFILES=nowhere
	run 4 card new --test x.card
) &&
	says 'no profiles in nowhere:.*CARDBRIDGE_PROFILES'
check 'profiles that are missing'
mkdir -p tree/build && cp "$program" tree/build/ &&
	ln -s "$top/data" tree/data &&
	env -u CARDBRIDGE_PROFILES tree/build/cardbridge card new --test \
		--profile authentic5 --blank tree/x.card >out 2>err
check 'those of the sources, where nothing is installed'
run 4 card new --profile ./nosuch.profile --test x.card &&
	says './nosuch.profile: No such file'
check 'a file that is missing'
printf 'name = "x";\nsize = 1;\n' >bad.profile
run 4 card new --profile ./bad.profile --test x.card &&
	says '^cardbridge: ./bad.profile:' && [ ! -e x.card ]
check 'a profile with a mistake'
run 2 card new --keys-from "$keys" live.card && says 'add --test'
check 'published keys are for test cards'
run 2 card new --atr 3B00 live.card && says 'add --test'
check 'another ATR is for test cards'
run 2 card new --test --profile authentic5 --blank --pin-file so x.card &&
	says 'blank card'
check 'a blank card has no passcode of the holder'
run 2 card new --test --blank --serial 12 x.card && says 'serial' &&
	[ ! -e x.card ]
check 'a serial of the wrong length'
run 2 card new --test --blank --atr 3B12 x.card && [ ! -e x.card ]
check 'an ATR that is none'

run 0 card new --test --profile authentic5 --keys-from "$keys" \
	--serial 1a2b3c4d test.card &&
	says 'serial 1A2B3C4D' && says 'test card' && says 'reader add'
check 'a test card with published keys'
[ "$(stat -c %a test.card)" = 600 ]
check 'a card file is 0600'
[ "$(find . -name 'test.card*' | wc -l)" = 1 ]
check 'a card file is one file'
run 2 card new --test test.card && says 'exists already'
check 'a card is never made over a file'
# somebody else takes the name while a card is being made, which then fails:
# its keys come from a pipe, so that it is known when
mkfifo pipe
"$program" card new --test --keys-from pipe taken.card >out 2>err &
maker=$!
exec 3>pipe
echo precious >taken.card
exec 3>&-
code=0
wait "$maker" || code=$?
[ "$code" -ne 0 ] && [ "$(cat taken.card)" = precious ]
check 'a file that came in the meantime is left alone'
run 0 card new --test --blank --profile series8 blank.card &&
	says 'profile authentic3'
check 'a blank card, by alias'
run 0 card new --test --blank default.card && says 'profile authentic3'
check 'which is the default'
run 0 card new --test --blank --tries 9 many.card &&
	run 0 card show many.card && says '9 tries'
check 'more tries on a test card'
run 2 card new --profile authentic5 --blank --so-pin-file so --tries 9 \
	x.card &&
	says 'at most 3' && [ ! -e x.card ]
check 'not on a live card'
run 0 card new --profile authentic5 --blank --so-pin-file so --tries 2 \
	live.card
check 'fewer tries on a live card'

# ---- card show ---------------------------------------------------------------

run 0 card show test.card && says 1A2B3C4D && says 3001 &&
	! says 123456 && ! says 87654321
check 'card show'
run 4 card show missing.card && says missing.card
check 'card show of nothing'
echo 'not a card' >text
run 4 card show text && says text
check 'card show of another file'

# ---- card passwd -------------------------------------------------------------

echo 123456 >old
printf 'hunter22\r\nnext line\n' >new
echo 999999 >wrong
run 2 card passwd test.card && says 'no terminal'
check 'card passwd without a terminal'
run 2 card passwd --unblock --old-pin-file old test.card
check '--unblock and --old-pin-file do not go together'
run 2 card passwd --unblock-file old test.card
check '--unblock-file alone'
run 1 card passwd --old-pin-file wrong --new-pin-file new test.card &&
	says 'wrong passcode, 2 tries left' && ! says 999999
check 'a wrong passcode'
run 2 card passwd --old-pin-file old --new-pin-file short test.card &&
	says '4 to 16'
check 'a new passcode that the policy refuses'
run 0 card passwd --old-pin-file old --new-pin-file new test.card
check 'a passcode changed'
run 0 card passwd --old-pin-file new --new-pin-file old test.card
check 'and back: the first line counts, without its end'
for tries in 2 1 0; do
	run 1 card passwd --old-pin-file wrong --new-pin-file new test.card ||
		break
done
[ "$tries" = 0 ] && says 'blocked' && says '[-][-]unblock'
check 'a blocked passcode'
run 1 card passwd --old-pin-file old --new-pin-file new test.card &&
	says blocked
check 'the right one does not help then'
echo 00112233445566778899AABBCCDDEEFF >puk
run 1 card passwd --unblock --unblock-file puk --new-pin-file old test.card &&
	says 'wrong unblock value, 2 tries left'
check 'a wrong unblock value'
# the SO reads the right one from EF 2000
aid=00A4040C10A000000077010303000000F100000002
pad=FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
pad=$pad$pad
so_pin=00200004403837363534333231${pad}FFFFFFFFFFFFFFFF
run 0 apdu ./test.card $aid 00A40000025011 "$so_pin" 00A40000022000 \
	00B0000010
check 'raw commands to a card file, with a test passcode'
tail -n 1 out | cut -d' ' -f1 >puk
run 0 card passwd --unblock --unblock-file puk --new-pin-file old test.card &&
	run 0 card passwd --old-pin-file old --new-pin-file new test.card
check 'unblocked with the right one'

# a card that is unblocked by the holder of another passcode, the PUK
keys3=$top/tests/vectors/authentic3/test-keys.txt
run 0 card new --test --profile authentic3 --keys-from "$keys3" a3.card &&
	says 'profile authentic3' && ! says 'unblock value'
check 'a card of another profile'
echo 111222333 >long
run 2 card passwd --old-pin-file old --new-pin-file long a3.card &&
	says '4 to 8 characters'
check 'a new passcode longer than this one may be'
for tries in 2 1 0; do
	run 1 card passwd --old-pin-file wrong --new-pin-file new a3.card || break
done
[ "$tries" = 0 ] && says 'blocked' && says '[-][-]unblock'
check 'blocked there'
run 1 card passwd --unblock --unblock-file wrong --new-pin-file new a3.card &&
	says 'wrong unblock value, 2 tries left'
check 'a wrong PUK costs a try'
run 2 card passwd --unblock --unblock-file so --new-pin-file long a3.card &&
	says '4 to 8 characters'
check 'a new passcode that is refused costs none'
run 1 card passwd --unblock --unblock-file old --new-pin-file new a3.card &&
	says 'wrong unblock value, 1 try left'
check 'the old passcode is no PUK'
run 0 card passwd --unblock --unblock-file so --new-pin-file new a3.card &&
	run 0 card show a3.card && says '3F00/02 .* 3 of 3' &&
	says '3F00/01 .* 3 of 3'
check 'the PUK unblocks, and both counters begin anew'
run 0 card passwd --old-pin-file new --new-pin-file old a3.card
check 'with the new passcode'
for tries in 2 1 0; do
	run 1 card passwd --unblock --unblock-file wrong --new-pin-file new \
		a3.card || break
done
[ "$tries" = 0 ] && says 'cannot be unblocked any more'
check 'a blocked PUK'
run 0 card new --test --profile authentic3 --blank a3-blank.card &&
	run 0 card passwd --old-pin-file old --new-pin-file new a3-blank.card
check 'a blank one has its passcodes'

# ---- apdu --------------------------------------------------------------------

run 0 apdu ./test.card 00A40400070000 && says '^6[0-9A-F]* [a-z]'
check 'a status word comes in words'
run 0 apdu test.card $aid 00A40000023F00 --expect 9000 &&
	says '^6F15.* 9000 success$'
check 'an answer that is expected'
run 1 apdu test.card $aid 00A40000022F00 --expect 9000 00A40000023F00 &&
	says '^6A82' && says 'expected 9000' && [ "$(wc -l <out)" = 2 ]
check 'another than expected stops it'
run 0 apdu test.card $aid --expect 90xx &&
	run 2 apdu test.card $aid --expect 90000
check 'what --expect takes'
run 2 apdu test.card && run 2 apdu test.card 00A4 && run 2 apdu test.card xx
check 'arguments that are no APDUs'
run 2 apdu live.card $aid "$so_pin" && says 'carries a passcode' &&
	! says 3837363534 && [ ! -s out ]
check 'no passcode on the command line of a live card'
printf '# by hand\n%s # select\n\n  %s\n' "$aid" "$so_pin" |
	setsid -w "$program" apdu live.card - >out 2>err &&
	[ "$(wc -l <out)" = 2 ] && [ "$(grep -c '^9000' out)" = 2 ]
check 'but on standard input'
code=0
printf '%s\nzz\n' "$aid" |
	setsid -w "$program" apdu live.card - >out 2>err || code=$?
[ "$code" -eq 2 ] && says 'line 2 of standard input'
check 'a line that is no APDU'
code=0
setsid -w "$program" apdu test.card $aid >/dev/full 2>err || code=$?
: >out
[ "$code" -eq 4 ]
check 'output that cannot be written'

# ---- without a bridge --------------------------------------------------------

XDG_RUNTIME_DIR=$dir
export XDG_RUNTIME_DIR
for words in 'list' 'list --json' 'add x emu:test.card' 'remove x' \
	'eject x' 'insert x'; do
	# shellcheck disable=SC2086 # several words are meant
	run 3 --socket "$dir/none" reader $words && says 'cardbridged'
	check "reader $words without a bridge"
done
run 3 apdu --socket "$dir/none" nosuchreader 00A40400
check 'apdu to a reader without a bridge'
run 2 reader add 'a b' emu:test.card && run 2 reader add VirtualX emu:x &&
	run 2 reader add aaaaaaaaaabbbbbbbbbbccccccccccddd emu:x
check 'names that are none'
run 2 reader add x test.card && says 'emu:FILE'
check 'an URI without a scheme'

# ---- run ---------------------------------------------------------------------

TMPDIR=$dir/tmp
export TMPDIR
mkdir tmp
run 0 run --help && says 'usage: cardbridge run' && ! says '[-][-]socket' &&
	[ "$(wc -l <out)" -le 24 ] && [ "$(grep -c '^  cardbridge run ' out)" = 3 ]
check 'run --help fits a screen and has three examples'
run 125 run && says 'needs: ' && run 125 run --nosuch -- true &&
	run 125 run --timeout 0 -- true && run 125 --socket x run -- true
check 'a refusal of run is 125'
run 125 run --reader x -- true && says NAME=URI &&
	run 125 run --reader x=y -- true && says NAME=URI &&
	run 125 run --reader 'a b=emu:x' -- true &&
	run 125 run --reader card2=emu:x --card x -- true && says 'called "card2"'
check 'readers that are none'
many=$(printf -- '--card x %.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13)
# shellcheck disable=SC2086 # several words are meant
run 125 run $many $many $many $many $many -- true && says 'more than 64'
check 'more readers than there is room for'
run 125 run --test-card nosuch -- true && says nosuch.profile
check 'a test card of no profile'
run 125 run --test-card ./blank.profile -- true && says '[-][-]fresh-keys'
check 'a test card that no keys are published for'
run 0 run -- sh -c 'exit 0' && run 3 run sh -c 'exit 3' &&
	run 137 run -- sh -c 'kill -KILL $$' && says 'has looked for a card'
check 'the exit status of what is run'
run 0 run -- sh -c 'echo "$LD_LIBRARY_PATH" && ls "$LIBPCSCLITE_DELEGATE"' &&
	says '/winscard-shim/.libs$' && says '/libpcsclite.so.1$'
check 'the library is in front'
LD_LIBRARY_PATH=/a:/b run 0 run -- sh -c 'echo "$LD_LIBRARY_PATH"' &&
	says '/winscard-shim/.libs:/a:/b$'
check 'and what was there is behind it'
cp test.card run.card
run 0 run --test-card series8 --card run.card --reader "x=emu:$PWD/none" \
	--keep-going -- "$program" reader list &&
	says '^card1 .*: card present, test' && says '^card2 .*: card present' &&
	says '^x .*: empty' && says "cardbridge: x: $PWD/none" &&
	! says 'looked for a card'
check 'readers in the order of the options'
run 125 run --card none -- touch started && says none && [ ! -e started ]
check 'nothing is run without its card'
grep core /proc/self/limits >limits &&
	run 0 run -- grep core /proc/self/limits && cmp -s out limits
check 'limits are handed on'
run 127 run -- ./none && run 127 run -- nosuchprogram && says 'no such program'
check 'no such program'
: >plain && run 126 run -- ./plain && says denied
check 'a file that is no program'
printf '#!/bin/none\n' >script && chmod 755 script &&
	run 126 run -- ./script && says /bin/none
check 'a script whose interpreter is missing'
run 124 run --timeout 1 -- sleep 60 && says '[-][-]timeout'
check 'a time-out'
[ -z "$(ls tmp)" ]
check 'no run leaves anything behind'
mkdir -m 0700 tmp/cardbridge-run.left tmp/cardbridge-run.held &&
	mkdir -m 0755 tmp/cardbridge-run.open tmp/other &&
	: >tmp/cardbridge-run.left/socket && ln -s other tmp/cardbridge-run.link && {
	flock 9 && run 0 run -- true
	} 9<tmp/cardbridge-run.held && [ "$(ls tmp)" = 'cardbridge-run.held
cardbridge-run.link
cardbridge-run.open
other' ]
check 'what earlier runs left is removed, if nobody holds it'
rm -r tmp/*
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	"$program" run -- true >"many.$i" 2>&1 || echo "$i: $?" >>many.failed &
done
wait
[ ! -e many.failed ] && [ -z "$(ls tmp)" ]
check 'many runs side by side do not meet'
name=$(printf 'a\033[31m\nb')
run 127 run -- "$name" && ! says "$(printf '\033')" && [ "$(wc -l <err)" = 1 ] &&
	run 125 run --card "$name" -- true && ! says "$(printf '\033')"
check 'names do not reach the terminal as they are'

# Programs that would not load the library.
sh=$(command -v sh)
refused() { # FILE REASON WHAT-TO-DO
	run 125 run -- "./$1" -c : && says "$2" && says "$3" &&
		printf '#! %s -e\n' "$PWD/$1" >script && chmod 755 script &&
		run 125 run -- ./script && says "$2"
}
cp "$sh" plain.sh && run 0 run -- ./plain.sh -c :
check 'a copy of the shell runs'
cp "$sh" setuid.sh && chmod 4755 setuid.sh && refused setuid.sh 'is setuid' 'run a copy'
check 'but not where it is setuid'
cp "$sh" setgid.sh && chmod 2755 setgid.sh && refused setgid.sh 'is setgid' 'run a copy'
check 'or setgid'
# an ordinary user may give them to what runs in a namespace of his own
PATH=$PATH:/usr/sbin:/sbin
cp "$sh" capable.sh && {
	setcap cap_net_raw+p capable.sh 2>err ||
		unshare --map-root-user setcap cap_net_raw+p capable.sh
	} && refused capable.sh 'file capabilities' 'run a copy'
check 'or has file capabilities'
cp capable.sh copy.sh && cp setuid.sh copy2.sh && run 0 run -- ./copy.sh -c : &&
	run 0 run -- ./copy2.sh -c :
check 'a copy has no such rights'
patched() { # FILE OFFSET BYTE
	cp "$sh" "$1" &&
		printf %b "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>err
}
word=$(od -An -tu1 -j4 -N1 "$sh")
patched word.sh 4 "\\0$((3 - word))" &&
	refused word.sh 'word size' 'built for it'
check 'or of another word size'
patched machine.sh 18 '\0377' &&
	refused machine.sh 'processor' 'built for it'
check 'or of another processor'
LC_ALL=C sed 's/ld-linux/ld-other/' "$sh" >libc.sh && chmod 755 libc.sh &&
	refused libc.sh 'another libc' 'built for it'
check 'or of another libc'
mkdir lib && echo 'int main(void) { return 0; }' >main.c &&
	cc -static -o static.sh main.c 2>err &&
	refused static.sh statically 'have a shell start it'
check 'or linked statically'
run 0 run -- sh -c './static.sh && echo started' && says started
check 'which a shell may start'
cc -Wl,--disable-new-dtags -Wl,-rpath,'/none:$ORIGIN/lib' -o rpath.sh main.c \
	2>err && run 0 run -- ./rpath.sh && : >lib/libpcsclite.so.1 &&
	refused rpath.sh "DT_RPATH.*$PWD/lib/libpcsclite.so.1" chrpath
check 'or with a DT_RPATH to another library'
cc -Wl,--enable-new-dtags -Wl,-rpath,'$ORIGIN/lib' -o runpath.sh main.c \
	2>err && run 0 run -- ./runpath.sh
check 'a DT_RUNPATH does not matter'
printf '#!/usr/bin/env setuid.sh\n' >script && chmod 755 script &&
	PATH=$PWD:$PATH run 125 run -- ./script && says 'is setuid'
check 'what env is to find is looked at as well'
setpriv --no-new-privs "$program" run -- ./setuid.sh -c : >out 2>err &&
	setpriv --no-new-privs "$program" run -- ./setgid.sh -c : >out 2>err
check 'setuid and setgid do not matter without new privileges'

# ---- env ---------------------------------------------------------------------

mkdir "it's"
run 0 env --socket "it's/socket" && LD_LIBRARY_PATH='' && {
	eval "$(cat out)"
	[ "$CARDBRIDGE_SOCKET" = "$PWD/it's/socket" ] &&
		[ -e "$LD_LIBRARY_PATH/libpcsclite.so.1" ] &&
		[ -e "$LIBPCSCLITE_DELEGATE" ]
	}
check 'env speaks to a shell'
run 0 env --socket x && says "LD_LIBRARY_PATH='$LD_LIBRARY_PATH'"
check 'and says nothing twice'
unset CARDBRIDGE_SOCKET LD_LIBRARY_PATH LIBPCSCLITE_DELEGATE

# ---- reader conf -------------------------------------------------------------

mkdir conf
: >plugin.so
run 4 reader conf --dir conf --plugin "$dir/none.so" --socket /s x &&
	says 'not installed' && [ ! -e conf/cardbridge.x ]
check 'no reader file without the plug-in'
run 0 reader conf --dir conf --plugin "$dir/plugin.so" \
	--socket '/run/my sockets/bücher' desk &&
	[ "$(sed -n 1p conf/cardbridge.desk)" = '# written by cardbridge' ] &&
	grep -q '^FRIENDLYNAME "cardbridge desk"$' conf/cardbridge.desk &&
	grep -q '^DEVICENAME "cardbridge:reader=desk:/run/my sockets/bücher"$' \
		conf/cardbridge.desk &&
	grep -q "^LIBPATH $dir/plugin.so\$" conf/cardbridge.desk &&
	[ "$(stat -c %a conf/cardbridge.desk)" = 644 ] &&
	[ "$(find conf -type f | wc -l)" = 1 ]
check 'a reader file'
run 0 reader conf --dir conf --plugin "$dir/plugin.so" --socket /s --slots 16 &&
	grep -q '^DEVICENAME "cardbridge:slots=16:/s"$' conf/cardbridge-slots &&
	grep -q '^FRIENDLYNAME "cardbridge slots"$' conf/cardbridge-slots
check 'a reader file with slots'
run 0 reader conf --dir conf && says conf/cardbridge.desk &&
	says conf/cardbridge-slots
check 'reader files are listed'
run 0 reader conf --dir conf --print --plugin /none.so --socket /s x &&
	grep -q '^LIBPATH /none.so$' out && says warning &&
	[ ! -e conf/cardbridge.x ]
check 'a reader file only shown'
run 2 reader conf --dir conf --plugin "$dir/plugin.so" --socket /s Slots &&
	says 'cannot be the name'
check 'no reader has the name of the file with slots'
run 2 reader conf --dir conf --slots 17 --socket /s &&
	run 2 reader conf --dir conf --slots 2 x --socket /s
check 'slots that are none'
run 2 reader conf --dir conf --plugin '/a b.so' --socket /s x &&
	run 2 reader conf --dir conf --plugin "$dir/plugin.so" \
		--socket '/a"b' x && [ ! -e conf/cardbridge.x ]
check 'what pcscd could not read'
echo 'FRIENDLYNAME "other"' >conf/cardbridge.other
run 4 reader conf --dir conf --plugin "$dir/plugin.so" --socket /s other &&
	says 'not written by cardbridge'
check 'a file of somebody else is left alone'
run 3 reader remove --dir conf --socket "$dir/none" other &&
	[ -e conf/cardbridge.other ]
check 'by remove as well'
run 3 reader remove --dir conf --socket "$dir/none" desk &&
	[ ! -e conf/cardbridge.desk ] && [ -e conf/cardbridge-slots ]
check 'remove takes the reader file away, even without a bridge'

# ---- what a bridge tells -----------------------------------------------------

# a path that is not UTF-8, with what JSON has a meaning for
odd=$dir/$(printf 'd\351\303\244"\\ x')
mkdir "$odd" && mv test.card "$odd/"
"${program}d" --foreground --socket "$dir/run/s" --state-dir "$dir/state" \
	--reader "odd=emu:$odd/test.card" 2>err &
bridge=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -S "$dir/run/s" ] && break
	sleep 0.2
done
run 0 reader list --json --socket "$dir/run/s" &&
	grep -q '"uri": "emu:.*/d???\\"\\\\ x/test.card"' out &&
	says '"present": true'
check 'a path that is not UTF-8 does not spoil the list in JSON'
kill "$bridge"
wait "$bridge" || true
mkdir -m 777 open
code=0
setsid -w "${program}d" --foreground --socket "$dir/run/s" \
	--state-dir "$dir/open" >out 2>err </dev/null || code=$?
[ "$code" -eq 1 ] && says 'others may write'
check 'a bridge believes nothing that others could have written'
code=0
timeout 20 setsid -w "${program}d" --foreground --sock "$dir/run/s" \
	--state-dir "$dir/state" >out 2>err </dev/null || code=$?
[ "$code" -eq 2 ] && says 'write --socket'
check 'nor takes an option that is not written whole'

# ---- a card whose backend fails ----------------------------------------------

# failing_bridge KIND...: starts it
failing_bridge() {
	rm -f "$dir/failing"
	python3 "$top/tests/cli/failing-bridge.py" "$dir/failing" "$@" &
	bridge=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -S "$dir/failing" ] && break
		sleep 0.2
	done
}
# failing POWER TRANSMIT CODE: what cardbridge apdu ends with where a bridge
# answers the two so
failing() {
	failing_bridge "$1" "$2"
	run "$3" apdu far 00A40000023F00 --socket "$dir/failing"
	code=$?
	wait "$bridge" || true
	return "$code"
}
# troubled KIND CODE: the same for reader add, whose card is, or is not, there
troubled() {
	failing_bridge "$1"
	run "$2" reader add far emu:/far --socket "$dir/failing"
	code=$?
	wait "$bridge" || true
	return "$code"
}
if command -v python3 >/dev/null; then
	failing ok ok 0 && says 9000
	check 'a card answers through a bridge'
	failing fail ok 4 && says 'far: the backend fell ill'
	check 'a backend that fails is not taken for the bridge'
	failing ok fail-silently 4 && says 'status says more'
	check 'nor one that fails at a command'
	failing end ok 3 && says 'the bridge ended'
	check 'a bridge that ends is told of'
	failing ok end 3 && says 'the bridge ended'
	check 'and in the middle of a command'
	troubled empty 4 && says 'but not its card: it ends soon'
	check 'a reader whose card is not there is told why'
	troubled present 0 && says 'note: it ends soon'
	check 'what will become trouble is none yet'
fi

echo "1..$n"
[ "$failed" -eq 0 ]
