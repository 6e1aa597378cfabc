/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The secure heap's start, which has to come before OpenSSL's own.
 */
#ifndef CR_SECRET_H
#define CR_SECRET_H

/* Called once, by ossl.c. */
void cr_secret_start(void);

#endif
