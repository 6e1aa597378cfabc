/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What of an exchange may be seen, see blot.h.
 *
 * The table is the whole truth: a command without a row has its data and its
 * answer blotted out, and after it nothing is known of the selected file. That
 * goes for classes with anything but chaining in them (secure messaging,
 * logical channels) and for commands with an odd INS but CB and DB. Of what
 * follows in a chain no more is seen than of its beginning, whoever sends it.
 * A command whose lengths do not fit is blotted out whole.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bridge/blot.h"
#include "common/apdu.h"
#include "common/sw.h"

#define CLA_CHAIN 0x10
#define INS_GET_RESPONSE 0xC0
#define FID_SECRET 0x2000
#define HEADER 4

/* What may be seen of a row's commands. */
enum {
	DATA = 1,
	ANSWER = 2,
	ALL = DATA | ANSWER,
	OF_EF = 4,		/* if the selected EF is an open one */
	OURS = 8,		/* if it is one of our cards: others may keep
				 * passcodes and keys in any file, take them
				 * by commands of their own, and decipher by
				 * what signs */
};

/* What a row's commands do to the selection. */
enum effect {
	NONE,
	BY_NAME,		/* SELECT of an application */
	BY_PATH,		/* SELECT of what the data end with */
	PARENT,
	CREATES,		/* selects the file that it makes, or nothing */
	BY_SHORT,		/* may name an EF in P1 */
	BY_SHORT_P2,		/* likewise in P2 (P2 bits 8-4) */
	FORGETS,		/* anything may be selected afterwards */
};

/* What a header says beside its name. */
enum detail {
	PLAIN,
	TARGET,			/* the data: a file, path or name */
	OFFSET,			/* P1-P2: an offset, or a short EF and one */
	RECORD,			/* P1: its number */
	REFERENCE,		/* P2: of a passcode or key */
	OBJECT,			/* P1-P2: a tag */
};

#define ANY 0x00, 0x00
#define IS(v) v, 0xFF

