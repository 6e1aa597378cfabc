/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys and their use: PUT and GET KEY COMPONENT, GENERATE KEY PAIR, MANAGE
 * SECURITY ENVIRONMENT, PERFORM SECURITY OPERATION. The key is always the
 * current EF; MSE names the algorithm only and outlives the selection of EFs.
 */
#include <string.h>

#include "common/ct.h"
#include "emulator/applets/authentic5/authentic5.h"
#include "emulator/iso_cmds.h"

#define ALG_RSA_PKCS1 0x11	/* the only algorithm ever named */

enum { MSE_SIGN = 1, MSE_DECIPHER = 2 };	/* bits of app->mse */

enum { TAG_DES = 0x80, TAG_PUBLIC = 0xA1, TAG_PRIVATE = 0xA3 };

/* What a key file takes: data tag and numbers of components. */
static const struct key_form {
	uint8_t type, tag, first, last;
} key_forms[] = {
	{ EMU_KEY_DES, TAG_DES, 0, 0 },
	{ EMU_KEY_RSA_PUBLIC, TAG_PUBLIC, 1, 2 },
	{ EMU_KEY_RSA_PRIVATE, TAG_PRIVATE, 1, 5 },
};

static const struct key_form *
key_form(uint8_t type)
{
	for (size_t i = 0; i < sizeof(key_forms) / sizeof(key_forms[0]); i++)
		if (key_forms[i].type == type)
			return &key_forms[i];
	return NULL;
}

/* A chain of `TT LL value 00` blocks put together. */
static enum cb_err
component_value(struct cb_span in, uint8_t tag, struct cb_buf *out)
{
	struct cb_span value;
	uint8_t t, n, end;
	enum cb_err r;

	while (in.n > 0) {
		if ((r = cb_get_u8(&in, &t)) != CB_OK ||
		    (r = cb_get_u8(&in, &n)) != CB_OK ||
		    (r = cb_get_span(&in, n, &value)) != CB_OK ||
		    (r = cb_get_u8(&in, &end)) != CB_OK)
			return r;
		if (t != tag || end != 0)
			return CB_E_FORMAT;
		if ((r = cb_buf_add(out, value)) != CB_OK)
			return r;
	}
	return CB_OK;
}

/* `80 LL key 03 kcv`: the check value must be the key's. */
static enum cb_err
des_value(struct cb_span in, struct cb_buf *out)
{
	struct cb_span key, kcv;
	uint8_t t, n, kcv_n, want[3];
	enum cb_err r;

	if ((r = cb_get_u8(&in, &t)) != CB_OK ||
	    (r = cb_get_u8(&in, &n)) != CB_OK ||
	    (r = cb_get_span(&in, n, &key)) != CB_OK ||
	    (r = cb_get_u8(&in, &kcv_n)) != CB_OK ||
	    (r = cb_get_span(&in, kcv_n, &kcv)) != CB_OK ||
	    (r = cb_get_end(&in)) != CB_OK)
		return r;
	if (t != TAG_DES || kcv_n != sizeof(want))
		return CB_E_FORMAT;
	if ((r = emu_des_kcv(key, want)) != CB_OK)
		return r;
	if (!cb_ct_equal(kcv, CB_SPAN_OF(want)))
		return CB_E_FORMAT;
	return cb_buf_add(out, key);
}

/* Is the value one that component `cc` of f can have? Numbers behind the
 * primes come without their leading zeros from some hosts: they get them
 * back. */
static bool
component_fits(const struct emu_file *f, uint8_t cc, struct cb_buf *value)
{
	const size_t bytes = f->size / 8u;

	if (value->n == 0)
		return false;
	switch (f->type) {
	case EMU_KEY_RSA_PRIVATE:
		return cc <= 2
		    ? value->n == bytes / 2
		    : cb_buf_pad_front(value, bytes / 2) == CB_OK;
	case EMU_KEY_RSA_PUBLIC:
		return cc == 1 ? value->n == bytes : value->n <= 255;
	default:
		return value->n == bytes;
	}
}

uint16_t
a5_put_component(struct emu_call *c)
{
	struct cb_buf value = CB_BUF_INIT;
	const struct key_form *form;
	struct emu_file *f = c->app->ef;
	enum cb_err r;
	uint16_t sw;

	if (f == NULL)
		return emu_sw(c->card, EMU_ANS_NO_CURRENT_EF);
	if ((form = key_form(f->type)) == NULL)
		return emu_sw(c->card, EMU_ANS_WRONG_FILE_TYPE);
	if (c->p1 < form->first || c->p1 > form->last ||
	    c->p2 != (form->tag == TAG_DES ? 0x00 : 0x04))
		return SW_WRONG_P1P2;
	if ((sw = emu_allowed(c->app, f, EMU_OP_UPDATE)) != SW_OK)
		return sw;
	r = form->tag == TAG_DES ? des_value(c->data, &value)
				 : component_value(c->data, form->tag, &value);
	if (r != CB_OK || !component_fits(f, c->p1, &value))
		sw = emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	else
		sw = emu_key_put(c->app, f, c->p1, cb_buf_span(&value));
	if (sw == SW_OK)
		emu_key_imported(c->app, f, NULL);
	cb_buf_free(&value);
	return sw;
}

