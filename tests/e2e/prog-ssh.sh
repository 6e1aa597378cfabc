#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# ssh with the card, into a real sshd that takes nothing but its key: with the
# module in ssh itself (PKCS11Provider, -I), and in ssh-agent.
# time limit: 180
# roads: pcscd, run
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"
# shellcheck source=tests/e2e/lib-programs.sh
. "$CB_SRC/tests/e2e/lib-programs.sh"
# shellcheck source=tests/e2e/lib-sshd.sh
. "$CB_SRC/tests/e2e/lib-sshd.sh"

need ssh ssh-keygen ssh-agent ssh-add

# Who is asked for a passcode writes down the question.
cat >"$T/askpass" <<END
#!/bin/sh
echo "\$1" >>'$T/asked'
cat '$T/passcode'
END
chmod 0700 "$T/askpass"
export SSH_ASKPASS=$T/askpass SSH_ASKPASS_REQUIRE=force
unset SSH_AUTH_SOCK

types() { # PASSCODE
	echo "$1" >"$T/passcode"
	rm -f "$T/asked"
	touch "$T/asked"
}

public_key() { # N: as ssh writes it
	ssh-keygen -i -m PKCS8 -f "$T/pub$1.pem"
}

# The keys in what a program shows, without their comments.
two_words() { sed -n 's/^\(ssh-rsa [^ ]*\).*/\1/p' | sort; }

let_in() { public_key "$1" >"$T/authorized_keys"; } # N

# What a login has to show for itself: by which key it was.
# shellcheck disable=SC2016 # sshd's shell expands it
show_key='cat "$SSH_USER_AUTH"'
by_key() { echo "publickey $(public_key "$1")"; } # N

accepted() { grep -c '^Accepted publickey' "$T/sshd.log" || true; }

in_ssh() {
	local algorithm before n
	is "$(pc ssh-keygen -D "$module" 2>/dev/null | two_words)" \
		"$both_keys" "$kind: ssh-keygen -D shows both keys"
	for n in 1 2; do
		let_in "$n"
		types "$pin"
		is "$(ssh_in -I "$module" "$show_key" 2>/dev/null)" \
			"$(by_key "$n")" "$kind: ssh -I logs in by key $n"
		is "$(cat "$T/asked")" "Enter PIN for '$token': " \
			"$kind: it asks for the passcode, once"
	done
	let_in 1
	for algorithm in rsa-sha2-256 rsa-sha2-512; do
		is "$(ssh_in -I "$module" \
			-o "PubkeyAcceptedAlgorithms=$algorithm" \
			"$show_key" 2>/dev/null)" "$(by_key 1)" \
			"$kind: with $algorithm"
	done
	before=$(accepted)
	types 999999
	like "$(ssh_in -I "$module" "$show_key" 2>&1)" 'PIN incorrect' \
		"$kind: a wrong passcode is told"
	like "$(ssh_in "$show_key" 2>&1)" 'Permission denied \(publickey\)' \
		"$kind: without the module there is no way in"
	types "$pin"
	card_remove
	like "$(ssh_in -I "$module" "$show_key" 2>&1)" \
		'Permission denied \(publickey\)' "$kind: nor without the card"
	is "$(accepted)" "$before" "$kind: nobody was let in"
	card_insert "$T/$kind.card"
}

# Debian's is setgid, for which the loader ignores LD_LIBRARY_PATH.
agent=(ssh-agent)
[ "$CB_ROAD" = pcscd ] || agent=(setpriv --no-new-privs ssh-agent)

agent_start() { # [OPTION]...
	export SSH_AUTH_SOCK=$T/agent
	rm -f "$SSH_AUTH_SOCK"
	start "$T/agent.log" "${agent[@]}" -D -a "$SSH_AUTH_SOCK" "$@"
	agent_pid=$started
	wait_until 10 agent_answers || bail "ssh-agent does not start"
}
agent_answers() { # 1: it has nothing, 2: it is not there
	local rc=0
	ssh-add -l || rc=$?
	[ "$rc" != 2 ]
}
agent_stop() {
	finish "$agent_pid"
	unset SSH_AUTH_SOCK
}
agent_keys() { ssh-add -L 2>/dev/null | two_words; }

verifies_file() {
	ssh-keygen -Y verify -f <(echo "somebody $(public_key 1)") -I somebody \
		-n file -s "$T/message.sig" <"$T/message"
}

in_agent() {
	local before
	agent_start -P "/nowhere/*"
	types "$pin"
	like "$(ssh-add -s "$module" 2>&1)" 'agent refused operation' \
		"$kind: ssh-agent takes only a module that its list allows"
	agent_stop
	agent_start
	types 999999
	like "$(ssh-add -s "$module" 2>&1)" 'agent refused operation' \
		"$kind: ssh-agent refuses a wrong passcode"
	types "$pin"
	t "$kind: and takes the right one, with Debian's own list" \
		pc ssh-add -s "$module"
	is "$(cat "$T/asked")" 'Enter passphrase for PKCS#11: ' \
		"$kind: it asks for it, once"
	is "$(agent_keys)" "$both_keys" "$kind: the agent has both keys"
	types unused
	is "$(ssh_in "$show_key" 2>/dev/null)" "$(by_key 1)" \
		"$kind: ssh logs in through the agent"
	is "$(ssh_in "$show_key" 2>/dev/null)" "$(by_key 1)" "$kind: and again"
	rm -f "$T/message.sig"
	ssh-keygen -Y sign -q -f "$T/authorized_keys" -n file "$T/message"
	t "$kind: ssh-keygen signs a file through it, and verifies it" \
		verifies_file
	before=$(accepted)
	card_remove
	like "$(ssh_in "$show_key" 2>&1)" 'agent refused operation' \
		"$kind: a removed card signs nothing"
	is "$(accepted)" "$before" "$kind: nobody was let in"
	is "$(cat "$T/asked")" '' "$kind: no passcode was asked for"
	card_insert "$T/$kind.card"
	like "$(ssh_in "$show_key" 2>&1)" 'agent refused operation' \
		"$kind: nor once it is back: the agent must be told again"
	t "$kind: ssh-add -e forgets the card" pc ssh-add -e "$module"
	types "$pin"
	t "$kind: ssh-add -s takes it again" pc ssh-add -s "$module"
	is "$(ssh_in "$show_key" 2>/dev/null)" "$(by_key 1)" \
		"$kind: and ssh logs in"
	t "$kind: ssh-add -e takes the keys away" pc ssh-add -e "$module"
	is "$(agent_keys)" '' "$kind: the agent has no key any more"
	like "$(ssh_in "$show_key" 2>&1)" 'Permission denied \(publickey\)' \
		"$kind: and nobody is let in"
	agent_stop
}

echo 'a message' >"$T/message"
sshd_start "$T/authorized_keys"
tried openssh-client opensc-pkcs11
diag "sshd: $(sshd_version)"
reader_start
for kind in "${card_kinds[@]}"; do
	kind_insert "$kind"
	both_keys=$({ public_key 1 && public_key 2; } | sort)
	in_ssh
	in_agent
	card_remove
done