/* In order of INS; the first that fits counts. */
/* clang-format off */
static const struct row {
	uint8_t cla, ins, p1, p1_mask, p2, p2_mask;
	uint8_t show;
	uint8_t effect;
	uint8_t detail;
	const char *name;
} rows[] = {
	{ 0x00, 0x0E, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT, OFFSET, "ERASE BINARY" },
	{ 0x00, 0x20, ANY, ANY, 0, NONE, REFERENCE, "VERIFY" },
	{ 0x00, 0x22, IS(0x41), IS(0xA4), ALL, NONE, PLAIN, "MSE SET (authenticate)" },
	{ 0x00, 0x22, IS(0x41), IS(0xAA), ALL, NONE, PLAIN, "MSE SET (hash)" },
	{ 0x00, 0x22, IS(0x41), IS(0xB6), ALL, NONE, PLAIN, "MSE SET (sign)" },
	{ 0x00, 0x22, IS(0x41), IS(0xB8), ALL, NONE, PLAIN, "MSE SET (decipher)" },
	{ 0x00, 0x24, IS(0x01), ANY, 0, NONE, REFERENCE, "CREATE PIN, or CHANGE REFERENCE DATA (new value only)" },
	{ 0x00, 0x24, ANY, ANY, 0, NONE, REFERENCE, "CHANGE REFERENCE DATA" },
	{ 0x00, 0x2A, IS(0x80), IS(0x86), DATA, NONE, PLAIN, "PSO DECIPHER" },
	{ 0x00, 0x2A, IS(0x90), IS(0xA0), ALL, NONE, PLAIN, "PSO HASH" },
	{ 0x00, 0x2A, IS(0x9E), IS(0x9A), ALL, NONE, PLAIN, "PSO COMPUTE DIGITAL SIGNATURE" },
	{ 0x00, 0x2C, IS(0x03), ANY, 0, NONE, REFERENCE, "RESET RETRY COUNTER (counter only)" },
	{ 0x00, 0x2C, ANY, ANY, 0, NONE, REFERENCE, "RESET RETRY COUNTER" },
	{ 0x80, 0x2E, ANY, ANY, ALL | OURS, NONE, REFERENCE, "LOGOUT" },
	{ 0x80, 0x32, ANY, ANY, ALL | OURS, NONE, RECORD, "DELETE RECORD" },
	{ 0x80, 0x34, ANY, ANY, ALL | OURS, NONE, PLAIN, "LIST FILES" },
	{ 0x00, 0x46, ANY, ANY, ALL | OURS, NONE, PLAIN, "GENERATE KEY PAIR" },
	{ 0x00, 0x47, ANY, ANY, ALL | OURS, NONE, PLAIN, "GENERATE KEY PAIR" },
	{ 0x00, 0x70, ANY, ANY, ALL, FORGETS, PLAIN, "MANAGE CHANNEL" },
	{ 0x00, 0x82, ANY, ANY, 0, NONE, REFERENCE, "EXTERNAL AUTHENTICATE" },
	{ 0x00, 0x84, ANY, ANY, ALL, NONE, PLAIN, "GET CHALLENGE" },
	{ 0x00, 0x87, ANY, ANY, 0, NONE, REFERENCE, "GENERAL AUTHENTICATE" },
	{ 0x00, 0x88, ANY, ANY, ALL | OURS, NONE, REFERENCE, "INTERNAL AUTHENTICATE" },
	{ 0x00, 0xA4, IS(0x03), ANY, ALL, PARENT, PLAIN, "SELECT (parent)" },
	{ 0x00, 0xA4, IS(0x04), ANY, ALL, BY_NAME, TARGET, "SELECT by name" },
	{ 0x00, 0xA4, IS(0x08), ANY, ALL, BY_PATH, TARGET, "SELECT by path" },
	{ 0x00, 0xA4, IS(0x09), ANY, ALL, BY_PATH, TARGET, "SELECT by path from here" },
	{ 0x00, 0xA4, 0x00, 0xFC, ANY, ALL, BY_PATH, TARGET, "SELECT" },
	{ 0x00, 0xB0, ANY, ANY, ALL | OF_EF, BY_SHORT, OFFSET, "READ BINARY" },
	{ 0x00, 0xB2, ANY, ANY, ALL | OF_EF, BY_SHORT_P2, RECORD, "READ RECORD" },
	{ 0x80, 0xB4, ANY, ANY, ALL | OURS, NONE, PLAIN, "GET KEY COMPONENT" },
	{ 0x00, 0xC2, ANY, ANY, 0, FORGETS, PLAIN, "ENVELOPE" },
	{ 0x00, 0xCA, ANY, ANY, ALL, NONE, OBJECT, "GET DATA" },
	{ 0x80, 0xCA, ANY, ANY, ALL, NONE, OBJECT, "GET DATA" },
	{ 0x00, 0xCB, ANY, ANY, ALL, NONE, OBJECT, "GET DATA" },
	{ 0x00, 0xD0, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT, OFFSET, "WRITE BINARY" },
	{ 0x00, 0xD2, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT_P2, RECORD, "WRITE RECORD" },
	{ 0x00, 0xD6, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT, OFFSET, "UPDATE BINARY" },
	{ 0x80, 0xD8, ANY, ANY, 0, NONE, PLAIN, "PUT KEY COMPONENT" },
	{ 0x00, 0xDA, ANY, ANY, 0, NONE, OBJECT, "PUT DATA" },
	{ 0x80, 0xDA, ANY, ANY, 0, NONE, OBJECT, "PUT DATA" },
	{ 0x00, 0xDB, ANY, ANY, 0, NONE, OBJECT, "PUT DATA" },
	{ 0x00, 0xDC, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT_P2, RECORD, "UPDATE RECORD" },
	{ 0x00, 0xE0, ANY, ANY, ALL | OURS, CREATES, PLAIN, "CREATE FILE" },
	{ 0x00, 0xE2, ANY, ANY, ALL | OF_EF | OURS, BY_SHORT_P2, PLAIN, "APPEND RECORD" },
	{ 0x00, 0xE4, ANY, ANY, ALL, NONE, PLAIN, "DELETE FILE" },
	{ 0x80, 0xF2, ANY, ANY, ALL, NONE, PLAIN, "GET STATUS" },
};
/* clang-format on */

