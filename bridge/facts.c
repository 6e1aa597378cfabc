/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See facts.h.
 */
#include <string.h>

#include "bridge/facts.h"
#include "common/apdu.h"

#define VENDOR "cardbridge"
#define MODEL "cardbridge reader"
#define VERSION_DWORD 0x00010000u	/* 0xMMmmbbbb: 0.1.0 */
#define CHANNEL_VENDOR 0x00F00000u	/* no serial line, no USB port */
/* No USB identifiers are ours: 0 is the vendor that does not exist. */
#define ID_VENDOR 0x0000u
#define ID_PRODUCT 0x0001u

/* Largest short command: header, Lc, 255 bytes, Le. */
#define SHORT_APDU_MAX 261u

/* PC/SC part 10, 2.2 and 2.6.14 */
#define FEATURE_GET_TLV_PROPERTIES 0x12
enum {
	PROPERTY_MAX_APDU_DATA = 0x0A,
	PROPERTY_ID_VENDOR = 0x0B,
	PROPERTY_ID_PRODUCT = 0x0C,
	PROPERTY_PPDU_SUPPORT = 0x09,
};

static void
put_byte(struct br_facts *f, uint8_t b)
{
	f->value[0] = b;
	f->n = 1;
}

static void
put_dword(struct br_facts *f, uint32_t d)
{
	memcpy(f->value, &d, sizeof(d));
	f->n = sizeof(d);
}

static void
put_text(struct br_facts *f, const char *text)
{
	size_t n = strnlen(text, sizeof(f->value) - 1);

	memcpy(f->value, text, n);
	f->value[n] = '\0';
	f->n = n + 1;
}

/* ---- attributes -------------------------------------------------------- */

static void
vendor_name(struct br_facts *f)
{
	put_text(f, VENDOR);
}

static void
model(struct br_facts *f)
{
	put_text(f, MODEL);
}

static void
version(struct br_facts *f)
{
	put_dword(f, VERSION_DWORD);
}

static void
serial(struct br_facts *f)
{
	put_text(f, f->serial);
}

static void
channel(struct br_facts *f)
{
	put_dword(f, CHANNEL_VENDOR | f->unit);
}

static void
unit(struct br_facts *f)
{
	put_dword(f, f->unit);
}

static void
async_protocols(struct br_facts *f)
{
	put_dword(f, BR_SHARE_T0 | BR_SHARE_T1);
}

static void
current_protocol(struct br_facts *f)
{
	put_dword(f, f->powered ? f->protocol : 0);
}

static void
presence(struct br_facts *f)
{
	put_byte(f, f->present ? 2 : 0);	/* 2: in place, not locked in */
}

static void
interface_status(struct br_facts *f)
{
	put_byte(f, f->powered ? 1 : 0);
}

static void
atr_string(struct br_facts *f)
{
	memcpy(f->value, f->atr, f->atr_n);
	f->n = f->atr_n;
}

static void
max_input(struct br_facts *f)
{
	put_dword(f, f->max_apdu > 256 ? CB_APDU_MAX : SHORT_APDU_MAX);
}

static const struct {
	uint32_t tag;		/* class, number */
	void (*get)(struct br_facts *f);
} attributes[] = {
	{ 0x00010100, vendor_name },		/* VENDOR_NAME */
	{ 0x00010101, model },			/* VENDOR_IFD_TYPE */
	{ 0x00010102, version },		/* VENDOR_IFD_VERSION */
	{ 0x00010103, serial },			/* VENDOR_IFD_SERIAL_NO */
	{ 0x00020110, channel },		/* CHANNEL_ID */
	{ 0x00030120, async_protocols },	/* ASYNC_PROTOCOL_TYPES */
	{ 0x00080201, current_protocol },	/* CURRENT_PROTOCOL_TYPE */
	{ 0x00090300, presence },		/* ICC_PRESENCE */
	{ 0x00090301, interface_status },	/* ICC_INTERFACE_STATUS */
	{ 0x00090303, atr_string },		/* ATR_STRING */
	{ 0x0007A007, max_input },		/* MAXINPUT */
	{ 0x7FFF0001, unit },			/* DEVICE_UNIT */
};

bool
br_facts_attribute(struct br_facts *f, uint32_t tag)
{
	size_t i, n = sizeof(attributes) / sizeof(attributes[0]);

	f->n = 0;
	for (i = 0; i < n && attributes[i].tag != tag; i++)
		;
	if (i == n)
		return false;
	attributes[i].get(f);
	return true;
}

/* ---- PC/SC part 10 ----------------------------------------------------- */

/* 2.2: tag, length 4, the control code in network order. */
static void
feature_list(struct br_facts *f, uint32_t code)
{
	const uint8_t list[] = { FEATURE_GET_TLV_PROPERTIES, 4,
		(uint8_t)(code >> 24), (uint8_t)(code >> 16),
		(uint8_t)(code >> 8), (uint8_t)code };

	memcpy(f->value, list, sizeof(list));
	f->n = sizeof(list);
}

/* 2.6.14: tag, length, value with the low byte first. */
static void
property_list(struct br_facts *f, uint32_t code)
{
	const struct {
		uint8_t tag, n;
		uint32_t value;
	} list[] = {
		{ PROPERTY_ID_VENDOR,     2, ID_VENDOR },
		{ PROPERTY_ID_PRODUCT,    2, ID_PRODUCT },
		{ PROPERTY_PPDU_SUPPORT,  1, 0 },
		{ PROPERTY_MAX_APDU_DATA, 4, f->max_apdu },
	};
	size_t i;
	unsigned k;

	(void)code;
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		f->value[f->n++] = list[i].tag;
		f->value[f->n++] = list[i].n;
		for (k = 0; k < list[i].n; k++)
			f->value[f->n++] = (uint8_t)(list[i].value >> 8 * k);
	}
}

static const struct {
	uint32_t n;
	void (*get)(struct br_facts *f, uint32_t code);
} functions[] = {
	{ BR_FACTS_FEATURES, feature_list },
	{ BR_FACTS_TLV_PROPERTIES, property_list },
};

bool
br_facts_function(struct br_facts *f, uint32_t n, uint32_t tlv_code)
{
	size_t i, count = sizeof(functions) / sizeof(functions[0]);

	f->n = 0;
	for (i = 0; i < count && functions[i].n != n; i++)
		;
	if (i == count)
		return false;
	functions[i].get(f, tlv_code);
	return true;
}
