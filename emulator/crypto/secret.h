/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The secure heap's start, which has to come before OpenSSL's own.
 */
#ifndef EMU_SECRET_H
#define EMU_SECRET_H

/* Called once, by ossl.c. */
void emu_secret_start(void);

#endif