/* Applications that are called by a name, by how their AIDs begin. */
static const struct {
	const char *name;
	uint8_t n;
	uint8_t aid[12];
} applications[] = {
	{ "AuthentIC v3", 7, { 0xA0, 0, 0, 0, 0x77, 1, 0 } },
	{ "AuthentIC v5", 7, { 0xA0, 0, 0, 0, 0x77, 1, 3 } },
	{ "IAS ECC", 7, { 0xA0, 0, 0, 0, 0x77, 1, 8 } },
	{ "IAS ECC", 12, { 0xF0, 'I', 'A', 'S', 'e', 'c', 'c', 'R', 'o', 'o',
	    't' } },
	{ "card manager", 5, { 0xA0, 0, 0, 0, 3 } },
	{ "PIV", 5, { 0xA0, 0, 0, 3, 8 } },
	{ "PKCS #15", 12, { 0xA0, 0, 0, 0, 0x63, 'P', 'K', 'C', 'S', '-', '1',
	    '5' } },
	{ "OpenPGP", 6, { 0xD2, 0x76, 0, 1, 0x24, 1 } },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what a command is -------------------------------------------------- */

/* With the class as it stands there but for chaining; `strict`: as the card
 * will take it. Else by INS alone, for its name. */
static const struct row *
find(const struct cb_apdu *a, bool strict)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];

		if (r->ins != a->ins ||
		    (strict && (a->cla & ~CLA_CHAIN) != r->cla))
			continue;
		if ((a->p1 & r->p1_mask) == r->p1 &&
		    (a->p2 & r->p2_mask) == r->p2)
			return r;
	}
	return NULL;
}

static const char *
application(struct cb_span aid)
{
	for (size_t i = 0; i < COUNT(applications); i++)
		if (aid.n >= applications[i].n &&
		    memcmp(aid.p, applications[i].aid, applications[i].n) == 0)
			return applications[i].name;
	return NULL;
}

static void
put(struct br_seen *out, const char *fmt, ...) CB_PRINTF(2, 3);

static void
put(struct br_seen *out, const char *fmt, ...)
{
	size_t n = strlen(out->words);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(out->words + n, sizeof(out->words) - n, fmt, ap);
	va_end(ap);
}

/* A file, a path with its steps apart, or the name of an application. */
static void
put_target(struct br_seen *out, const struct row *r, struct cb_span data)
{
	const char *app;

	if (r->effect == BY_NAME) {
		if ((app = application(data)) != NULL)
			put(out, " %s", app);
		return;
	}
	for (size_t i = 0; i + 1 < data.n; i += 2)
		put(out, "%s%02X%02X", i == 0 ? " " : "/", data.p[i],
		    data.p[i + 1]);
}

static void
put_detail(struct br_seen *out, const struct row *r, const struct cb_apdu *a,
    unsigned show)
{
	switch (r->detail) {
	case TARGET:
		if ((show & DATA) != 0)
			put_target(out, r, a->data);
		break;
	case OFFSET:
		if ((a->p1 & 0x80) != 0)
			put(out, " short EF %02X at %u", a->p1 & 0x1F, a->p2);
		else
			put(out, " at %u", a->p1 << 8 | a->p2);
		break;
	case RECORD:
		put(out, " %u", a->p1);
		break;
	case REFERENCE:
		put(out, " %02X", a->p2);
		break;
	case OBJECT:
		put(out, " %02X%02X", a->p1, a->p2);
		break;
	}
	if (a->data.n == 0 && a->ne > 0 && (r->detail == OFFSET ||
		r->detail == RECORD))
		put(out, ", %u bytes", (unsigned)a->ne);
}

