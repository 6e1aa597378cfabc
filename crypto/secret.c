/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Locked memory for the few bytes that open everything else: domain secrets,
 * MACs of passcodes, the working memory of an RSA key being loaded.
 *
 * It is OpenSSL's secure heap, which OpenSSL itself draws on as well: half a
 * KiB for the generators of each thread, a few KiB while a key is made.
 * OpenSSL has no fall-back: with the heap used up, a new thread gets no
 * random bytes. So our own allocations leave it half, enough for a thousand
 * threads, and go to ordinary (still wiped) memory beyond that. A login takes
 * 96 bytes. Pages are resident only once they are touched.
 */
#include <stdatomic.h>

#include <openssl/crypto.h>

#include "common/log.h"
#include "crypto/crypto.h"
#include "crypto/ossl.h"
#include "crypto/secret.h"

#define HEAP_SIZE ((size_t)1 << 20) /* a power of two */
#define HEAP_LEAST 32               /* smallest block */
#define HEAP_OURS (HEAP_SIZE / 2)   /* in use, then we step aside */

static atomic_flag warned = ATOMIC_FLAG_INIT;

static void
warn(const char *what)
{
	if (!atomic_flag_test_and_set(&warned))
		cb_log(CB_LOG_WARNING,
		    "%s: keys in use may reach the swap "
		    "space",
		    what);
}

void
cr_secret_start(void)
{
	if (CRYPTO_secure_malloc_init(HEAP_SIZE, HEAP_LEAST) != 1)
		warn("memory cannot be locked (see ulimit -l)");
}

void *
cr_secret_new(size_t n)
{
	void *p = NULL;

	if (cr_ossl() == NULL)
		return NULL;
	if (n == 0)
		n = 1;
	if (CRYPTO_secure_malloc_initialized() == 1) {
		if (n <= HEAP_OURS && CRYPTO_secure_used() <= HEAP_OURS - n)
			p = OPENSSL_secure_zalloc(n);
		if (p == NULL)
			warn("locked memory is used up");
	}
	if (p == NULL)
		p = OPENSSL_zalloc(n);
	return p;
}

void
cr_secret_free(void *p, size_t n)
{
	/* Knows which of the two heaps it came from. */
	if (p != NULL)
		OPENSSL_secure_clear_free(p, n);
}
