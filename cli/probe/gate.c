/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The list of commands that need no passcode and change nothing (ISO 7816-4,
 * 11.2 to 11.4, and LIST FILES of the AuthentIC applet), to the last bit:
 * class, instruction, parameters and what they carry. There is no row for a
 * command with a passcode in it, and none "for any other".
 */
#include "cli/probe/gate.h"
#include "common/apdu.h"

#define SELECT_DATA_MAX 16	/* an AID */
#define OBJECT_DATA_MAX 16	/* names of data objects */
#define NE_MAX 256

enum carries {
	NOTHING,	/* no data field */
	NAME,		/* of a file or application, perhaps empty */
	OBJECT,		/* tag list, 4D or 5C (7816-4, 11.4.3) */
	QUERY,		/* no data, and P2 is a reference that may be asked */
};

static const struct {
	uint8_t cla, ins;
	uint8_t p1_from, p1_to, p2_from, p2_to;
	enum carries carries;
	const char *name;
} rows[] = {
	/* CLA INS  P1          P2          carries  name */
	{ 0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, NAME, "SELECT" },
	{ 0x00, 0xA4, 0x00, 0x04, 0x04, 0x04, NAME, "SELECT" },
	{ 0x00, 0xA4, 0x00, 0x04, 0x0C, 0x0C, NAME, "SELECT" },
	{ 0x00, 0xA4, 0x08, 0x09, 0x00, 0x00, NAME, "SELECT" },
	{ 0x00, 0xA4, 0x08, 0x09, 0x04, 0x04, NAME, "SELECT" },
	{ 0x00, 0xA4, 0x08, 0x09, 0x0C, 0x0C, NAME, "SELECT" },
	{ 0x00, 0xB0, 0x00, 0xFF, 0x00, 0xFF, NOTHING, "READ BINARY" },
	{ 0x00, 0xB2, 0x01, 0xFF, 0x04, 0x04, NOTHING, "READ RECORD" },
	{ 0x00, 0xC0, 0x00, 0x00, 0x00, 0x00, NOTHING, "GET RESPONSE" },
	/* CPLC; passcodes of AuthentIC v3; version of GemSAFE */
	{ 0x00, 0xCA, 0x9F, 0x9F, 0x7F, 0x7F, NOTHING, "GET DATA" },
	{ 0x80, 0xCA, 0x9F, 0x9F, 0x7F, 0x7F, NOTHING, "GET DATA" },
	{ 0x00, 0xCA, 0x5F, 0x5F, 0x01, 0x07, NOTHING, "GET DATA" },
	{ 0x80, 0xCA, 0xDF, 0xDF, 0x03, 0x03, NOTHING, "GET DATA" },
	/* data objects of IAS ECC and PIV */
	{ 0x00, 0xCB, 0x3F, 0x3F, 0xFF, 0xFF, OBJECT, "GET DATA" },
	{ 0x80, 0x34, 0x00, 0x00, 0x00, 0x00, NOTHING, "LIST FILES" },
	{ 0x00, 0x20, 0x00, 0x00, 0x00, 0xFF, QUERY, "tries query" },
};

static bool
may_ask(const struct probe_queries *q, uint8_t ref)
{
	for (size_t i = 0; q != NULL && i < q->n; i++)
		if (q->refs[i] == ref)
			return true;
	return false;
}

static bool
carries(const struct cb_apdu *a, enum carries what,
    const struct probe_queries *q)
{
	switch (what) {
	case NOTHING:
		return a->data.n == 0;
	case NAME:
		return a->data.n <= SELECT_DATA_MAX;
	case OBJECT:
		return a->data.n > 2 && a->data.n <= OBJECT_DATA_MAX &&
		    (a->data.p[0] == 0x4D || a->data.p[0] == 0x5C);
	case QUERY:
		/* Not even an Le: four bytes, or five with P3 00. */
		return a->data.n == 0 && (a->ne == 0 || a->p3_zero) &&
		    may_ask(q, a->p2);
	}
	return false;
}

const char *
probe_gate(struct cb_span apdu, const struct probe_queries *q)
{
	struct cb_apdu a;

	if (cb_apdu_parse(&a, apdu) != CB_OK || a.extended || a.ne > NE_MAX)
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (a.cla == rows[i].cla && a.ins == rows[i].ins &&
		    a.p1 >= rows[i].p1_from && a.p1 <= rows[i].p1_to &&
		    a.p2 >= rows[i].p2_from && a.p2 <= rows[i].p2_to &&
		    carries(&a, rows[i].carries, q))
			return rows[i].name;
	return NULL;
}
