# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A private sshd at a free port of the loopback interface. It lets in whoever
# runs the test, by public keys that stand in one file, by nothing else.
# Sourced after lib.sh.

# The program. Where no ssh server is installed, none should come to life
# because of a test: Debian's package is unpacked beside the builds.
sshd_find() {
	local at=$CB_SRC/build-sshd
	cb_find CB_SSHD /usr/sbin/sshd "$at/usr/sbin/sshd"
	[ -z "$CB_SSHD" ] || return 0
	mkdir "$T/sshd-package"
	(cd "$T/sshd-package" && sshd_download &&
		dpkg -x openssh-server_*.deb new && rm -rf "$at" &&
		mv -T new "$at") >"$T/sshd-package.log" 2>&1 ||
		bail "no sshd: $(tail -n 1 "$T/sshd-package.log")"
	CB_SSHD=$at/usr/sbin/sshd
}

# Who is root in a namespace only cannot become apt's own user, nor write its
# lists; and those may be older than what the archive still has.
sshd_download() {
	local apt=(timeout 120 apt-get -o APT::Sandbox::User=root)
	"${apt[@]}" download openssh-server && return
	mkdir -p "$T/sshd-lists/partial"
	apt+=(-o "Dir::State::lists=$T/sshd-lists" -o Dir::Cache::pkgcache=
		-o Dir::Cache::srcpkgcache=)
	"${apt[@]}" update && "${apt[@]}" download openssh-server
}

sshd_version() {
	"$CB_SSHD" -? 2>&1 | sed -n 's/^\(OpenSSH_[^,]*\),.*/\1/p'
}

# Who may log in: in a namespace somebody with a name of his own, so that it
# does not matter whether this machine lets root in, or has a user "sshd".
sshd_accounts() {
	local uid gid passwd=$T/sshd.passwd
	sshd_command=("$CB_SSHD")
	sshd_user=holder
	if [ "$cb_namespace" = private ]; then
		read -r _ uid _ </proc/self/uid_map
		read -r _ gid _ </proc/self/gid_map
	elif [ "$(id -u)" != 0 ] && unshare --map-root-user --mount true; then
		uid=$(id -u)
		gid=$(id -g)
	else
		sshd_user=$(id -un)
		[ "$(id -u)" != 0 ] || getent passwd sshd >/dev/null ||
			skip_all "root's sshd needs a namespace or a user sshd"
		return 0
	fi
	{
		cat /etc/passwd
		echo "sshd:*:65530:65534::/run/sshd:/usr/sbin/nologin"
		echo "$sshd_user:*:$uid:$gid::$T:/bin/sh"
	} >"$passwd"
	chmod 0644 "$passwd"
	# a user who is root in the namespace only: sshd would try to be others
	[ "$uid" = 0 ] || sshd_command=(unshare --user "--map-user=$uid"
		"--map-group=$gid" "$CB_SSHD")
	if [ "$cb_namespace" != private ]; then
		# shellcheck disable=SC2016 # for the inner shell
		sshd_command=(unshare --map-root-user --mount sh -c
			'mount --bind "$0" /etc/passwd && exec "$@"' "$passwd"
			"${sshd_command[@]}")
		return 0
	fi
	mount --bind "$passwd" /etc/passwd
	[ "$uid" != 0 ] || sshd_run
}

# The empty directory that sshd wants, in this namespace only.
sshd_run() {
	mkdir "$T/pcscd"
	mount --bind /run/pcscd "$T/pcscd"
	mount -t tmpfs -o mode=0755 none /run
	mkdir -m 0755 /run/pcscd /run/sshd
	mount --bind "$T/pcscd" /run/pcscd
	umount "$T/pcscd"
}

# Starts it; the file may change later. ssh_in is a client that knows it.
sshd_start() { # AUTHORIZED-KEYS-FILE
	sshd_find
	sshd_accounts
	ssh-keygen -q -t ed25519 -N '' -f "$T/sshd.key"
	sshd_port=$(free_port)
	echo "[127.0.0.1]:$sshd_port $(cat "$T/sshd.key.pub")" >"$T/sshd.known"
	cat >"$T/sshd.conf" <<-END
		ListenAddress 127.0.0.1:$sshd_port
		HostKey $T/sshd.key
		PidFile none
		AuthenticationMethods publickey
		AuthorizedKeysFile $1
		ExposeAuthInfo yes
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
		LogLevel VERBOSE
	END
	start "$T/sshd.log" "${sshd_command[@]}" -D -e -f "$T/sshd.conf"
	wait_until 10 grep -q '^Server listening' "$T/sshd.log" ||
		bail "sshd does not start"
}

ssh_in() { # [OPTION]... COMMAND
	pc ssh -F none -p "$sshd_port" -l "$sshd_user" \
		-o "UserKnownHostsFile=$T/sshd.known" \
		-o StrictHostKeyChecking=yes "${@:1:$#-1}" 127.0.0.1 "${@:$#}"
}
