/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Objects by GET DATA and PUT DATA (P1-P2 = 3FFF): which object, which part of
 * it. Asked is 4D (70 (BF cc nn (tag of the part, 80))), answered
 * 70 (BF cc nn (part)); hosts compare all lengths and refuse tags that they do
 * not know. A0 holds how an object may be used (DOCP), the other parts what
 * it is.
 */
#include "common/tlv.h"
#include "emulator/applets/iasecc/iasecc.h"

enum {
	TAG_ASK = 0x4D,
	TAG_OBJECTS = 0x70,
	TAG_PIN = 0x7F41,
	TAG_PRIVATE = 0x7F48,
	TAG_PUBLIC = 0x7F49,
	TAG_SE = 0x7B,
	TAG_USE = 0xA0,		/* DOCP */
	TAG_RULES = 0xA1,
};

/* BF cc nn. */
struct name {
	uint32_t tag;
	uint8_t class, no;
};

static bool
get_name(struct cb_span *in, struct name *out, struct cb_span *value)
{
	if (cb_tlv_get(in, &out->tag, value) != CB_OK ||
	    out->tag >> 16 != 0xBF)
		return false;
	out->class = (uint8_t)(out->tag >> 8);
	out->no = (uint8_t)out->tag;
	return out->no > 0 && out->no <= IAS_NO_MAX;
}

struct emu_file *
ias_object(const struct emu_file *df, uint8_t class, uint8_t no)
{
	const uint16_t fid = (uint16_t)(class << 8 | no);
	struct emu_file *f = emu_fs_key(df, fid);

	/* Whoever may create in the root must not come by the keys that a host
	 * believes to make in its application. */
	while (f == NULL && (df = df->parent) != NULL &&
	    (class == IAS_SE || df->parent != NULL))
		f = emu_fs_key(df, fid);
	return f;
}

/* ---- GET DATA: PINs ----------------------------------------------------- */

/* What was found: a PIN, or an object that is a file. */
struct found {
	const struct emu_pin *pin;
	struct emu_file *f;
};

/* A1 (8C access). */
static enum cb_err
put_rules(struct cb_buf *out, struct cb_span access)
{
	enum cb_err r;
	size_t mark;

	if ((r = cb_tlv_open(out, TAG_RULES, &mark)) != CB_OK ||
	    (r = cb_tlv_put(out, 0x8C, access)) != CB_OK)
		return r;
	return cb_tlv_close(out, mark);
}

/* 80 longest, 81 shortest value. */
static enum cb_err
put_pin(struct emu_call *c, const struct found *o)
{
	enum cb_err r;

	r = cb_tlv_put_u8(c->rsp, 0x80, emu_pin_max(c->card, o->pin));
	return r != CB_OK
	    ? r
	    : cb_tlv_put_u8(c->rsp, 0x81, emu_pin_min(c->card, o->pin));
}

/* A1, 9A limit of tries, 9B those that are left, 80 length. */
static enum cb_err
put_pin_use(struct emu_call *c, const struct found *o)
{
	const struct emu_pin *pin = o->pin;
	enum cb_err r;

	if ((r = put_rules(c->rsp, cb_span(pin->access, pin->access_n))) !=
		CB_OK ||
	    (r = cb_tlv_put_u8(c->rsp, 0x9A, pin->tries_max)) != CB_OK ||
	    (r = cb_tlv_put_u8(c->rsp, 0x9B, pin->tries)) != CB_OK)
		return r;
	return cb_tlv_put_u16(c->rsp, 0x80, emu_pin_max(c->card, pin));
}

/* ---- GET DATA: keys, environments --------------------------------------- */

/* 80: the only template that may name the key. No secret is ever told. */
static enum cb_err
put_private(struct emu_call *c, const struct found *o)
{
	return cb_tlv_put_u8(c->rsp, 0x80, o->f->template);
}

/* 81 modulus, 82 exponent, where they are there, 80. */
static enum cb_err
put_public(struct emu_call *c, const struct found *o)
{
	struct cb_span value;
	enum cb_err r = CB_OK;

	for (uint16_t no = 1; r == CB_OK && no <= 2; no++)
		if (emu_part_get(c->app, o->f, no, &value) == SW_OK)
			r = cb_tlv_put(c->rsp, 0x80u + no, value);
	return r == CB_OK ? cb_tlv_put_u8(c->rsp, 0x80, 0) : r;
}

/* A1, 9E of private keys, 80 bytes of the modulus.
 *
 * Hosts that look for room for a new key take the first that may be generated
 * and is used for the same, whether there is a key in it or not. So a key that
 * was made here says that it may not, and commits, until it is empty again. */
static enum cb_err
put_key_use(struct emu_call *c, const struct found *o)
{
	const struct emu_file *f = o->f;
	bool private = f->type == EMU_KEY_RSA_PRIVATE;
	bool made = private && emu_key_filled(f) && !ias_key_fixed(f);
	struct cb_span access = cb_span(f->access, f->access_n);
	uint8_t less[EMU_ACCESS_MAX];
	enum cb_err r;

	if (made)
		access = cb_span(
		    less, ias_access_without(access, IAS_AMB_GENERATE, less));
	if ((r = put_rules(c->rsp, access)) != CB_OK ||
	    (private &&
		(r = cb_tlv_put_u8(c->rsp, 0x9E, made || f->commits)) != CB_OK))
		return r;
	return cb_tlv_put_u16(c->rsp, 0x80, f->size / 8);
}

