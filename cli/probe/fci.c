/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * File control information (ISO 7816-4, 7.4.3), in the forms that the kinds
 * of kinds.c give it: type, size, access bytes.
 */
#include <string.h>

#include "cli/probe/probe.h"
#include "cli/probe/show.h"
#include "cli/probe/values.h"
#include "common/tlv.h"

static enum rep_type
type_of(struct cb_span descriptor)
{
	static const struct {
		uint8_t byte;
		enum rep_type type;
	} types[] = {
		{ 0x01, REP_TRANSPARENT },
		{ 0x04, REP_LINEAR },	/* variable length */
		{ 0x02, REP_LINEAR },	/* fixed */
		{ 0x38, REP_DF },
		{ 0x11, REP_DES },	/* AuthentIC v5 and its keys */
		{ 0x12, REP_RSA_PUBLIC },
		{ 0x14, REP_RSA_PRIVATE },
	};
	/* bit 7: shareable */
	uint8_t byte = descriptor.n > 0 ? descriptor.p[0] & 0xBF : 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].byte == byte)
			return types[i].type;
	return REP_UNKNOWN;
}

static bool
find_number(struct cb_span in, uint32_t tag, unsigned *out)
{
	struct cb_span v;

	if (cb_tlv_find(in, tag, &v) != CB_OK || v.n < 1 || v.n > 2)
		return false;
	*out = v.n == 1 ? v.p[0] : (unsigned)(v.p[0] << 8 | v.p[1]);
	return true;
}

/* Inside 62, 6F, or 62 inside 6F. */
static bool
template(struct cb_span fci, struct cb_span *in)
{
	uint32_t tag;

	if (cb_tlv_get(&fci, &tag, in) != CB_OK ||
	    (tag != 0x62 && tag != 0x6F))
		return false;
	if (tag == 0x6F && cb_tlv_find(*in, 0x62, &fci) == CB_OK)
		*in = fci;
	return true;
}

/* 84, a DF's name; 88, an EF's short identifier, in the upper five bits. */
static void
names(struct cb_span in, struct rep_file *f)
{
	struct cb_span v;

	if (f->type == REP_DF && cb_tlv_find(in, 0x84, &v) == CB_OK &&
	    v.n > 0 && v.n <= REP_AID_MAX && probe_aid_is_kind(v)) {
		memcpy(f->name, v.p, v.n);
		f->name_n = (uint8_t)v.n;
	}
	if (f->type == REP_TRANSPARENT && cb_tlv_find(in, 0x88, &v) == CB_OK &&
	    v.n == 1 && v.p[0] >> 3 <= 30)
		f->sfi = v.p[0] >> 3;
}

void
probe_fci(struct cb_span fci, struct rep_file *f, unsigned *fid,
    unsigned *records)
{
	struct cb_span in, v;

	*fid = 0;
	*records = REP_RECORDS_MAX;
	if (!template(fci, &in))
		return;
	(void)find_number(in, 0x83, fid);
	if (cb_tlv_find(in, 0x82, &v) == CB_OK) {
		f->type = type_of(v);
		if (f->type == REP_LINEAR && v.n >= 5)
			*records = v.p[v.n - 1];
	} else if (cb_tlv_find(in, 0x84, &v) == CB_OK) {
		f->type = REP_DF;	/* GemSAFE says no more of one */
	}
	if (f->type == REP_TRANSPARENT)
		f->sized = find_number(in, 0x80, &f->size) ||
		    find_number(in, 0x81, &f->size);
	else if (f->type != REP_UNKNOWN)
		f->sized = find_number(in, 0x85, &f->size);
	names(in, f);
	if (cb_tlv_find(in, 0x86, &v) == CB_OK)
		value_access(in, 0x86, &f->access);
	else if (cb_tlv_find(in, 0x8C, &v) == CB_OK)
		value_access(in, 0x8C, &f->access);
	else if (cb_tlv_find(in, 0xA1, &in) == CB_OK)
		value_access(in, 0x8C, &f->access);
}
