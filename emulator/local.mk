# SPDX-License-Identifier: BSD-2-Clause
# What a card is. Other rooms include emu.h only.
noinst_LTLIBRARIES += emulator/libemulator.la
emulator_libemulator_la_SOURCES = \
	emulator/access.c \
	emulator/access.h \
	emulator/answers.c \
	emulator/answers.h \
	emulator/applets/applet.h \
	emulator/applets/applets.c \
	emulator/applets/authentic3/access.c \
	emulator/applets/authentic3/authentic3.c \
	emulator/applets/authentic3/authentic3.h \
	emulator/applets/authentic3/keys.c \
	emulator/applets/authentic3/pins.c \
	emulator/applets/authentic5/access.c \
	emulator/applets/authentic5/authentic5.c \
	emulator/applets/authentic5/authentic5.h \
	emulator/applets/authentic5/crypto.c \
	emulator/applets/authentic5/pins.c \
	emulator/applets/card_manager/card_manager.c \
	emulator/card.c \
	emulator/card.h \
	emulator/crypto/cert.c \
	emulator/crypto/cert.h \
	emulator/crypto/cert_draft.h \
	emulator/crypto/cert_ext.c \
	emulator/crypto/cert_read.c \
	emulator/crypto/crypto.h \
	emulator/crypto/des.c \
	emulator/crypto/env.c \
	emulator/crypto/hash.c \
	emulator/crypto/heavy.c \
	emulator/crypto/heavy.h \
	emulator/crypto/kdf.c \
	emulator/crypto/kdf.h \
	emulator/crypto/ossl.c \
	emulator/crypto/ossl.h \
	emulator/crypto/rsa.c \
	emulator/crypto/rsa_key.h \
	emulator/crypto/rsa_use.c \
	emulator/crypto/seal.c \
	emulator/crypto/secret.c \
	emulator/crypto/secret.h \
	emulator/crypto/testca.c \
	emulator/crypto/testca.h \
	emulator/describe.c \
	emulator/dispatch.c \
	emulator/domain.c \
	emulator/domain.h \
	emulator/ef_linear.c \
	emulator/ef_transparent.c \
	emulator/emu.h \
	emulator/fs.c \
	emulator/fs.h \
	emulator/iso_cmds.c \
	emulator/iso_cmds.h \
	emulator/keys.c \
	emulator/make.c \
	emulator/nvm.c \
	emulator/nvm.h \
	emulator/nvm_file.c \
	emulator/nvm_file.h \
	emulator/nvm_file_head.c \
	emulator/nvm_file_journal.c \
	emulator/nvm_file_keep.c \
	emulator/nvm_file_lock.c \
	emulator/nvm_file_new.c \
	emulator/nvm_file_open.c \
	emulator/nvm_file_sql.c \
	emulator/nvm_mem.c \
	emulator/parts.c \
	emulator/pin.c \
	emulator/pin.h \
	emulator/policy.c \
	emulator/profile.c \
	emulator/profile.h \
	emulator/profile_app.c \
	emulator/profile_read.c \
	emulator/profile_read.h \
	emulator/published.c \
	emulator/published.h \
	emulator/select.c \
	emulator/store.c \
	emulator/store.h \
	emulator/store_load.c \
	emulator/template.c \
	emulator/template.h \
	emulator/template_eval.h \
	emulator/template_names.c \
	emulator/template_put.c
emulator_libemulator_la_CFLAGS = $(AM_CFLAGS) \
	$(LIBCRYPTO_CFLAGS) $(SQLITE_CFLAGS) $(LIBCONFIG_CFLAGS)
emulator_libemulator_la_LIBADD = \
	$(LIBCRYPTO_LIBS) $(SQLITE_LIBS) $(LIBCONFIG_LIBS)
