/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The built-in test CA, as it stands in data/test-ca.
 */
#ifndef EMU_TESTCA_H
#define EMU_TESTCA_H

#include "emulator/crypto/crypto.h"

/* Its published private key, ready for use; free with emu_rsa_free. */
CB_MUST_USE enum cb_err emu_test_ca_key(struct emu_rsa **out);

#endif
