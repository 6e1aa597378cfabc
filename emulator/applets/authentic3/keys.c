/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys and their use: PUT DATA, GENERATE KEY PAIR, MANAGE SECURITY
 * ENVIRONMENT, PERFORM SECURITY OPERATION. A key is a private key file below
 * DF 5015 that has its number for a FID and that SELECT does not find.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/authentic3/authentic3.h"

#define ALG_RSA_PKCS1 0x11	/* the only algorithm ever named */
#define KEY_NO_MAX 0x7F

/* The app's mse: template in the upper byte, key in the lower. */
enum { CRT_SIGN = 0xB6, CRT_DECIPHER = 0xB8 };

enum {
	TAG_MECHANISM = 0x80,
	TAG_EXPONENT = 0x82,	/* in GENERATE */
	TAG_NUMBER = 0x83,
	TAG_RULES = 0x86,
	TAG_PARAMETER = 0x87,	/* security parameter: nothing is known of it */
	TAG_COUNTER = 0x90,	/* usage counter: likewise */
	TAG_PUT = 0xA1,
	TAG_VALUE = 0xA5,
	TAG_GENERATE = 0xAC,
	TAG_PRIVATE = 0x7F48,
	TAG_PUBLIC = 0x7F49,
};

static const struct {
	uint8_t mechanism;
	uint16_t bits;
} mechanisms[] = {
	{ 0x08, 1024 },
	{ 0x09, 1280 },
	{ 0x0A, 1536 },
	{ 0x0B, 1792 },
	{ 0x0C, 2048 },
};

/* How a command names a key. */
struct key_name {
	uint16_t bits;
	uint8_t no;
};

/* 80 01 mechanism 83 01 number. */
static bool
get_name(struct cb_span *in, struct key_name *out)
{
	uint8_t mechanism;

	if (cb_tlv_expect_u8(in, TAG_MECHANISM, &mechanism) != CB_OK ||
	    cb_tlv_expect_u8(in, TAG_NUMBER, &out->no) != CB_OK ||
	    out->no == 0 || out->no > KEY_NO_MAX)
		return false;
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]);
	    i++) {
		if (mechanisms[i].mechanism != mechanism)
			continue;
		out->bits = mechanisms[i].bits;
		return true;
	}
	return false;
}

/* The key named, if `op` with it is allowed. */
static uint16_t
key_for(struct emu_call *c, const struct key_name *name, enum emu_op op,
    struct emu_file **f)
{
	if ((*f = a3_key(c->app, name->no)) == NULL)
		return SW_REF_NOT_FOUND;
	return emu_allowed(c->app, *f, op);
}

/* ---- PUT DATA ------------------------------------------------------------------ */

static uint16_t
key_create(
    struct emu_call *c, const struct key_name *name, struct cb_span rules)
{
	struct emu_file *dir = a3_dir(c->app);
	struct emu_file model = { .fid = name->no,
		.type = EMU_KEY_RSA_PRIVATE,
		.size = name->bits,
		.access_n = A3_RULES_KEY };
	uint16_t sw;

	if (rules.n != A3_RULES_KEY)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	memcpy(model.access, rules.p, rules.n);
	if (dir == NULL)
		return SW_FILE_NOT_FOUND;
	if ((sw = emu_allowed(c->app, dir, EMU_OP_CRYPTO)) != SW_OK)
		return sw;
	if (emu_fs_key(dir, name->no) != NULL)
		return SW_FILE_EXISTS;
	if ((sw = emu_policy_rsa(c->card, name->bits)) != SW_OK)
		return sw;
	return emu_fs_create(c->app, dir, &model, NULL);
}

/* One component into a buffer. */
struct component {
	uint32_t tag;
	struct cb_buf *into;
};

/* Each of them once, in any order. */
static bool
get_components(struct cb_span in, const struct component *want, size_t n)
{
	struct cb_span v;
	uint32_t tag;
	size_t i, got = 0;

	for (; in.n > 0; got++) {
		if (cb_tlv_get(&in, &tag, &v) != CB_OK || v.n == 0)
			return false;
		for (i = 0; i < n && want[i].tag != tag; i++)
			continue;
		if (i == n || want[i].into->n > 0 ||
		    cb_buf_set(want[i].into, v) != CB_OK)
			return false;
	}
	return got == n;
}

