/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys from passcodes: scrypt (RFC 7914). Its table holds nothing that outlives the call: OpenSSL
 * wipes it, and we give the memory back to the system, since a bridge at rest
 * must not keep 32 MiB of zeros.
 */
#include <malloc.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "emulator/crypto/heavy.h"
#include "emulator/crypto/kdf.h"
#include "crypto/ossl.h"

#define SCRYPT_MEM_MAX ((uint64_t)256 << 20)

enum cb_err
emu_scrypt_any(const struct scrypt_cost *cost, struct cb_span salt,
    struct cb_span passcode, uint8_t *out, size_t n)
{
	const struct cr_ossl *ossl = cr_ossl();
	struct scrypt_cost c = *cost;
	uint64_t limit = SCRYPT_MEM_MAX * 2;
	const OSSL_PARAM how[] = {
		cr_octets(OSSL_KDF_PARAM_PASSWORD, passcode),
		cr_octets(OSSL_KDF_PARAM_SALT, salt),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &c.n),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &c.r),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &c.p),
		OSSL_PARAM_construct_uint64(
		    OSSL_KDF_PARAM_SCRYPT_MAXMEM, &limit),
		OSSL_PARAM_construct_end(),
	};
	enum cb_err r;

	/* RFC 7914, 6: V and B. OpenSSL's own count is a little higher. */
	if (128 * (uint64_t)c.r * (c.n + c.p) > SCRYPT_MEM_MAX)
		return CB_E_LIMIT;
	if (ossl == NULL)
		return CB_E_CRYPTO;
	r = cr_derive(ossl->scrypt, how, out, n);
	/* glibc keeps freed blocks below 32 MiB for the next caller. */
	(void)malloc_trim(0);
	return r;
}

struct passcode {
	const struct scrypt_cost *cost;
	struct cb_span salt, passcode;
	uint8_t *out;
};

static enum cb_err
from_passcode(void *arg)
{
	const struct passcode *p = arg;

	return emu_scrypt_any(
	    p->cost, p->salt, p->passcode, p->out, EMU_KEY);
}

enum cb_err
emu_scrypt(
    const struct emu_scrypt *how, struct cb_span passcode, uint8_t out[EMU_KEY])
{
	struct scrypt_cost cost = { 0, how->r, how->p };

	if (how->log2n < 10 || how->log2n > 20 || how->r == 0 || how->p == 0)
		return CB_E_ARG;
	cost.n = (uint64_t)1 << how->log2n;
	return emu_heavy(from_passcode,
	    &(struct passcode){
		&cost, CB_SPAN_OF(how->salt), passcode, out });
}
