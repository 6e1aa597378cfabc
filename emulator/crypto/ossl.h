/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the files of crypto/ share: OpenSSL started once for the process, and
 * the algorithms fetched once. Nothing outside crypto/ includes this.
 *
 * OpenSSL's own failures are all CB_E_CRYPTO. Its error queue is emptied
 * where a call failed, since the next reader of it would be somebody else.
 * It wipes what it allocates, but promises nothing about the stack frames that
 * a key passed through, so the stack is wiped after it; that costs a
 * thousandth of a signature.
 */
#ifndef EMU_OSSL_H
#define EMU_OSSL_H

#include <openssl/evp.h>

#include "common/err.h"

struct emu_ossl {
	EVP_MD *sha1, *sha256;
	EVP_CIPHER *gcm, *des3;
	EVP_MAC *hmac;
	EVP_KDF *hkdf, *scrypt;
};

/* NULL: OpenSSL does not start, or lacks one of the algorithms. */
const struct emu_ossl *emu_ossl(void);
/* Ends every function that called OpenSSL: forgets its messages unless r is
 * CB_OK, wipes the stack that it used, passes r on. */
CB_MUST_USE enum cb_err emu_ossl_end(enum cb_err r);

#endif