static enum cb_err
put_environment(struct emu_call *c, const struct found *o)
{
	const struct emu_part *p = emu_part_find(o->f, 0);

	return p != NULL ? cb_buf_add(c->rsp, cb_buf_span(&p->plain)) : CB_OK;
}

/* ---- GET DATA ----------------------------------------------------------- */

static const struct get_form {
	uint8_t class;
	uint32_t part;
	enum cb_err (*put)(struct emu_call *c, const struct found *o);
} get_forms[] = {
	{ IAS_PIN, TAG_PIN, put_pin },
	{ IAS_PIN, TAG_USE, put_pin_use },
	{ IAS_PRIVATE, TAG_PRIVATE, put_private },
	{ IAS_PRIVATE, TAG_USE, put_key_use },
	{ IAS_PUBLIC, TAG_PUBLIC, put_public },
	{ IAS_PUBLIC, TAG_USE, put_key_use },
	{ IAS_SE, TAG_SE, put_environment },
};

/* What stands for a part in a question: its tag, and 80 for all of it. */
static bool
asks_for(struct cb_span question, uint32_t part)
{
	const uint8_t bytes[] = { (uint8_t)(part >> 8), (uint8_t)part, 0x80 };

	return cb_span_equal(
	    question, cb_span_tail(CB_SPAN_OF(bytes), part < 0x100));
}

/* Also what is above the current DF: a host that was not told where it is
 * asks in the application for the PINs of the root. */
static bool
find(const struct emu_app *app, const struct name *name, struct found *o)
{
	const struct emu_file *df = app->df;

	if (name->class != IAS_PIN) {
		o->f = ias_object(df, name->class, name->no);
		return o->f != NULL;
	}
	for (; df != NULL && o->pin == NULL; df = df->parent)
		o->pin = emu_pin_find(app, df, name->no);
	return o->pin != NULL;
}

static enum cb_err
put_answer(struct emu_call *c, const struct name *name,
    const struct get_form *form, const struct found *o)
{
	size_t objects, object, part;
	enum cb_err r;

	if ((r = cb_tlv_open(c->rsp, TAG_OBJECTS, &objects)) != CB_OK ||
	    (r = cb_tlv_open(c->rsp, name->tag, &object)) != CB_OK ||
	    (r = cb_tlv_open(c->rsp, form->part, &part)) != CB_OK ||
	    (r = form->put(c, o)) != CB_OK ||
	    (r = cb_tlv_close(c->rsp, part)) != CB_OK ||
	    (r = cb_tlv_close(c->rsp, object)) != CB_OK)
		return r;
	return cb_tlv_close(c->rsp, objects);
}

uint16_t
ias_get_data(struct emu_call *c)
{
	struct cb_span in = c->data, ask, objects, question;
	struct found o = { NULL, NULL };
	struct name name;

	if (cb_tlv_expect(&in, TAG_ASK, &ask) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK ||
	    cb_tlv_expect(&ask, TAG_OBJECTS, &objects) != CB_OK ||
	    cb_tlv_end(&ask) != CB_OK ||
	    !get_name(&objects, &name, &question) ||
	    cb_tlv_end(&objects) != CB_OK)
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	if (!find(c->app, &name, &o))
		return SW_REF_NOT_FOUND;
	for (size_t i = 0; i < sizeof(get_forms) / sizeof(get_forms[0]); i++)
		if (get_forms[i].class == name.class &&
		    asks_for(question, get_forms[i].part))
			return put_answer(c, &name, &get_forms[i], &o) == CB_OK
			    ? SW_OK
			    : SW_UNKNOWN;
	return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
}

/* ---- PUT DATA ----------------------------------------------------------- */

/* What is inside an object's tag says what is to be done; nothing: delete it.
 * PINs and environments are the issuer's. */
static const struct put_form {
	uint8_t class;
	uint32_t part;		/* 0: nothing */
	ias_put_fn *run;
} put_forms[] = {
	{ IAS_PRIVATE, TAG_USE, ias_key_create },
	{ IAS_PRIVATE, TAG_PRIVATE, ias_key_private },
	{ IAS_PRIVATE, 0, ias_key_delete },
	{ IAS_PUBLIC, TAG_USE, ias_key_create },
	{ IAS_PUBLIC, TAG_PUBLIC, ias_key_public },
	{ IAS_PUBLIC, 0, ias_key_delete },
};

/* 70 (BF cc nn [part]). */
uint16_t
ias_put_data(struct emu_call *c)
{
	struct cb_span in = c->data, objects, body, value = CB_SPAN_EMPTY;
	struct name name;
	uint32_t part = 0;

	if (cb_tlv_expect(&in, TAG_OBJECTS, &objects) != CB_OK ||
	    cb_tlv_end(&in) != CB_OK || !get_name(&objects, &name, &body) ||
	    cb_tlv_end(&objects) != CB_OK ||
	    (body.n > 0 &&
		(cb_tlv_get(&body, &part, &value) != CB_OK ||
		    cb_tlv_end(&body) != CB_OK)))
		return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
	for (size_t i = 0; i < sizeof(put_forms) / sizeof(put_forms[0]); i++)
		if (put_forms[i].class == name.class &&
		    put_forms[i].part == part)
			return put_forms[i].run(
			    c, name.class, name.no, value);
	return emu_sw(c->card, EMU_ANS_COMPONENT_DATA);
}
