#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# An end-to-end test, all of it, as the program of `cardbridge run`: started by
# tests/e2e/lib.sh where CB_ROAD is "run". The test is then an ordinary user
# with an empty /run, has the bridge of that run, and may put cards into it.
#
# usage: under-run.sh TEST
#   CB_RUN_OPTIONS   what `cardbridge run` is told besides
export CB_ROAD=pcscd
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
# shellcheck source=tests/e2e/lib-run.sh
. "$CB_SRC/tests/e2e/lib-run.sh"
test=$1
[ ! -e /run/pcscd ] || skip_all "no namespaces, and pcscd has been here"

mkdir -p "$reach/tests" "$copy/tests/replay" "$copy/bin"
cp -r "$CB_SRC"/tests/{e2e,replay,vectors,winscard} "$reach/tests/"
cp "$CB_BUILD/tests/replay/replay" "$copy/tests/replay/"
# the bridge of the run says each APDU in a log that we know
log=$T/bridge.log
touch "$log"
chown --reference="$tmp" "$log"
mv "$copy/cardbridged" "$copy/bin/"
echo 'log = "debug";' >"$copy/bridge.conf"
cat >"$copy/cardbridged" <<END
#!/bin/sh
exec '$copy/bin/cardbridged' --config '$copy/bridge.conf' "\$@" \
	2>>'$log'
END
chmod a+x "$copy/cardbridged"
# what only root may get
if grep -q '/lib-sshd\.sh' "$test"; then
	# shellcheck source=tests/e2e/lib-sshd.sh
	. "$CB_SRC/tests/e2e/lib-sshd.sh"
	sshd_find
	cp "$CB_SSHD" "$copy/bin/"
fi
chmod -R a+rX "$reach"

# shellcheck disable=SC2016 # for the inner shell
t "no pcscd, and no right to have one" user sh -c \
	'[ -z "$(ls -A /run)" ] && [ ! -w /etc ]'

user_seconds=$(sed -n 's/^# time limit: *//p' "$test")
user_seconds=${user_seconds:-120}
read -ra options <<<"${CB_RUN_OPTIONS:-}"
inside() {
	local rc=0
	# who is root in a namespace only needs one for what root may
	user env CB_ROAD=inside "CB_BUILD=$copy" "CB_BRIDGE_LOG=$log" \
		"CB_SSHD=$copy/bin/sshd" ${as:+CB_NO_NAMESPACE=yes} \
		${CB_KEEP:+"CB_KEEP=$CB_KEEP"} \
		cardbridge run "${options[@]}" -- \
		bash "$reach/tests/e2e/$(basename "$test")" </dev/null || rc=$?
	echo "ends with $rc"
}

# Its tests are ours.
rc=
while IFS= read -r line; do
	case $line in
	'ok '*' # SKIP '*)
		line=${line#ok * - }
		skip "${line% # SKIP *}" "${line##* # SKIP }"
		;;
	'ok '*) pass "${line#ok * - }" ;;
	'not ok '*) fail "${line#not ok * - }" ;;
	'1..0 # SKIP '*) skip "all of it" "${line#*SKIP }" ;;
	'1..'*) ;;
	'ends with '*) rc=${line##* } ;;
	*) echo "$line" ;;
	esac
done < <(inside)
if [ "$cb_failed" = 0 ]; then
	is "$rc" 0 "the exit code of all that"
fi
nothing_left "nothing is left of it"
