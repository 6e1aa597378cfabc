# SPDX-License-Identifier: BSD-2-Clause
# Everything that holds keys: a library until there is a role around it.
noinst_LTLIBRARIES += backend/vault/libvault.la
backend_vault_libvault_la_SOURCES = \
	backend/vault/piece.c backend/vault/piece.h \
	backend/vault/place.c backend/vault/place.h \
	backend/vault/root.c backend/vault/root.h \
	backend/vault/self.c backend/vault/self.h \
	backend/vault/share.c backend/vault/share.h