/* A5 (7F48 (92 p 93 q 94 qi 95 dp 96 dq) 7F49 (81 n 82 e)). */
static bool
get_value(struct cb_span in, struct emu_rsa_parts *parts)
{
	const struct component private[] = {
		{ 0x92, &parts->p },
		{ 0x93, &parts->q },
		{ 0x94, &parts->qi },
		{ 0x95, &parts->dp },
		{ 0x96, &parts->dq },
	};
	const struct component public[] = {
		{ 0x81, &parts->n },
		{ 0x82, &parts->e },
	};
	struct cb_span prv, pub;

	return cb_tlv_expect(&in, TAG_PRIVATE, &prv) == CB_OK &&
	    cb_tlv_expect(&in, TAG_PUBLIC, &pub) == CB_OK &&
	    cb_tlv_end(&in) == CB_OK &&
	    get_components(prv, private, sizeof(private) / sizeof(*private)) &&
	    get_components(pub, public, sizeof(public) / sizeof(*public));
}

static uint16_t
key_import(
    struct emu_call *c, const struct key_name *name, struct cb_span value)
{
	struct emu_rsa_parts parts = { 0 };
	struct emu_rsa *key = NULL;
	struct emu_file *f;
	uint16_t sw;

	if ((sw = key_for(c, name, EMU_OP_UPDATE, &f)) != SW_OK)
		return sw;
	sw = emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if (f->size != name->bits || !get_value(value, &parts))
		goto out;
	switch (emu_rsa_load(&key, &parts)) {
	case CB_OK:
		break;
	case CB_E_FORMAT:	/* these are not a key, or not one of them */
		goto out;
	default:
		sw = SW_MEMORY_FAILURE;
		goto out;
	}
	if (emu_rsa_bytes(key) * 8 == f->size)
		sw = emu_key_store_private(c->app, f, key);
	if (sw == SW_OK)
		emu_key_imported(c->app, f, key);
out:
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
	return sw;
}

static uint16_t
key_delete(
    struct emu_call *c, const struct key_name *name, struct cb_span none)
{
	struct emu_file *f;
	uint16_t sw;

	(void)none;
	if ((sw = key_for(c, name, EMU_OP_DELETE, &f)) != SW_OK)
		return sw;
	return emu_fs_delete(c->app, f);
}

/* What follows a key's name says what is to be done; nothing: delete it. */
static const struct put_form {
	uint32_t tag;
	size_t n;		/* bytes of its value; 0: any */
	uint16_t (*run)(struct emu_call *c, const struct key_name *name,
	    struct cb_span value);
} put_forms[] = {
	{ TAG_RULES, 0, key_create },
	{ TAG_VALUE, 0, key_import },
	{ TAG_PARAMETER, 1, NULL },
	{ TAG_COUNTER, 2, NULL },
};

/* A1 (name, then at most one thing to do; nothing twice). */
uint16_t
a3_put_key(struct emu_call *c)
{
	const struct put_form *todo = NULL;
	struct cb_span in = c->data, body, v, value = CB_SPAN_EMPTY;
	struct key_name name;
	uint32_t tag;
	unsigned seen = 0;
	size_t i;

	if (cb_tlv_expect(&in, TAG_PUT, &body) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || !get_name(&body, &name))
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if (body.n == 0)
		return key_delete(c, &name, value);
	while (body.n > 0) {
		const size_t n = sizeof(put_forms) / sizeof(put_forms[0]);

		if (cb_tlv_get(&body, &tag, &v) != CB_OK)
			return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
		for (i = 0; i < n && put_forms[i].tag != tag; i++)
			continue;
		if (i == n || (seen >> i & 1) != 0 ||
		    (put_forms[i].n != 0 && put_forms[i].n != v.n) ||
		    (put_forms[i].run != NULL && todo != NULL))
			return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
		seen |= 1u << i;
		if (put_forms[i].run == NULL)
			continue;
		todo = &put_forms[i];
		value = v;
	}
	return todo != NULL ? todo->run(c, &name, value)
			    : emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
}

/* ---- GENERATE ------------------------------------------------------------------ */

