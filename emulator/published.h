/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A file of published keys and certificates, for test cards that must be the
 * same everywhere: sections `[name]` of lines `field=hex`, with fields n p q
 * qi dp dq and cert.
 */
#ifndef EMU_PUBLISHED_H
#define EMU_PUBLISHED_H

#include "emulator/crypto/crypto.h"

/* Reads one section. CB_E_ABSENT, CB_E_FORMAT: *why names file and line. */
CB_MUST_USE enum cb_err emu_published_read(const char *path,
    const char *section, struct emu_rsa_parts *key, struct cb_buf *cert,
    struct cb_why *why);

#endif