static void
put_words(struct br_seen *out, const struct row *r, const struct cb_apdu *a,
    unsigned show)
{
	if (r == NULL)
		put(out, "INS %02X", a->ins);
	else
		put(out, "%s", r->name);
	/* the same command without data asks something else */
	if (r != NULL && r->ins == 0x20 && a->data.n == 0)
		put(out, " (tries left?)");
	if (r != NULL)
		put_detail(out, r, a, show);
	if ((a->cla & CLA_CHAIN) != 0)
		put(out, ", more follows");
	if ((a->cla & ~CLA_CHAIN) != 0 && (r == NULL ||
		(a->cla & ~CLA_CHAIN) != r->cla))
		put(out, ", class %02X", a->cla);
}

/* ---- what may be seen of it --------------------------------------------- */

/* Is what a short identifier or none names an open EF? P1, or P2, that names
 * one: which it is nobody knows here. */
static bool
of_open_ef(const struct br_blot *b, const struct row *r,
    const struct cb_apdu *a)
{
	if (r->effect == BY_SHORT && (a->p1 & 0x80) != 0)
		return false;
	if (r->effect == BY_SHORT_P2 && (a->p2 & 0xF8) != 0)
		return false;
	return b->ef == BR_EF_OPEN;
}

static unsigned
visible(const struct br_blot *b, const struct row *r, const struct cb_apdu *a)
{
	if (r == NULL || ((r->show & OURS) != 0 && !b->known) ||
	    ((r->show & OF_EF) != 0 && !of_open_ef(b, r, a)))
		return 0;
	/* nobody's name or path is longer (7816-4, 8.2.1.2): who hides
	 * another command in the data of a SELECT wants it seen */
	if (r->ins == 0xA4 && a->data.n > 16)
		return 0;
	return r->show & b->chain;
}

/* The file that a path ends with. */
static enum br_ef
target(struct cb_span path)
{
	if (path.n == 0)
		return BR_EF_OPEN;	/* the MF */
	if (path.n % 2 != 0)
		return BR_EF_UNKNOWN;
	return (path.p[path.n - 2] << 8 | path.p[path.n - 1]) == FID_SECRET ?
	    BR_EF_SECRET : BR_EF_OPEN;
}

/* Of a new file, 83 02 and its identifier (7816-4, table 12). Not parsed: if
 * it might be EF 2000 it is taken for that. */
static enum br_ef
created(struct cb_span data)
{
	static const uint8_t id[] = { 0x83, 0x02 };
	static const uint8_t secret[] = { FID_SECRET >> 8, FID_SECRET & 0xFF };

	if (data.n == 0 || memmem(data.p, data.n, id, sizeof(id)) == NULL ||
	    memmem(data.p, data.n, secret, sizeof(secret)) != NULL)
		return BR_EF_UNKNOWN;
	return BR_EF_OPEN;
}

/* What is selected, if it is not known whether the command did it. */
static enum br_ef
worse(enum br_ef a, enum br_ef b)
{
	return a < b ? a : b;
}

static enum br_ef
afterwards(const struct br_blot *b, const struct row *r,
    const struct cb_apdu *a)
{
	bool chained = (a->cla & CLA_CHAIN) != 0;

	if (r == NULL || b->chain == 0)
		return BR_EF_UNKNOWN;
	switch (r->effect) {
	case BY_PATH:
		return chained ? BR_EF_UNKNOWN : target(a->data);
	case CREATES:
		/* a DF that is made leaves the EF selected that was so */
		return chained ? BR_EF_UNKNOWN :
		    worse(b->ef, created(a->data));
	case BY_SHORT:
		return (a->p1 & 0x80) != 0 ? BR_EF_UNKNOWN : b->ef;
	case BY_SHORT_P2:
		return (a->p2 & 0xF8) != 0 ? BR_EF_UNKNOWN : b->ef;
	case BY_NAME:
	case PARENT:
	case FORGETS:
		return BR_EF_UNKNOWN;
	}
	return b->ef;
}

