/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys at work: MANAGE SECURITY ENVIRONMENT, INTERNAL AUTHENTICATE, PERFORM
 * SECURITY OPERATION. An environment holds one key with its algorithm, and
 * beside it one algorithm for hashing; both stay until they are set anew or an
 * application is selected.
 *
 * The card signs what it has hashed itself, at least the last round of it: PSO
 * HASH brings the state in which the host has left the hash, and what is still
 * to come. INTERNAL AUTHENTICATE signs whatever it is given.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/iasecc/iasecc.h"

#define STATE_BITS_N 8		/* behind a state: bits hashed so far */
#define HASH_BLOCK 64
#define PADDING_PKCS1 0x81	/* before a cryptogram */

enum { CRT_AUTH = 0xA4, CRT_HASH = 0xAA, CRT_SIGN = 0xB6, CRT_DECIPHER = 0xB8 };

static const struct algorithm {
	uint8_t crt, reference, hash_n;
} algorithms[] = {
	{ CRT_AUTH, 0x02, 0 },		/* RSA, PKCS#1 v1.5 */
	{ CRT_HASH, 0x10, 20 },		/* SHA-1 */
	{ CRT_HASH, 0x40, 32 },		/* SHA-256 */
	{ CRT_SIGN, 0x12, 20 },
	{ CRT_SIGN, 0x42, 32 },
	{ CRT_DECIPHER, 0x1A, 0 },
};

/* The app's mse: hash algorithm, template and its algorithm, a byte each. */
enum { MSE_HASH = 0xFF0000, MSE_KEY = 0x00FFFF };

static const struct algorithm *
algorithm(uint8_t crt, uint8_t reference)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]);
	    i++)
		if (algorithms[i].crt == crt &&
		    algorithms[i].reference == reference)
			return &algorithms[i];
	return NULL;
}

/* ---- MSE ---------------------------------------------------------------- */

/* 22 41 AA: 80 01 algorithm. */
uint16_t
ias_mse_set_hash(struct emu_call *c)
{
	struct cb_span in = c->data;
	uint8_t reference;

	if (cb_tlv_expect_u8(&in, 0x80, &reference) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK ||
	    algorithm(CRT_HASH, reference) == NULL)
		return emu_sw(c->card, EMU_ANS_MSE_DATA);
	c->app->mse = (c->app->mse & MSE_KEY) | (uint32_t)reference << 16;
	c->app->hash_n = 0;
	return SW_OK;
}

/* A reference with bit 8 names a key of the current DF, or above it, but not
 * one of the root; the others are there. */
static struct emu_file *
key_by_reference(const struct emu_app *app, uint8_t reference)
{
	struct emu_file *f = ias_object(
	    (reference & 0x80) != 0 ? app->df : app->mf, IAS_PRIVATE,
	    reference & 0x7F);

	return f != NULL && (reference & 0x80) != 0 && f->parent == app->mf
	    ? NULL
	    : f;
}

/* 22 41 A4|B6|B8: 84 01 key, 80 01 algorithm. */
uint16_t
ias_mse_set(struct emu_call *c)
{
	struct cb_span in = c->data;
	uint8_t reference, key;
	const struct emu_file *f;

	if (cb_tlv_expect_u8(&in, 0x84, &key) != CB_OK ||
	    cb_tlv_expect_u8(&in, 0x80, &reference) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || algorithm(c->p2, reference) == NULL)
		return emu_sw(c->card, EMU_ANS_MSE_DATA);
	if ((f = key_by_reference(c->app, key)) == NULL)
		return SW_REF_NOT_FOUND;
	if (f->template != 0 && f->template != c->p2)
		return emu_sw(c->card, EMU_ANS_KEY_TEMPLATE);
	c->app->mse = (c->app->mse & MSE_HASH) | (uint32_t)c->p2 << 8 |
	    reference;
	c->app->mse_key = f->id;
	return SW_OK;
}

/* The key that was set up for a template, if `op` with it is allowed, and
 * what the algorithm is. */
