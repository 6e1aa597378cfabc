#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Who may include whom. Every #include line of the product is held against
# the table in may(): a room includes itself, common/ and the doors it is
# given; each foreign library has one door; nothing includes tests/. Then
# lines that must be refused are tried, so that the table can be seen to bite.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"

rooms=(common crypto wire emulator bridge ifdhandler winscard-shim cli backend)

# What libc and the kernel offer, and a compiler by itself.
libc=' alloca assert ctype dirent dlfcn elf endian errno fcntl fnmatch getopt glob
grp inttypes libgen limits locale malloc math mntent netdb poll pthread pwd
sched semaphore setjmp signal stdalign stdarg stdatomic stdbool stddef stdint
stdio stdlib stdnoreturn string strings syslog termios time unistd wchar
arpa/inet linux/capability linux/close_range linux/futex linux/landlock net/if netinet/in netinet/tcp
sys/capability sys/epoll sys/eventfd sys/file sys/inotify sys/ioctl sys/mman
sys/param sys/prctl sys/random sys/resource sys/select sys/signalfd sys/socket
sys/stat sys/statvfs sys/syscall sys/sysinfo sys/sysmacros sys/time sys/timerfd sys/types
sys/uio sys/un sys/utsname sys/vfs sys/wait sys/xattr '
libc=${libc//$'\n'/ }

is_libc() { # <HEADER.h>
	local name=${1#<}
	name=${name%.h>}
	[[ $libc = *" $name "* ]]
}

# The files of the thin end; the plug-in is made of them.
is_thin() { # FILE
	case $1 in
	bridge/client*.[ch] | bridge/protocol*.[ch] | bridge/frame.h) ;;
	bridge/facts.[ch]) ;;
	bridge/addr.[ch] | bridge/inbox.[ch] | bridge/sock.[ch]) ;;
	*) return 1 ;;
	esac
}

