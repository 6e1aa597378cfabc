/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * scrypt as RFC 7914 has it, with salt and output of any length: so that its
 * test vectors can be run. Cards use emu_scrypt.
 */
#ifndef EMU_KDF_H
#define EMU_KDF_H

#include "emulator/crypto/crypto.h"

struct scrypt_cost {
	uint64_t n; /* a power of two */
	uint32_t r, p;
};

CB_MUST_USE enum cb_err emu_scrypt_any(const struct scrypt_cost *cost,
    struct cb_span salt, struct cb_span passcode, uint8_t *out, size_t n);

#endif
