/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The objects about passcodes of AuthentIC v3 (5F0n) and IAS ECC (BF81nn).
 */
#include <string.h>

#include "cli/probe/pins.h"
#include "common/tlv.h"

/* A number of one or two bytes; -1: not there, or longer. */
static int
number(struct cb_span in, uint32_t tag)
{
	struct cb_span v;

	if (cb_tlv_find(in, tag, &v) != CB_OK || v.n < 1 || v.n > 2)
		return -1;
	return v.n == 1 ? v.p[0] : v.p[0] << 8 | v.p[1];
}

static void
set(int *to, int value)
{
	if (value >= 0 && value <= 255)
		*to = value;
}

static void
access_rules(struct cb_span in, uint32_t tag, struct rep_pin *pin)
{
	struct cb_span v;

	if (cb_tlv_find(in, tag, &v) != CB_OK || v.n > REP_ACCESS_MAX ||
	    v.n == 0)
		return;
	memcpy(pin->access.p, v.p, v.n);
	pin->access.n = (uint8_t)v.n;
}

void
pin_v3(struct cb_span data, struct rep_pin *pin)
{
	struct cb_span in, lengths;
	uint32_t tag;

	if (cb_tlv_get(&data, &tag, &in) != CB_OK || (tag & 0xFF00) != 0x5F00)
		return;
	set(&pin->limit, number(in, 0x91));
	access_rules(in, 0x86, pin);
	if (cb_tlv_find(in, 0xA1, &lengths) != CB_OK)
		return;
	set(&pin->max, number(lengths, 0x83));
	set(&pin->min, number(lengths, 0x84));
}

/* 70 { BF81nn { what { ... } } } */
static bool
sdo_part(struct cb_span data, uint32_t part, struct cb_span *in)
{
	struct cb_span object;
	uint32_t tag;

	return cb_tlv_find(data, 0x70, &data) == CB_OK &&
	    cb_tlv_get(&data, &tag, &object) == CB_OK &&
	    cb_tlv_find(object, part, in) == CB_OK;
}

void
pin_ias_length(struct cb_span data, struct rep_pin *pin)
{
	struct cb_span in;

	if (!sdo_part(data, 0x7F41, &in))
		return;
	set(&pin->max, number(in, 0x80));
	set(&pin->min, number(in, 0x81));
}

void
pin_ias_rules(struct cb_span data, struct rep_pin *pin)
{
	struct cb_span in, rules;

	if (!sdo_part(data, 0xA0, &in))
		return;
	set(&pin->limit, number(in, 0x9A));
	set(&pin->tries, number(in, 0x9B));
	if (pin->tries > 15)
		pin->tries = -1;
	if (cb_tlv_find(in, 0xA1, &rules) == CB_OK)
		access_rules(rules, 0x8C, pin);
	else
		access_rules(in, 0x8C, pin);
}