uint16_t
a5_get_component(struct emu_call *c)
{
	struct emu_file *f = c->app->ef;
	struct cb_span s;
	uint16_t sw;

	if (f == NULL)
		return emu_sw(c->card, EMU_ANS_NO_CURRENT_EF);
	if (f->type != EMU_KEY_RSA_PUBLIC)
		return emu_sw(c->card, EMU_ANS_WRONG_FILE_TYPE);
	if (c->p1 < 1 || c->p1 > 2)
		return SW_WRONG_P1P2;
	sw = emu_part_get(c->app, f, c->p1, &s);
	if (sw == SW_RECORD_NOT_FOUND)
		return emu_sw(c->card, EMU_ANS_COMPONENT_ABSENT);
	if (sw == SW_OK && cb_buf_add(c->rsp, s) != CB_OK)
		sw = SW_UNKNOWN;
	return sw;
}

/* 46: PUBFID PRVFID [length and value of another public exponent]. */
uint16_t
a5_generate(struct emu_call *c)
{
	struct cb_span in = c->data, e = CB_SPAN_EMPTY;
	struct emu_file *pub, *prv;
	struct emu_rsa_parts parts = { 0 };
	struct emu_rsa *key = NULL;
	uint16_t pub_fid, prv_fid, sw;
	uint8_t n;

	if (cb_get_u16(&in, &pub_fid) != CB_OK ||
	    cb_get_u16(&in, &prv_fid) != CB_OK)
		return SW_WRONG_LENGTH;
	if (in.n > 0 &&
	    (cb_get_u8(&in, &n) != CB_OK || n == 0 ||
		cb_get_span(&in, n, &e) != CB_OK ||
		cb_get_end(&in) != CB_OK))
		return SW_WRONG_LENGTH;
	if ((pub = emu_fs_child(c->app->df, pub_fid)) == NULL ||
	    (prv = emu_fs_child(c->app->df, prv_fid)) == NULL)
		return SW_FILE_NOT_FOUND;
	if (pub->type != EMU_KEY_RSA_PUBLIC ||
	    prv->type != EMU_KEY_RSA_PRIVATE || pub->size != prv->size)
		return emu_sw(c->card, EMU_ANS_KEY_FILE_TYPES);
	if ((sw = emu_allowed(c->app, c->app->df, EMU_OP_CRYPTO)) != SW_OK ||
	    (sw = emu_allowed(c->app, prv, EMU_OP_UPDATE)) != SW_OK)
		return sw;
	if ((sw = emu_key_generate(c->app, prv, e, &key)) == SW_OK &&
	    (sw = emu_key_store_public(c->app, pub, key)) == SW_OK &&
	    (emu_rsa_parts(key, &parts) != CB_OK ||
		cb_buf_add(c->rsp, cb_buf_span(&parts.n)) != CB_OK))
		sw = SW_MEMORY_FAILURE;
	emu_rsa_parts_free(&parts);
	emu_rsa_free(&key);
	return sw;
}

/* 22 41 B6|B8: 80 01 11. */
uint16_t
a5_mse_set(struct emu_call *c)
{
	const uint8_t wanted[] = { 0x80, 0x01, ALG_RSA_PKCS1 };

	if (!cb_span_equal(c->data, CB_SPAN_OF(wanted)))
		return emu_sw(c->card, EMU_ANS_MSE_DATA);
	c->app->mse |= c->p2 == 0xB6 ? MSE_SIGN : MSE_DECIPHER;
	return SW_OK;
}

/* The current private key, if `op` with it is allowed and set up. */
static uint16_t
pso_key(struct emu_call *c, uint32_t mse, enum emu_op op)
{
	struct emu_file *f = c->app->ef;
	uint16_t sw;

	if (f == NULL)
		return emu_sw(c->card, EMU_ANS_NO_CURRENT_EF);
	if (f->type != EMU_KEY_RSA_PRIVATE)
		return emu_sw(c->card, EMU_ANS_WRONG_FILE_TYPE);
	if ((sw = emu_key_allowed(c->app, f, op)) != SW_OK)
		return sw;
	return (c->app->mse & mse) == 0 ? emu_sw(c->card, EMU_ANS_NO_MSE)
					: SW_OK;
}

uint16_t
a5_pso_sign(struct emu_call *c)
{
	uint16_t sw;

	if ((sw = pso_key(c, MSE_SIGN, EMU_OP_SIGN)) != SW_OK)
		return sw;
	return emu_key_sign(c->app, c->app->ef, c->data, c->rsp);
}

uint16_t
a5_pso_decipher(struct emu_call *c)
{
	uint16_t sw;

	if ((sw = pso_key(c, MSE_DECIPHER, EMU_OP_DECIPHER)) != SW_OK)
		return sw;
	return emu_key_decipher(c->app, c->app->ef, c->data, c->rsp);
}
