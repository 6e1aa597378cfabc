/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: a root, which has passcodes and security environments, and in it
 * an application or several, each with PKCS#15 files, keys and environments.
 * All but the files are security data objects: BF cc nn, class and number.
 *
 * In an application GET DATA tells of what is above it as well. Passcodes of
 * the application are those that its own references (bit 8) name.
 */
#include "cli/probe/kinds.h"
#include "cli/probe/values.h"
#include "common/tlv.h"

/* Bits of an access mode byte, and of a condition. */
#define AMB_AUTHENTICATE 0x20
#define SC_SECURE 0x40
#define SC_NEVER 0xFF

/* ---- what an object says ------------------------------------------------- */

/* 70 (BF cc nn (part)) */
static bool
part(struct cb_span data, uint32_t tag, struct cb_span *in)
{
	struct cb_span object;
	uint32_t name;

	return cb_tlv_find(data, 0x70, &data) == CB_OK &&
	    cb_tlv_get(&data, &name, &object) == CB_OK &&
	    cb_tlv_find(object, tag, in) == CB_OK;
}

/* A1 (8C), or bare. */
static void
rules(struct cb_span in, struct rep_access *to)
{
	struct cb_span within;

	value_access(cb_tlv_find(in, 0xA1, &within) == CB_OK ? within : in,
	    0x8C, to);
}

static void
pin_length(struct cb_span data, struct rep_pin *pin)
{
	struct cb_span in;

	if (!part(data, 0x7F41, &in))
		return;
	value_set(&pin->max, value_number(in, 0x80));
	value_set(&pin->min, value_number(in, 0x81));
}

static void
pin_use(struct cb_span data, struct rep_pin *pin)
{
	struct cb_span in;

	if (!part(data, 0xA0, &in))
		return;
	value_set(&pin->limit, value_number(in, 0x9A));
	value_set(&pin->tries, value_number(in, 0x9B));
	if (pin->tries > 15)
		pin->tries = -1;
	rules(in, &pin->access);
}

/* A0: A1, 9E commits to content, 80 bytes of the modulus. */
static enum cb_err
key_use(enum rep_type type, struct cb_span data, struct rep_file *f)
{
	struct cb_span in;
	int bytes;

	f->type = type;
	if (!part(data, 0xA0, &in))
		return CB_OK;
	rules(in, &f->access);
	f->commits = value_number(in, 0x9E) == 1;
	/* a length that no file has is not taken for one */
	bytes = value_number(in, 0x80);
	if (bytes > 0 && bytes <= UINT16_MAX / 8) {
		f->size = 8u * (unsigned)bytes;
		f->sized = true;
	}
	return CB_OK;
}

static enum cb_err
private_use(struct cb_span data, struct rep_file *f)
{
	return key_use(REP_RSA_PRIVATE, data, f);
}

static enum cb_err
public_use(struct cb_span data, struct rep_file *f)
{
	return key_use(REP_RSA_PUBLIC, data, f);
}

/* 7F48 (80 template) */
static enum cb_err
private_template(struct cb_span data, struct rep_file *f)
{
	struct cb_span in;
	int template;

	f->type = REP_RSA_PRIVATE;
	if (part(data, 0x7F48, &in) &&
	    (template = value_number(in, 0x80)) > 0 && template <= 0xFF)
		f->template = (uint8_t)template;
	return CB_OK;
}

/* 7F49 (81 modulus, 82 exponent): none, and the pair is not there. */
static enum cb_err
public_key(struct cb_span data, struct rep_file *f)
{
	struct cb_span in, modulus;

	f->type = REP_RSA_PUBLIC;
	if (part(data, 0x7F49, &in))
		f->filled = cb_tlv_find(in, 0x81, &modulus) == CB_OK &&
			modulus.n > 0 ? REP_YES : REP_NO;
	return CB_OK;
}

/* 7B (A4 (...)) */
static enum cb_err
environment(struct cb_span data, struct rep_file *f)
{
	struct cb_span in;
	enum cb_err r = CB_OK;

	f->type = REP_OBJECT;
	if (part(data, 0x7B, &in) &&
	    (r = rep_bytes_set(&f->content, in)) == CB_OK)
		show_data(&f->content);
	return r;
}

/* GET DATA of an extended header list: object, then the part of it. */
#define ASK_7F(class, tag) \
	.name = "BF" #class, .ins = 0xCB, .p1 = 0x3F, .p2 = 0xFF, \
	.suffix = ".7F" #tag, .data = { 0x4D, 0x09, 0x70, 0x07, 0xBF, \
	0x##class, 0x00, 0x03, 0x7F, 0x##tag, 0x80 }, .data_n = 11, \
	.number_at = 6, .show = show_data