# May FILE have this line? "X.h" is written without quotes, <X.h> with.
may() { # FILE HEADER
	local room=${1%%/*} applet
	case $2 in
	# each foreign library has one door
	'<openssl/'*)
		[[ $room = crypto || $room = wire || $1 = backend/vault/* ||
			$1 = backend/door/tls.c || $1 = bridge/https/tls.c ||
			$1 = emulator/crypto/* ]]
		;;
	'<curl/'*) [ "$1" = bridge/https/pipe.c ] ;;
	'<sqlite3.h>')
		[[ $1 = emulator/nvm_file* || $1 = backend/store/sqlite.c ]]
		;;
	'<libconfig.h>')
		[[ $1 = emulator/profile* || $1 = bridge/config.c ||
			$1 = backend/conf.c || $1 = cli/describe/* ]]
		;;
	'<jansson.h>') [[ $room = cli || $1 = backend/settings.c ]] ;;
	'<seccomp.h>') [ "$1" = backend/walls_sys.c ] ;;
	'<event2/'*) [[ $1 = backend/door/* ]] ;;
	# a client of pcscd, a plug-in of it, and what stands for its library
	'<winscard.h>' | '<wintypes.h>' | '<pcsclite.h>')
		[[ $room = ifdhandler || $1 = cli/pcsc.c ||
			$1 = winscard-shim/pcsclite*.[ch] ]]
		;;
	'<ifdhandler.h>') [ "$room" = ifdhandler ] ;;
	'<reader.h>')
		[[ $room = ifdhandler || $1 = winscard-shim/pcsclite*.[ch] ]]
		;;
	'<'*) is_libc "$2" ;;
	# common/ is open to all, and knows nobody
	common/*) ;;
	# who calls OpenSSL himself starts it here
	crypto/ossl.h)
		[[ $room = crypto || $room = wire || $1 = backend/vault/* ||
			$1 = backend/door/tls.c || $1 = bridge/https/tls.c ||
			$1 = emulator/crypto/* ]]
		;;
	crypto/crypto.h)
		[[ $room = crypto || $room = wire || $room = emulator ||
			$room = backend || $1 = bridge/https/* ]]
		;;
	crypto/*) [ "$room" = crypto ] ;;
	emulator/crypto/* | emulator/emu.h)
		[[ $room = emulator || ($2 = emulator/emu.h &&
			($room = bridge || $room = cli ||
				$1 = backend/worker/*)) ]] &&
			! is_thin "$1"
		;;
	# an applet sees the engine and itself
	emulator/applets/applet.h)
		[[ $room = emulator && $1 != emulator/crypto/* ]]
		;;
	emulator/applets/*)
		applet=${2#emulator/applets/}
		[[ $1 = emulator/applets/"${applet%%/*}"/* ||
			$1 = emulator/applets/applets.c ]]
		;;
	# who keeps cards elsewhere than in a file
	emulator/nvm.h) [[ $room = emulator || $1 = backend/worker/* ]] ;;
	emulator/*) [[ $room = emulator && $1 != emulator/crypto/* ]] ;;
	# the road: for its link, and for who is enrolled over it
	bridge/https/*)
		[[ $1 = bridge/https/* || $1 = bridge/link_https.c ||
			$1 = bridge/hosted*.[ch] || $1 = cli/enrol.c ||
			($1 = cli/admin.h && $2 = bridge/https/desk.h) ]]
		;;
	bridge/client.h | bridge/client_status.h)
		[[ $room = bridge || $room = cli || $room = ifdhandler ||
			$room = winscard-shim ]]
		;;
	bridge/facts.h)
		[[ $room = bridge || $room = ifdhandler ||
			$room = winscard-shim ]]
		;;
	bridge/*)
		[ "$room" = bridge ] &&
			{ ! is_thin "$1" || is_thin "$2"; }
		;;
	wire/*)
		[[ $room = wire || $room = backend || $1 = bridge/https/* ||
			$1 = bridge/link_https.c ||
			$1 = bridge/hosted*.[ch] || $1 = cli/enrol.c ||
			$1 = cli/admin*.[ch] ]]
		;;
	# the store's inside is its own; SQL is spoken behind store.h
	backend/store/store.h) [[ $room = backend && $1 != backend/vault/* ]] ;;
	backend/store/heads.h) [ "$room" = backend ] ;;
	# a role is entered by the program
	backend/store/role.h | backend/vault/role.h)
		[[ $1 = "${2%.h}.c" || $1 = backend/main.c ]]
		;;
	# keys that are made or looked at beside the vault's process
	backend/vault/operator.h)
		[[ $1 = backend/vault/* || $1 = backend/init.c ||
			$1 = backend/renew.[ch] || $1 = backend/wraps.[ch] ||
			$1 = backend/check*.[ch] ]]
		;;
	backend/store/*) [[ $1 = backend/store/* ]] ;;
	# a MAC is made only where it was seen who ordered the row
	backend/vault/mac.h)
		[[ $1 = backend/vault/@(enrol|found|give|grant).c ]]
		;;
	# who holds keys sees no state of others, and nobody sees it
	backend/vault/*) [[ $1 = backend/vault/* ]] ;;
	# where strangers are parsed stays by itself
	backend/door/door.h) [ "$room" = backend ] ;;
	backend/door/*) [[ $1 = backend/door/* ]] ;;
	ifdhandler/* | winscard-shim/* | cli/* | backend/*)
		[ "$room" = "${2%%/*}" ]
		;;
	*) return 1 ;;
	esac
}

# FILE:HEADER of every include line; a quoted one without its quotes.
includes() {
	find "${rooms[@]}" -name '*.[ch]' -exec \
		grep -HE '^[[:space:]]*#[[:space:]]*include' {} + |
		sed -E 's/:.*include[[:space:]]*"([^"]*)".*/:\1/
			s/:.*include[[:space:]]*(<[^>]*>).*/:\1/'
}

trouble=''
absent=''
lines=0
while IFS=: read -r file header; do
	lines=$((lines + 1))
	may "$file" "$header" || trouble+="$file includes $header"$'\n'
	[[ $header = '<'* || -e $header ]] ||
		absent+="$file includes $header, not a path from the top"$'\n'
done < <(includes)
verdict "every include line is allowed" "${trouble%$'\n'}"
verdict "quoted headers are named from the top" "${absent%$'\n'}"
verdict "there are include lines" "$([ "$lines" -gt 100 ] || echo "$lines")"

while read -r file header; do
	verdict "$file may not include $header" \
		"$(! may "$file" "$header" || echo "it may")"
done <<-'END'
	common/buf.c emulator/emu.h
	common/ct.c <openssl/crypto.h>
	common/ct.c crypto/crypto.h
	crypto/gcm.c emulator/crypto/crypto.h
	emulator/pin.c crypto/ossl.h
	emulator/crypto/env.c crypto/secret.h
	bridge/serve.c crypto/crypto.h
	wire/open.c emulator/emu.h
	backend/walls.c <seccomp.h>
	bridge/serve.c backend/roles.h
	bridge/link_https.c <curl/curl.h>
	bridge/https/http_client.c <curl/curl.h>
	bridge/https/hold.c <openssl/ssl.h>
	bridge/reader.c bridge/https/hold.h
	bridge/reader.c wire/open.h
	cli/reader.c bridge/https/http_client.h
	cli/reader.c bridge/https/desk.h
	cli/admin_desk.c bridge/https/session.h
	cli/reader.c wire/desk.h
	backend/roles.c bridge/link.h
	emulator/card.c wire/open.h
	backend/store/act.c <sqlite3.h>
	backend/store/act.c <openssl/evp.h>
	backend/store/act.c emulator/emu.h
	backend/store/act.c bridge/client.h
	backend/door/serve.c backend/store/sql.h
	backend/door/serve.c <openssl/ssl.h>
	backend/loop.c <event2/event.h>
	backend/worker/session.c backend/door/http.h
	backend/vault/root.c backend/door/tls.h
	wire/chain.c backend/store/store.h
	wire/chain.c <sqlite3.h>
	bridge/serve.c backend/store/store.h
	backend/vault/root.c emulator/emu.h
	backend/vault/root.c bridge/client.h
	backend/vault/root.c <sqlite3.h>
	backend/vault/vault.c backend/vault/mac.h
	backend/vault/root.c backend/store/store.h
	backend/door/http.c backend/vault/root.h
	backend/parent.c backend/vault/operator.h
	backend/init.c backend/vault/root.h
	backend/control.c <jansson.h>
	backend/door/http.c emulator/emu.h
	backend/worker/worker.c backend/vault/root.h
	backend/worker/worker.c emulator/card.h
	wire/open.c backend/vault/root.h
	bridge/serve.c backend/vault/root.h
	emulator/card.c bridge/client.h
	emulator/card.c <openssl/evp.h>
	emulator/card.c <sqlite3.h>
	emulator/crypto/rsa.c emulator/card.h
	emulator/crypto/rsa.c <sqlite3.h>
	emulator/dispatch.c emulator/applets/authentic5/authentic5.h
	emulator/applets/authentic3/keys.c emulator/applets/authentic5/authentic5.h
	emulator/applets/iasecc/keys.c emulator/applets/authentic3/authentic3.h
	emulator/applets/card_manager/card_manager.c emulator/applets/authentic5/authentic5.h
	bridge/serve.c emulator/card.h
	bridge/serve.c emulator/crypto/crypto.h
	bridge/serve.c <openssl/evp.h>
	bridge/serve.c cli/cli.h
	bridge/client.c emulator/emu.h
	bridge/client.c bridge/server.h
	bridge/client_io.c <sqlite3.h>
	ifdhandler/slot.c bridge/protocol.h
	ifdhandler/slot.c emulator/emu.h
	ifdhandler/slot.c <openssl/evp.h>
	winscard-shim/card.c bridge/protocol.h
	winscard-shim/card.c <winscard.h>
	winscard-shim/pcsclite.c ifdhandler/ifd.h
	cli/card.c bridge/protocol.h
	cli/card.c emulator/nvm.h
	cli/card.c <winscard.h>
	cli/card_probe.c <winscard.h>
	cli/probe/talk.c <winscard.h>
	cli/pcsc.c <ifdhandler.h>
	cli/card_describe.c <libconfig.h>
	emulator/card.c cli/report/report.h
	bridge/serve.c cli/pcsc.h
	cli/card.c <sqlite3.h>
	bridge/config.c <jansson.h>
	cli/card.c tests/cli/suites.h
	emulator/pin.c <check.h>
END