static uint16_t
key_set(struct emu_call *c, uint8_t crt, enum emu_op op, struct emu_file **f,
    const struct algorithm **how)
{
	const uint32_t mse = c->app->mse;
	uint16_t sw;

	*f = NULL;
	if ((uint8_t)(mse >> 8) != crt)
		return emu_sw(c->card, EMU_ANS_NO_MSE);
	*how = algorithm(crt, (uint8_t)mse);
	*f = emu_fs_by_id(c->app, c->app->mse_key);
	if (*f == NULL || *how == NULL)
		return SW_REF_NOT_FOUND;
	if ((sw = emu_allowed(c->app, *f, op)) != SW_OK)
		return sw;
	/* Also one whose arithmetic would do with the components so far: it
	 * says that it is empty. */
	return emu_key_filled(*f) ? SW_OK
				  : emu_sw(c->card, EMU_ANS_KEY_INCOMPLETE);
}

/* ---- operations --------------------------------------------------------- */

uint16_t
ias_authenticate(struct emu_call *c)
{
	const struct algorithm *how;
	struct emu_file *f;
	uint16_t sw;

	if ((sw = key_set(c, CRT_AUTH, EMU_OP_AUTH, &f, &how)) != SW_OK)
		return sw;
	return emu_key_sign(c->app, f, c->data, c->rsp);
}

/* 90 (state, bits) or (), 80 what is left of the text: less than a block. */
uint16_t
ias_pso_hash(struct emu_call *c)
{
	const struct algorithm *how =
	    algorithm(CRT_HASH, (uint8_t)(c->app->mse >> 16));
	struct cb_span in = c->data, state, rest, tail;
	uint64_t bits = 0;

	if (how == NULL)
		return emu_sw(c->card, EMU_ANS_NO_MSE);
	c->app->hash_n = 0;
	if (cb_tlv_expect(&in, 0x90, &state) != CB_OK ||
	    cb_tlv_expect(&in, 0x80, &rest) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || rest.n >= HASH_BLOCK ||
	    (state.n != 0 && state.n != (size_t)how->hash_n + STATE_BITS_N))
		return emu_sw(c->card, EMU_ANS_HASH_DATA);
	if (state.n > 0) {
		tail = cb_span_tail(state, how->hash_n);
		state = cb_span_head(state, how->hash_n);
		if (cb_get_u64(&tail, &bits) != CB_OK)
			return emu_sw(c->card, EMU_ANS_HASH_DATA);
	}
	switch (emu_sha_finish(how->hash_n, state, bits, rest, c->app->hash)) {
	case CB_OK:
		c->app->hash_n = how->hash_n;
		return SW_OK;
	case CB_E_ARG:
		return emu_sw(c->card, EMU_ANS_HASH_DATA);
	default:
		return SW_UNKNOWN;
	}
}

/* Signs the hash, once. */
uint16_t
ias_pso_sign(struct emu_call *c)
{
	struct cb_buf info = CB_BUF_INIT;
	const struct algorithm *how;
	struct emu_file *f;
	uint16_t sw;

	if ((sw = key_set(c, CRT_SIGN, EMU_OP_SIGN, &f, &how)) != SW_OK)
		return sw;
	if (c->app->hash_n == 0 || c->app->hash_n != how->hash_n)
		return emu_sw(c->card, EMU_ANS_NO_MSE);
	if (emu_digest_info(cb_span(c->app->hash, c->app->hash_n), &info) !=
	    CB_OK)
		sw = SW_UNKNOWN;
	else
		sw = emu_key_sign(c->app, f, cb_buf_span(&info), c->rsp);
	if (sw == SW_OK)
		c->app->hash_n = 0;
	cb_buf_free(&info);
	return sw;
}

uint16_t
ias_pso_decipher(struct emu_call *c)
{
	const struct algorithm *how;
	struct emu_file *f;
	uint16_t sw;

	if ((sw = key_set(c, CRT_DECIPHER, EMU_OP_DECIPHER, &f, &how)) != SW_OK)
		return sw;
	if (c->data.p[0] != PADDING_PKCS1)
		return emu_sw(c->card, EMU_ANS_PADDING_INDICATOR);
	return emu_key_decipher(c->app, f, cb_span_tail(c->data, 1), c->rsp);
}
