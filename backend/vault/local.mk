# SPDX-License-Identifier: BSD-2-Clause
# Everything that holds keys: a library until there is a role around it.
noinst_LTLIBRARIES += backend/vault/libvault.la
backend_vault_libvault_la_SOURCES = \
	backend/vault/act.c backend/vault/act.h \
	backend/vault/certificate.c backend/vault/certificate.h \
	backend/vault/challenge.c backend/vault/challenge.h \
	backend/vault/enrol.c backend/vault/enrol.h \
	backend/vault/found.c backend/vault/found.h \
	backend/vault/give.c backend/vault/give.h \
	backend/vault/grant.c backend/vault/grant.h \
	backend/vault/head.c backend/vault/head.h \
	backend/vault/held.c backend/vault/held.h \
	backend/vault/ids.c backend/vault/ids.h \
	backend/vault/holder.c backend/vault/holder.h \
	backend/vault/limit.c backend/vault/limit.h \
	backend/vault/open.c backend/vault/open.h \
	backend/vault/mac.h \
	backend/vault/operator.c backend/vault/operator.h \
	backend/vault/org.c backend/vault/org.h \
	backend/vault/piece.c backend/vault/piece.h \
	backend/vault/place.c backend/vault/place.h \
	backend/vault/recovery.c backend/vault/recovery.h \
	backend/vault/refusal.c backend/vault/refusal.h \
	backend/vault/ring.c backend/vault/ring.h \
	backend/vault/root.c backend/vault/root.h \
	backend/vault/rule.c backend/vault/rule.h \
	backend/vault/self.c backend/vault/self.h \
	backend/vault/share.c backend/vault/share.h \
	backend/vault/ticket.c backend/vault/ticket.h \
	backend/vault/wrap.c backend/vault/wrap.h
