/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key objects: made and filled by PUT DATA, or filled by GENERATE KEY PAIR.
 * The two halves of a pair share a number; each has access rules of its own.
 *
 * The private half takes its components one by one. With the first that comes
 * for a key which is whole it is begun anew, and when all five are there they
 * must make a key: components that do not (some hosts write A5 over them all)
 * are how it is emptied. So there is never half of one key and half of another.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/iasecc/iasecc.h"

#define EXPONENT_MAX 8

enum {
	TAG_TEMPLATE = 0x80,	/* and, in DOCP, the bytes of the modulus */
	TAG_MODULUS = 0x81,
	TAG_EXPONENT = 0x82,
	TAG_COMPONENTS = 0x91,	/* 92 p, 93 q, 94 qi, 95 dp, 96 dq */
};

/* A half of a pair in the current DF or above, if `op` with it is allowed. */
static uint16_t
key_for(struct emu_call *c, uint8_t class, uint8_t no, enum emu_op op,
    struct emu_file **f)
{
	if ((*f = ias_object(c->app->df, class, no)) == NULL)
		return SW_REF_NOT_FOUND;
	return emu_allowed(c->app, *f, op);
}

bool
ias_key_fixed(const struct emu_file *private)
{
	return (private->access[0] & IAS_AMB_GENERATE) == 0 &&
	    emu_key_filled(private);
}

/* Is this half one of a pair that was given for good? */
static bool
pair_fixed(const struct emu_file *half, uint8_t no)
{
	const struct emu_file *private =
	    emu_fs_key(half->parent, (uint16_t)(IAS_PRIVATE << 8 | no));

	return private != NULL && ias_key_fixed(private);
}

/* A half to write into. That a pair is fixed is said before who may write. */
static uint16_t
key_to_fill(
    struct emu_call *c, uint8_t class, uint8_t no, struct emu_file **f)
{
	if ((*f = ias_object(c->app->df, class, no)) != NULL &&
	    pair_fixed(*f, no))
		return emu_sw(c->card, EMU_ANS_KEY_FILLED);
	return key_for(c, class, no, EMU_OP_UPDATE, f);
}

/* ---- CREATE, DELETE ----------------------------------------------------- */

static bool
bits_good(unsigned bits)
{
	return bits == 512 ||
	    (bits >= 1024 && bits <= 2048 && bits % 256 == 0);
}

/* A1 (8C access), 9E of a private key, 80 bytes of the modulus. */
static bool
parse_use(struct cb_span in, struct emu_file *model)
{
	struct cb_span rules, access;
	uint8_t commits = 0;
	uint16_t bytes;

	if (cb_tlv_expect(&in, 0xA1, &rules) != CB_OK ||
	    cb_tlv_expect(&rules, 0x8C, &access) != CB_OK ||
	    cb_tlv_end(&rules) != CB_OK ||
	    access.n != ias_access_n(model->type, access) ||
	    (model->type == EMU_KEY_RSA_PRIVATE &&
		(cb_tlv_expect_u8(&in, 0x9E, &commits) != CB_OK ||
		    commits > 1)) ||
	    cb_tlv_expect_u16(&in, 0x80, &bytes) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || bytes > 256 || !bits_good(8u * bytes))
		return false;
	memcpy(model->access, access.p, access.n);
	model->access[0] &= IAS_AMB_ALL;
	model->access_n = (uint8_t)access.n;
	model->size = (uint16_t)(8 * bytes);
	model->commits = commits != 0;
	return true;
}

uint16_t
ias_key_create(
    struct emu_call *c, uint8_t class, uint8_t no, struct cb_span value)
{
	struct emu_file *df = c->app->df;
	struct emu_file model = { .fid = (uint16_t)(class << 8 | no),
		.type = class == IAS_PRIVATE ? EMU_KEY_RSA_PRIVATE
					     : EMU_KEY_RSA_PUBLIC };
	uint16_t sw;

	if (!parse_use(value, &model))
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if ((sw = emu_allowed(c->app, df, EMU_OP_CREATE)) != SW_OK)
		return sw;
	if (emu_fs_key(df, model.fid) != NULL)
		return SW_FILE_EXISTS;
	if ((sw = emu_policy_rsa(c->card, model.size)) != SW_OK)
		return sw;
	return emu_fs_create(c->app, df, &model, NULL);
}

uint16_t
ias_key_delete(
    struct emu_call *c, uint8_t class, uint8_t no, struct cb_span none)
{
	struct emu_file *f;
	uint16_t sw;

	(void)none;
	if ((sw = key_for(c, class, no, EMU_OP_UPDATE, &f)) != SW_OK)
		return sw;
	if (pair_fixed(f, no))
		return emu_sw(c->card, EMU_ANS_KEY_FILLED);
	return emu_fs_delete(c->app, f);
}

/* ---- import ------------------------------------------------------------- */

/* All five components are there: are they a key, and one of this length? */
static uint16_t
key_check(struct emu_call *c, struct emu_file *f)
{
	struct emu_rsa *key;
	uint16_t sw;

	sw = emu_key_private(c->app, f, &key);
	if (sw == SW_SECURITY_STATUS)	/* written by who may not use it */
		return SW_OK;
	if (sw == SW_OK && emu_rsa_bytes(key) * 8 == f->size)
		return SW_OK;
	return sw == SW_OK || sw == SW_DATA_NOT_USABLE
	    ? emu_key_empty(c->app, f)
	    : sw;
}