/* 7F49 (81 modulus, 82 exponent): the only time it can be had. */
static enum cb_err
put_public(const struct emu_rsa *key, struct cb_buf *out)
{
	struct emu_rsa_parts parts = { 0 };
	enum cb_err r;
	size_t mark;

	if ((r = emu_rsa_parts(key, &parts)) == CB_OK &&
	    (r = cb_tlv_open(out, TAG_PUBLIC, &mark)) == CB_OK &&
	    (r = cb_tlv_put(out, 0x81, cb_buf_span(&parts.n))) == CB_OK &&
	    (r = cb_tlv_put(out, 0x82, cb_buf_span(&parts.e))) == CB_OK)
		r = cb_tlv_close(out, mark);
	emu_rsa_parts_free(&parts);
	return r;
}

/* AC (name [82 exponent]). */
uint16_t
a3_generate(struct emu_call *c)
{
	struct cb_span in = c->data, body, e = CB_SPAN_EMPTY;
	struct emu_rsa *key = NULL;
	struct key_name name;
	struct emu_file *f;
	uint16_t sw;

	if (cb_tlv_expect(&in, TAG_GENERATE, &body) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || !get_name(&body, &name) ||
	    (body.n > 0 &&
		(cb_tlv_expect(&body, TAG_EXPONENT, &e) != CB_OK ||
		    e.n == 0 || cb_tlv_end(&body) != CB_OK)))
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if ((sw = key_for(c, &name, EMU_OP_GENERATE, &f)) != SW_OK)
		return sw;
	if (f->size != name.bits)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if ((sw = emu_key_generate(c->app, f, e, &key)) == SW_OK &&
	    put_public(key, c->rsp) != CB_OK)
		sw = SW_MEMORY_FAILURE;
	emu_rsa_free(&key);
	return sw;
}

/* ---- MSE and PSO --------------------------------------------------------------- */

/* 22 41 B6|B8: 80 01 11 83 01 number. */
uint16_t
a3_mse_set(struct emu_call *c)
{
	struct cb_span in = c->data;
	uint8_t algorithm, no;

	if (cb_tlv_expect_u8(&in, TAG_MECHANISM, &algorithm) != CB_OK ||
	    cb_tlv_expect_u8(&in, TAG_NUMBER, &no) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || algorithm != ALG_RSA_PKCS1)
		return emu_sw(c->card, EMU_ANS_MSE_DATA);
	if (a3_key(c->app, no) == NULL)
		return SW_REF_NOT_FOUND;
	c->app->mse = (uint32_t)c->p2 << 8 | no;
	return SW_OK;
}

/* The key that was set up, if `op` with it is allowed. */
static uint16_t
pso_key(struct emu_call *c, unsigned crt, enum emu_op op, struct emu_file **f)
{
	*f = NULL;
	if (c->app->mse >> 8 != crt)
		return emu_sw(c->card, EMU_ANS_NO_MSE);
	if ((*f = a3_key(c->app, (uint8_t)c->app->mse)) == NULL)
		return SW_REF_NOT_FOUND;
	return emu_key_allowed(c->app, *f, op);
}

/* Hosts send a bare SHA-1 or SHA-256 hash with the algorithm of a ready
 * DigestInfo: its length alone tells. */
uint16_t
a3_pso_sign(struct emu_call *c)
{
	struct cb_buf data = CB_BUF_INIT;
	struct emu_file *f;
	uint16_t sw;

	if ((sw = pso_key(c, CRT_SIGN, EMU_OP_SIGN, &f)) != SW_OK)
		return sw;
	if (emu_digest_info(c->data, &data) != CB_OK)
		sw = SW_UNKNOWN;
	else
		sw = emu_key_sign(c->app, f, cb_buf_span(&data), c->rsp);
	cb_buf_free(&data);
	return sw;
}

uint16_t
a3_pso_decipher(struct emu_call *c)
{
	struct emu_file *f;
	uint16_t sw;

	if ((sw = pso_key(c, CRT_DECIPHER, EMU_OP_DECIPHER, &f)) != SW_OK)
		return sw;
	return emu_key_decipher(c->app, f, c->data, c->rsp);
}
