#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The recipes of docs/ci.md, taken out of it and followed in a bare Debian 12:
# nothing is installed there but by them. What each service does around them is
# played here; autopkgtest is itself.
#
#   CB_DEBIAN12   the bare Debian; made where it does not exist (build-debian12)
#   CB_MIRROR     where Debian is
#
# time limit: 900
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-run.sh
. "$CB_SRC/tests/e2e/lib-run.sh"
need bwrap opensc-tool

doc=$CB_SRC/docs/ci.md
packages=$(tr '\n' ' ' <"$CB_SRC/docs/packages")

# The first block of that language below a heading.
recipe() { # HEADING LANGUAGE
	awk -v heading="## $1" -v fence="\`\`\`$2" '
		/^## / { here = $0 == heading }
		block && /^```$/ { exit }
		block
		here && $0 == fence { block = 1 }' "$doc"
}

# The commands at a place of a recipe in YAML, one a line.
yaml_lines() { # HEADING PYTHON-EXPRESSION
	recipe "$1" yaml | "$CB_PYTHON" -c '
import sys, yaml
doc = yaml.safe_load(sys.stdin)
print("\n".join(eval(sys.argv[1], {"doc": doc})))' "$2"
}

# ---- Flatpak ----------------------------------------------------------------

# One that keeps what bubblewrap makes of its sandbox: neither the environment
# nor the directories of outside, but for those it is told of.
mkdir "$reach/bin"
cat >"$reach/bin/flatpak" <<'END'
#!/bin/bash
sandbox=(--unshare-all --die-with-parent --ro-bind /usr /usr --proc /proc
	--dev /dev --symlink usr/bin /bin --symlink usr/lib /lib
	--symlink usr/lib64 /lib64 --ro-bind /etc /etc --tmpfs /tmp
	--tmpfs /run --clearenv --setenv PATH /usr/bin)
for word in "${@:2}"; do
	path=${word#--filesystem=}
	pair=${word#--env=}
	case $word in
	--filesystem=*:ro) sandbox+=(--ro-bind "${path%:ro}" "${path%:ro}") ;;
	--filesystem=*) sandbox+=(--bind "$path" "$path") ;;
	--env=*) sandbox+=(--setenv "${pair%%=*}" "${pair#*=}") ;;
	esac
done
[ "$1/$word" = run/org.example.App ] &&
	exec bwrap "${sandbox[@]}" opensc-tool --list-readers
END
chmod -R a+rX "$reach/bin"
chmod a+x "$reach/bin/flatpak"
bare+=("PATH=$reach/bin:$copy:$PATH")
if user bwrap --unshare-all --ro-bind / / true 2>/dev/null; then
	like "$(run --test-card series8 -- flatpak run org.example.App 2>&1)" \
		'No smart card readers' "Flatpak: a sandbox hides the card"
	like "$(user sh -c "$(recipe 'Flatpak and snap' sh)" 2>&1)" \
		'Yes +cardbridge card1' \
		"Flatpak: told of library and socket, it does not"
else
	skip "Flatpak" "there are no sandboxes here"
fi

# ---- a bare Debian ------------------------------------------------------------

[ "$(id -u)/$cb_namespace" = 0/private ] || skip_all "a chroot needs root"
need debootstrap chroot
base=${CB_DEBIAN12:-$CB_SRC/build-debian12}
"$CB_SRC/tests/debian.sh" 12 "$base" >"$T/chroot" 2>&1 ||
	skip_all "no Debian 12: $(tail -n 1 "$T/chroot")"
root=$T/root
cp -a "$base" "$root"

# What was downloaded once stays. Mounts and processes end with each command.
# (What is built runs for a moment, and needs no optimizing.)
# shellcheck disable=SC2016 # for the inner shell
enter='mount --bind "$1/var/cache/apt/archives" "$0/var/cache/apt/archives" &&
	mount -t proc proc "$0/proc" && exec chroot "$0" "${@:2}"'
as_user() { # USER DIRECTORY SHELL COMMANDS; what they say is in $said
	local rc=0
	said=$(timeout 600 env -i HOME=/root LC_ALL=C \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive CFLAGS=-O0 unshare --mount --pid --fork \
		--kill-child bash -c "$enter" "$root" "$base" \
		runuser -u "$1" -- env -C "$2" "$3" -ec "$4" 2>&1 </dev/null) ||
		rc=$?
	return $rc
}
step() { # DESCRIPTION USER DIRECTORY SHELL COMMANDS
	if as_user "${@:2}"; then
		pass "$1"
	else
		fail "$1" "$5" "$(tail -n 20 <<<"$said")"
	fi
}
lists_card() { # DESCRIPTION
	like "$said" 'token label +: NHS Series 8' "$1"
}

sources() { # DIRECTORY: cardbridge as a clone has it
	mkdir -p "$1/cardbridge"
	tar -C "$CB_SRC" --anchored --exclude='./build-*' --exclude=./.git \
		--exclude=./autom4te.cache --exclude=./configure \
		--exclude=./Makefile.in --exclude=./aclocal.m4 -c . |
		tar -C "$1/cardbridge" -x
}
# The next recipe installs it itself, out of the same sources, which are
# compiled: it need not take the minute again.
take_away() { # FROM TO
	as_user root "$1" sh 'make uninstall' || fail "make uninstall" "$said"
	mkdir -p "$root$2"
	mv "$root$1" "$root$2/cardbridge"
	t "nothing is installed any more" \
		test ! -e "$root/usr/local/bin/cardbridge"
}

# ---- Dockerfile -----------------------------------------------------------------

project=$T/project
sources "$project"
who=root
while read -r word rest; do
	case $word in
	FROM) is "$rest" debian:12 "Dockerfile: FROM is the Debian at hand" ;;
	COPY)
		mkdir -p "$root${rest##* }"
		cp -rT "$project/${rest%% *}" "$root${rest##* }"
		;;
	RUN) step "Dockerfile: ${rest:0:40}..." "$who" / sh "$rest" ;;
	USER) who=$rest ;;
	CMD)
		step "Dockerfile: its command" "$who" / sh "$("$CB_PYTHON" -c '
import json, shlex, sys
print(shlex.join(json.loads(sys.argv[1])))' "$rest")"
		lists_card "Dockerfile: sees the card"
		;;
	*) fail "Dockerfile: $word" ;;
	esac
done < <(recipe Dockerfile dockerfile)
is "$who" nobody "Dockerfile: its command is an ordinary user's"

# ---- GitLab ---------------------------------------------------------------------

take_away /usr/src/cardbridge /builds/project
is "$(recipe GitLab yaml | "$CB_PYTHON" -c 'import sys, yaml
print(yaml.safe_load(sys.stdin)["card"]["image"])')" debian:12 \
	"GitLab: the image is the Debian at hand"
step "GitLab: the job" root /builds/project sh "$(yaml_lines GitLab \
	'doc["card"]["before_script"] + doc["card"]["script"]')"
lists_card "GitLab: sees the card"

# ---- GitHub Actions ---------------------------------------------------------------

take_away /builds/project/cardbridge /home/runner/work
as_user root / sh 'apt-get install -y --no-install-recommends sudo &&
	useradd --home-dir /home/runner runner &&
	chown -R runner: /home/runner &&
	echo "runner ALL = NOPASSWD: ALL" >/etc/sudoers.d/runner' ||
	bail "no user who may sudo: $said"
while IFS= read -r line; do
	step "GitHub: ${line:0:40}..." runner /home/runner/work bash "$line"
done < <(yaml_lines 'GitHub Actions' \
	'[step["run"] for step in doc["steps"] if "run" in step]')
lists_card "GitHub: sees the card"
like "$(yaml_lines 'GitHub Actions' \
	'[step["uses"] for step in doc["steps"] if "uses" in step]')" \
	'^actions/checkout@v[0-9]+$' "GitHub: nothing else is used"

# ---- autopkgtest ------------------------------------------------------------------

take_away /home/runner/work/cardbridge /builds/old
package=$root/builds/package
sources "$package"
mkdir -p "$package/debian/tests"
recipe 'Debian autopkgtest' control >"$package/debian/tests/control"
recipe 'Debian autopkgtest' sh >"$package/debian/tests/card"
printf '%s\n' 'Source: package' 'Maintainer: Nobody <nobody@example.org>' '' \
	'Package: package' 'Architecture: all' 'Description: tests its card' \
	>"$package/debian/control"
printf '%s\n\n  * New.\n\n -- %s  %s\n' 'package (1) unstable; urgency=low' \
	'Nobody <nobody@example.org>' 'Thu, 01 Jan 2026 00:00:00 +0000' \
	>"$package/debian/changelog"
is "$(sed -n 's/^Depends: //p' "$package/debian/tests/control")" \
	"opensc, $(sed 's/ $//; s/ /, /g' <<<"$packages")" \
	"autopkgtest: it depends on what a build needs"
as_user root / sh 'apt-get install -y --no-install-recommends autopkgtest' ||
	bail "no autopkgtest: $said"
step "autopkgtest: passes" root /builds sh \
	'autopkgtest --no-built-binaries /builds/package -- null'
lists_card "autopkgtest: sees the card"
like "$said" 'card +PASS' "autopkgtest: and says so"