/* Is it one that this key can have? Numbers behind the primes come without
 * their leading zeros from some hosts: they get them back. */
static bool
component_fits(const struct emu_file *f, uint32_t tag, struct cb_buf *value)
{
	const size_t bytes = f->size / 16u;

	if (value->n == 0 || tag <= TAG_COMPONENTS || tag > TAG_COMPONENTS + 5)
		return false;
	return tag <= TAG_COMPONENTS + 2
	    ? value->n == bytes
	    : cb_buf_pad_front(value, bytes) == CB_OK;
}

static uint16_t
put_component(
    struct emu_call *c, struct emu_file *f, uint32_t tag, struct cb_span in)
{
	struct cb_buf value = CB_BUF_INIT;
	uint16_t sw = SW_OK;

	if (cb_buf_set(&value, in) != CB_OK || !component_fits(f, tag, &value))
		sw = emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	else if (emu_key_filled(f)) {
		emu_key_dropped(c->app, f);
		sw = emu_key_empty(c->app, f);
	}
	if (sw == SW_OK)
		sw = emu_key_put(c->app, f, (uint16_t)(tag - TAG_COMPONENTS),
		    cb_buf_span(&value));
	cb_buf_free(&value);
	if (sw == SW_OK && emu_key_filled(f))
		sw = key_check(c, f);
	if (sw == SW_OK)
		emu_key_imported(c->app, f, NULL);
	return sw;
}

/* 7F48 (80 template) or (9x component). */
uint16_t
ias_key_private(
    struct emu_call *c, uint8_t class, uint8_t no, struct cb_span value)
{
	struct cb_span whole = value, v;
	struct emu_file *f;
	uint32_t tag;
	uint16_t sw;

	if ((sw = key_to_fill(c, class, no, &f)) != SW_OK)
		return sw;
	if (cb_tlv_get(&value, &tag, &v) != CB_OK ||
	    cb_tlv_end(&value) != CB_OK)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if (tag != TAG_TEMPLATE)
		return put_component(c, f, tag, v);
	if (cb_tlv_expect_u8(&whole, tag, &f->template) != CB_OK)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	return emu_store_file(c->app, f);
}

/* Whoever overwrites a public key with A5 wants it to be none. */
static bool
is_blank(struct cb_span v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] != 0xA5)
			return false;
	return true;
}

/* 7F49 (80 template: nothing restricts a public key), (81 modulus) or
 * (82 exponent). */
uint16_t
ias_key_public(
    struct emu_call *c, uint8_t class, uint8_t no, struct cb_span value)
{
	struct emu_file *f;
	struct cb_span v;
	uint32_t tag;
	uint16_t sw, part;

	if ((sw = key_to_fill(c, class, no, &f)) != SW_OK)
		return sw;
	if (cb_tlv_get(&value, &tag, &v) != CB_OK ||
	    cb_tlv_end(&value) != CB_OK || v.n == 0)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if (tag == TAG_TEMPLATE)
		return SW_OK;
	if (!(tag == TAG_MODULUS && v.n == f->size / 8u) &&
	    !(tag == TAG_EXPONENT && v.n <= EXPONENT_MAX))
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	part = tag == TAG_MODULUS ? 1 : 2;
	if (!is_blank(v))
		return emu_part_put(c->app, f, part, v);
	return emu_part_find(f, part) != NULL ? emu_part_del(c->app, f, part)
					      : SW_OK;
}

/* ---- GENERATE ----------------------------------------------------------- */

/* 70 (BF 90 nn): both halves, with the exponent that the public one has. */
uint16_t
ias_generate(struct emu_call *c)
{
	struct cb_span in = c->data, v, e = CB_SPAN_EMPTY;
	struct emu_file *private, *public;
	struct emu_rsa *key = NULL;
	uint16_t sw;

	if (cb_tlv_expect(&in, 0x70, &v) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || v.n != 3 || v.p[0] != 0xBF ||
	    v.p[1] != IAS_PRIVATE)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	private = ias_object(c->app->df, IAS_PRIVATE, v.p[2]);
	if (private != NULL && ias_key_fixed(private))
		return emu_sw(c->card, EMU_ANS_KEY_FILLED);
	if ((sw = key_for(c, IAS_PRIVATE, v.p[2], EMU_OP_GENERATE,
		 &private)) != SW_OK ||
	    (sw = key_for(c, IAS_PUBLIC, v.p[2], EMU_OP_GENERATE, &public)) !=
		SW_OK)
		return sw;
	if (emu_key_filled(private) || private->size != public->size)
		return emu_sw(c->card, EMU_ANS_KEY_FILLED);
	sw = emu_part_get(c->app, public, 2, &e);
	if (sw != SW_OK && sw != SW_RECORD_NOT_FOUND)
		return sw;
	if ((sw = emu_key_generate(c->app, private, e, &key)) == SW_OK)
		sw = emu_key_store_public(c->app, public, key);
	emu_rsa_free(&key);
	return sw;
}
