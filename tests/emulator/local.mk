# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/emulator/test_emulator
TESTS += tests/emulator/test_emulator
VALGRIND_TESTS += tests/emulator/test_emulator
tests_emulator_test_emulator_SOURCES = \
	tests/emulator/crypto_util.c \
	tests/emulator/crypto_util.h \
	tests/emulator/leak.c \
	tests/emulator/leak.h \
	tests/emulator/main.c \
	tests/emulator/nvm_test.c \
	tests/emulator/nvm_test.h \
	tests/emulator/rig.c \
	tests/emulator/rig.h \
	tests/emulator/rig_fault.c \
	tests/emulator/rig_fault.h \
	tests/emulator/rig_keys.c \
	tests/emulator/rig_scrypt.c \
	tests/emulator/rig_talk.c \
	tests/emulator/suites.h \
	tests/emulator/test_a3_access.c \
	tests/emulator/test_a3_card.c \
	tests/emulator/test_a3_facts.c \
	tests/emulator/test_a3_fault.c \
	tests/emulator/test_a3_files.c \
	tests/emulator/test_a3_keys.c \
	tests/emulator/test_a3_pins.c \
	tests/emulator/test_a3_select.c \
	tests/emulator/test_a5_access.c \
	tests/emulator/test_a5_files.c \
	tests/emulator/test_a5_keys.c \
	tests/emulator/test_a5_pins.c \
	tests/emulator/test_a5_select.c \
	tests/emulator/test_card.c \
	tests/emulator/test_card_fault.c \
	tests/emulator/test_card_secret.c \
	tests/emulator/test_cert.c \
	tests/emulator/test_crypto.c \
	tests/emulator/test_crypto_leak.c \
	tests/emulator/test_crypto_rsa.c \
	tests/emulator/test_crypto_rsa_use.c \
	tests/emulator/test_dispatch.c \
	tests/emulator/test_event.c \
	tests/emulator/test_ias_access.c \
	tests/emulator/test_ias_card.c \
	tests/emulator/test_ias_facts.c \
	tests/emulator/test_ias_files.c \
	tests/emulator/test_ias_keys.c \
	tests/emulator/test_ias_pins.c \
	tests/emulator/test_ias_select.c \
	tests/emulator/test_make.c \
	tests/emulator/test_nvm.c \
	tests/emulator/test_nvm_fault.c \
	tests/emulator/test_nvm_file.c \
	tests/emulator/test_nvm_journal.c \
	tests/emulator/test_nvm_lock.c \
	tests/emulator/test_parts.c \
	tests/emulator/test_pin.c \
	tests/emulator/test_policy.c \
	tests/emulator/test_profile.c \
	tests/emulator/test_service.c \
	tests/emulator/test_store.c \
	tests/emulator/test_template.c
tests_emulator_test_emulator_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) \
	$(LIBCRYPTO_CFLAGS) $(SQLITE_CFLAGS)
tests_emulator_test_emulator_LDFLAGS = $(program_ldflags) \
	-Wl,--wrap=emu_rsa_generate,--wrap=emu_scrypt
tests_emulator_test_emulator_LDADD = \
	tests/powercut/libpowercut.la emulator/libemulator.la common/libcommon.la \
	$(LIBCRYPTO_LIBS) $(SQLITE_LIBS) $(CHECK_LIBS)