/* How many bytes stand before the data: header and Lc. */
static size_t
before_data(const struct cb_apdu *a)
{
	return HEADER + (a->extended ? 3 : 1);
}

/* Nothing behind header and Lc, not even what looks like an Le: with a wrong
 * Lc that would be the end of the data. Where no data are at stake (r: what
 * may be seen of it at best) it is an Le. */
static void
cover(struct br_seen *out, const struct row *r, const struct cb_apdu *a,
    struct cb_span cmd)
{
	if (a->data.n > 0)
		out->shown = before_data(a);
	else if (cmd.n == HEADER || (cmd.n == HEADER + 1 && a->p3_zero) ||
	    (r != NULL && (r->show & DATA) != 0))
		out->shown = cmd.n;
	else
		out->shown = HEADER;
	out->hidden = cmd.n - out->shown;
}

/* ---- public -------------------------------------------------------------- */

void
br_blot_reset(struct br_blot *b, bool known)
{
	memset(b, 0, sizeof(*b));
	b->known = known;
	b->chain = ALL;
	b->hide_answer = true;
}

static void
get_response(struct br_blot *b, const struct cb_apdu *a, struct cb_span cmd,
    struct br_seen *out)
{
	bool plain = a->data.n == 0 && (a->cla & 0x7F) == 0 && b->chain == ALL;

	put(out, "GET RESPONSE");
	if (plain && a->ne > 0)
		put(out, ", %u bytes", (unsigned)a->ne);
	b->asks_rest = plain;
	b->hide_answer = !plain || !b->open_rest;
	if (plain) {
		out->shown = cmd.n;
	} else {
		b->next = BR_EF_UNKNOWN;
		cover(out, NULL, a, cmd);
	}
}

static void
ordinary(struct br_blot *b, const struct cb_apdu *a, struct cb_span cmd,
    struct br_seen *out)
{
	const struct row *r = find(a, true);
	unsigned show = visible(b, r, a);

	put_words(out, r != NULL ? r : find(a, false), a, show);
	if ((show & DATA) != 0)
		out->shown = cmd.n;
	else
		cover(out, r, a, cmd);
	b->next = afterwards(b, r, a);
	b->hide_answer = (show & ANSWER) == 0;
	b->chain = (a->cla & CLA_CHAIN) != 0 ? show & ALL : ALL;
}

void
br_blot_command(struct br_blot *b, struct cb_span cmd, struct br_seen *out)
{
	struct cb_apdu a;

	memset(out, 0, sizeof(*out));
	b->next = b->ef;
	b->asks_rest = false;
	if (cb_apdu_parse(&a, cmd) != CB_OK) {
		put(out, "no command");
		out->hidden = cmd.n;
		b->next = BR_EF_UNKNOWN;
		b->hide_answer = true;
	} else if (a.ins == INS_GET_RESPONSE) {
		get_response(b, &a, cmd, out);
	} else {
		ordinary(b, &a, cmd, out);
	}
}

void
br_blot_answer(struct br_blot *b, struct cb_span rsp, struct br_seen *out)
{
	bool done, more, again;
	uint16_t sw;

	memset(out, 0, sizeof(*out));
	if (rsp.n < 2) {
		put(out, "no answer");
		out->hidden = rsp.n;
		b->ef = BR_EF_UNKNOWN;
		b->open_rest = false;
		return;
	}
	sw = (uint16_t)(rsp.p[rsp.n - 2] << 8 | rsp.p[rsp.n - 1]);
	more = (sw & 0xFF00) == SW_MORE;
	again = b->asks_rest && (sw & 0xFF00) == SW_WRONG_LE;
	done = more || sw == SW_OK || (sw & 0xFF00) == 0x6200;
	cb_sw_text(sw, out->words, sizeof(out->words));
	out->shown = b->hide_answer ? 0 : rsp.n;
	out->hidden = b->hide_answer ? rsp.n - 2 : 0;
	b->ef = done ? b->next : worse(b->ef, b->next);
	b->open_rest = (more || again) && !b->hide_answer;
}
