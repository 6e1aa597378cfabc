# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A service as its systemd unit runs it, where no systemd runs: the unit's own
# filter of system calls, expanded by systemd and loaded by libseccomp, with the
# families of sockets that it may use.

need_unit() {
	need systemd-analyze setpriv
	[ "$(id -u)" = 0 ] || skip_all "only root can be another user"
	"$CB_PYTHON" -c 'import seccomp' 2>/dev/null ||
		skip_all "python3-seccomp is not installed"
}

# What it starts need not be installed for this.
unit_verify() { # UNIT
	sed "s|^ExecStart=[^ ]*|ExecStart=/bin/true|" "$1" \
		>"$T/$(basename "$1")"
	t "systemd takes the unit" systemd-analyze verify --man=no \
		--recursive-errors=no "$T/$(basename "$1")"
}

# What the unit lets through, one name a line, in $T/allowed, with the families
# as socket:AF_X; and what runs a command with it in force, in $T/confined.py:
# what that is refused ends it with a signal, so that it is seen here.
unit_filter() { # UNIT
	"$CB_PYTHON" - "$1" >"$T/allowed" <<'END'
import re
import subprocess
import sys

sets, name = {}, None
for line in subprocess.run(["systemd-analyze", "syscall-filter"], check=True,
                           capture_output=True, text=True).stdout.splitlines():
    if line.startswith("@"):
        name = line.strip()
        sets[name] = []
    elif name and line.startswith("    ") and "#" not in line:
        sets[name].append(line.strip())


def calls(word):
    if not word.startswith("@"):
        return {word}
    return set().union(*(calls(w) for w in sets[word]))


allowed = calls("@default")
for words in re.findall(r"^SystemCallFilter=(.*)$", open(sys.argv[1]).read(),
                        re.M):
    group = set().union(*(calls(w) for w in words.lstrip("~").split()))
    allowed = allowed - group if words.startswith("~") else allowed | group
allowed.discard("socket")
for words in re.findall(r"^RestrictAddressFamilies=(.*)$",
                        open(sys.argv[1]).read(), re.M):
    allowed |= {"socket:" + word for word in words.split()}
print("\n".join(sorted(allowed)))
END
	like "$(wc -l <"$T/allowed")" '^[1-4][0-9][0-9]$' "the unit's filter is read"
	is "$(grep -cxE 'reboot|mount|init_module' "$T/allowed" || true)" 0 \
		"it keeps out what it should"
	like "$(sed -n 's/^SystemCallErrorNumber=//p' "$1")" '^EPERM$' \
		"and refuses instead of killing"
	cat >"$T/confined.py" <<'END'
import os
import socket
import sys

import seccomp

f = seccomp.SyscallFilter(defaction=seccomp.KILL_PROCESS)
for line in open(sys.argv[1]).read().split():
    name, _, family = line.partition(":")
    args = [seccomp.Arg(0, seccomp.MASKED_EQ, 0xFFFFFFFF,
                        getattr(socket, family))] if family else []
    try:
        f.add_rule(seccomp.ALLOW, name, *args)
    except RuntimeError:
        pass  # of another architecture
f.load()
os.execv(sys.argv[2], sys.argv[2:])
END
}