#define ASK_1(class, tag) \
	.name = "BF" #class, .ins = 0xCB, .p1 = 0x3F, .p2 = 0xFF, \
	.suffix = "." #tag, .data = { 0x4D, 0x08, 0x70, 0x06, 0xBF, \
	0x##class, 0x00, 0x02, 0x##tag, 0x80 }, .data_n = 10, \
	.number_at = 6, .show = show_data

#define PINS_AND_ENVIRONMENTS \
	{ ASK_7F(81, 41), .from = 1, .to = 8, .pin = pin_length }, \
	{ ASK_1(81, A0), .from = 1, .to = 8, .pin = pin_use }, \
	{ ASK_1(FB, 7B), .from = 1, .to = 15, .file = environment, \
	    .fid = 0xFB00 }

static const struct probe_object root_objects[] = {
	PINS_AND_ENVIRONMENTS,
	/* EF.SN, and what the card says about the end of a file. */
	{ .name = "SFI1C", .suffix = "", .ins = 0xB0, .p1 = 0x9C,
	    .show = show_data, .blots = probe_blots_serial },
};

static const struct probe_object app_objects[] = {
	PINS_AND_ENVIRONMENTS,
	{ ASK_7F(90, 48), .from = 1, .to = 8, .file = private_template,
	    .fid = 0x9000 },
	{ ASK_1(90, A0), .from = 1, .to = 8, .file = private_use,
	    .fid = 0x9000 },
	{ ASK_7F(A0, 49), .from = 1, .to = 8, .blots = "public keys",
	    .file = public_key, .fid = 0xA000 },
	{ ASK_1(A0, A0), .from = 1, .to = 8, .file = public_use,
	    .fid = 0xA000 },
};

/* Unmodified programs ask for these each time they look at such a card, and
 * where they ask: in the application, also for those of the root. */
static const struct probe_query app_queries[] = {
	{ NULL, 0x01 },
	{ NULL, 0x02 },
	{ NULL, 0x81 },
	{ NULL, 0x82 },
};

/* ---- files --------------------------------------------------------------- */

static const struct probe_known root_known[] = {
	{ 0, 0x2F00, 0x2F01 }, { 0, 0xD003, 0xD003 },
};

static const struct probe_known app_known[] = {
	{ 0, 0x5031, 0x5032 }, { 0, 0x7001, 0x7006 },
	{ 0, 0x3401, 0x3408 }, { 0, 0xB001, 0xB008 },
	{ 0, 0xB101, 0xB104 }, { 0, 0xF001, 0xF004 },
};

/* ---- remarks ------------------------------------------------------------- */

static bool
wants_secure(const struct rep_access *a)
{
	for (size_t i = 1; i < a->n; i++)
		if (a->p[i] != SC_NEVER && (a->p[i] & SC_SECURE) != 0)
			return true;
	return false;
}

static enum cb_err
remark(struct report *r, const struct rep_app *app)
{
	enum cb_err e = CB_OK;
	bool secure = false;

	for (size_t i = 0; i < app->pins_n; i++)
		secure |= wants_secure(&app->pins[i].access);
	for (size_t i = 0; i < app->files_n && e == CB_OK; i++) {
		const struct rep_file *f = &app->files[i];

		secure |= wants_secure(&f->access);
		if (f->type == REP_RSA_PRIVATE && f->access.n > 0 &&
		    (f->access.p[0] & AMB_AUTHENTICATE) == 0)
			e = report_remark(r, "%s does not allow INTERNAL "
			    "AUTHENTICATE: OpenSC 0.23 cannot sign with it",
			    f->path);
	}
	if (e == CB_OK && secure)
		e = report_remark(r, "%s: some access asks for secure "
		    "messaging: a program needs keys for that", app->name);
	return e;
}

const struct probe_kind probe_ias_root = {
	.name = "iasecc",
	.p1 = 0x09, .p2 = 0x04,
	.again = true, .again_p1 = 0x00, .again_p2 = 0x0C,
	.block = 256,
	.known = root_known, .known_n = PROBE_N(root_known),
	.sees = probe_p15_sees,
	.objects = root_objects, .objects_n = PROBE_N(root_objects),
	.remark = remark,
};

const struct probe_kind probe_ias_app = {
	.name = "iasecc",
	.p1 = 0x09, .p2 = 0x04,
	.part = true,
	.block = 256,
	.known = app_known, .known_n = PROBE_N(app_known),
	.sees = probe_p15_sees,
	.queries = app_queries, .queries_n = PROBE_N(app_queries),
	.objects = app_objects, .objects_n = PROBE_N(app_objects),
	.remark = remark,
};
