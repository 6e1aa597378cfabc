/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h: commands and answers as text, and conversations of them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/emulator/rig.h"

static void
put(struct cb_buf *out, const void *p, size_t n)
{
	ck_assert_int_eq(cb_buf_add(out, cb_span(p, n)), CB_OK);
}

/* HH*N */
static void
put_repeated(struct cb_buf *out, const char *word)
{
	unsigned byte, n;
	uint8_t *p;

	ck_assert_msg(
	    sscanf(word, "%2x*%u", &byte, &n) == 2, "not HH*N: %s", word);
	ck_assert_int_eq(cb_buf_grow(out, n, &p), CB_OK);
	memset(p, (int)byte, n);
}

/* A passcode field: the text between two brackets, FF behind it. */
static void
put_field(struct cb_buf *out, const char *word, size_t n, size_t field_n)
{
	uint8_t *field;

	ck_assert_int_eq(cb_buf_grow(out, field_n, &field), CB_OK);
	memset(field, 0xFF, field_n);
	ck_assert_uint_le(n - 2, field_n);
	memcpy(field, word + 1, n - 2);
}

/* One word; *mark is where a count of bytes is due, or 0. */
static void
put_word(struct cb_buf *out, const char *word, size_t n, size_t *mark)
{
	if (word[0] == '<') {
		put_field(out, word, n, 64);
	} else if (word[0] == '{') {
		put_field(out, word, n, 8);
	} else if (word[0] == '\'') {
		put(out, word + 1, n - 2);
	} else if (word[0] == '#') {
		put(out, "", 1);
		*mark = out->n;
	} else if (word[0] == '|') {
		ck_assert_uint_ne(*mark, 0);
		out->p[*mark - 1] = (uint8_t)(out->n - *mark);
		*mark = 0;
	} else if (memchr(word, '*', n) != NULL) {
		put_repeated(out, word);
	} else {
		ck_assert_msg(cb_hex_decode(out, word, n) == CB_OK,
		    "not hexadecimal: %s", word);
	}
}

void
rig_bytes(struct cb_buf *out, const char *cmd)
{
	size_t n, mark = 0;

	for (; *cmd != '\0'; cmd += n) {
		n = strcspn(cmd, " ");
		if (n == 0)
			n = 1;
		else
			put_word(out, cmd, n, &mark);
	}
	if (mark != 0)
		out->p[mark - 1] = (uint8_t)(out->n - mark);
}

const char *
rig_fmt(const char *fmt, ...)
{
	static char ring[4][4096];
	static unsigned at;
	char *text = ring[at++ % 4];
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(text, sizeof(ring[0]), fmt, ap),
	    (int)sizeof(ring[0]));
	va_end(ap);
	return text;
}

const char *
rig_send(struct rig *r, const char *cmd)
{
	static char ring[4][1100];
	static unsigned at;
	struct cb_buf b = CB_BUF_INIT;
	char *text = ring[at++ % 4];
	uint8_t *exact;

	rig_bytes(&b, cmd);
	/* a copy of just that size: a sanitizer sees its end */
	ck_assert_ptr_nonnull(exact = malloc(b.n + 1));
	memcpy(exact + 1, b.p, b.n);
	ck_assert_int_eq(
	    emu_card_transmit(r->card, cb_span(exact + 1, b.n), &r->rsp),
	    CB_OK);
	free(exact);
	ck_assert_uint_ge(r->rsp.n, 2);
	ck_assert_uint_le(r->rsp.n, 258);
	cb_hex_encode(text, sizeof(ring[0]), cb_buf_span(&r->rsp));
	cb_buf_free(&b);
	return text;
}

uint16_t
rig_sw(struct rig *r, const char *cmd)
{
	(void)rig_send(r, cmd);
	return (uint16_t)(r->rsp.p[r->rsp.n - 2] << 8 |
	    r->rsp.p[r->rsp.n - 1]);
}

/* ---- conversations ----------------------------------------------------------- */

static void
expect(const struct rig *r, const char *where, const char *want)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span got = cb_buf_span(&r->rsp);
	char text[1100];

	if (want[0] == '?') {
		size_t digits = strspn(want + 1, "0123456789");
		unsigned long n = strtoul(want + 1, NULL, 10);

		rig_bytes(&b, want + 1 + digits);
		if (digits == 0)
			n = got.n > b.n ? got.n - b.n : 0;
		ck_assert_msg(got.n == n + b.n, "%s: %zu bytes, want %lu",
		    where, got.n, n + b.n);
		got = cb_span_tail(got, n);
	} else {
		rig_bytes(&b, want);
	}
	ck_assert_msg(cb_span_equal(got, cb_buf_span(&b)),
	    "%s:\ngot  %s\nwant %s", where,
	    cb_hex_encode(text, sizeof(text), cb_buf_span(&r->rsp)), want);
	cb_buf_free(&b);
}

static void
events(struct rig *r, const char *where, const char *want)
{
	ck_assert_msg(strcmp(r->events, strcmp(want, "-") == 0 ? "" : want) ==
		0, "%s: events:%s\nnot:%s", where, r->events, want);
	r->events[0] = '\0';
}

static void
notes(struct rig *r, const char *where, const char *want)
{
	if (strcmp(want, "-") == 0)
		ck_assert_msg(r->notes[0] == '\0', "%s: the log says:\n%s",
		    where, r->notes);
	else
		ck_assert_msg(strstr(r->notes, want) != NULL,
		    "%s: the log says:\n%s\nnot: %s", where, r->notes, want);
	r->notes[0] = '\0';
}

/* A word that is no command; false: it is one. */
static bool
direct(struct rig *r, const struct step *s, const char *where, unsigned *begun)
{
	if (s->cmd[0] != '@')
		return false;
	if (strcmp(s->cmd, "@reset") == 0 || strcmp(s->cmd, "@on") == 0)
		emu_card_power_on(r->card);
	else if (strcmp(s->cmd, "@off") == 0)
		emu_card_power_off(r->card);
	else if (strncmp(s->cmd, "@wait ", 6) == 0)
		r->now += strtoul(s->cmd + 6, NULL, 10);
	else if (strcmp(s->cmd, "@tick") == 0)
		emu_card_tick(r->card);
	else if (strcmp(s->cmd, "@t0") == 0)
		r->card->proto = EMU_T0;
	else if (strcmp(s->cmd, "@t1") == 0)
		r->card->proto = EMU_T1;
	else if (strcmp(s->cmd, "@reopen") == 0)
		rig_reopen(r);
	else if (strncmp(s->cmd, "@import ", 8) == 0)
		rig_import(r, s->cmd + 8, false);
	else if (strncmp(s->cmd, "@import-public ", 15) == 0)
		rig_import(r, s->cmd + 15, true);
	else if (strncmp(s->cmd, "@put-key ", 9) == 0)
		ck_assert_uint_eq(rig_put_key(r,
			(uint8_t)strtoul(s->cmd + 9, NULL, 16),
			strrchr(s->cmd, ' ') + 1), 0x9000);
	else if (strncmp(s->cmd, "@ias-key ", 9) == 0)
		ck_assert_uint_eq(rig_ias_key(r,
			(uint8_t)strtoul(s->cmd + 9, NULL, 16),
			strrchr(s->cmd, ' ') + 1), 0x9000);
	else if (strcmp(s->cmd, "@notes") == 0)
		notes(r, where, s->want);
	else if (strcmp(s->cmd, "@events") == 0)
		events(r, where, s->want);
	else if (strcmp(s->cmd, "@disk") == 0)
		ck_assert_msg(r->nvm->begins > *begun, "%s", where);
	else if (strcmp(s->cmd, "@no-disk") == 0)
		ck_assert_msg(r->nvm->begins == *begun, "%s", where);
	else
		ck_abort_msg("%s", where);
	return true;
}

void
rig_play(struct rig *r, const char *name, const struct step *steps)
{
	char where[512];
	unsigned begun = 0, begins;

	for (const struct step *s = steps; s->cmd != NULL; s++) {
		snprintf(where, sizeof(where), "%s, step %d: %s", name,
		    (int)(s - steps) + 1, s->cmd);
		if (direct(r, s, where, &begun))
			continue;
		begins = r->nvm->begins;
		(void)rig_send(r, s->cmd);
		begun = begins;
		expect(r, where, s->want);
	}
}

static void
tell(struct rig *r, const char *name, const struct step *steps)
{
	rig_play(r, name, steps);
	rig_coherent(r);
	rig_close(r);
}

void
rig_tell(enum rig_kind kind, const char *name, const struct step *steps)
{
	struct rig r;

	rig_open(&r, kind);
	tell(&r, name, steps);
}

void
rig_tell_of(struct emu_profile *p, enum rig_kind kind, const char *name,
    const struct step *steps)
{
	struct rig r;

	rig_make(&r, p, kind);
	tell(&r, name, steps);
	emu_profile_free(&p);
}

void
rig_story(const struct story *story)
{
	rig_tell(story->kind, story->name, story->steps);
}

void
rig_allows(struct rig *r, const char *name, const char *cmd, bool pass,
    const char *want, const char *refused)
{
	const struct step steps[] = {
		{ cmd, pass ? want : refused },
		{ pass ? NULL : "@no-disk", NULL },
		{ NULL, NULL },
	};

	tell(r, name, steps);
}

void
rig_must(struct rig *r, const char *cmd)
{
	uint16_t sw = rig_sw(r, cmd);

	ck_assert_msg(sw == 0x9000, "%s: %04X", cmd, sw);
}

static TCase *
rig_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_unchecked_fixture(tc, rig_setup, NULL);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

Suite *
rig_suite(const char *name, TCase **tc)
{
	Suite *s = suite_create(name);

	*tc = rig_case(s, name);
	return s;
}

TCase *
rig_slow(Suite *s)
{
	TCase *tc = rig_case(s, "slow");

	tcase_set_tags(tc, "slow");
	return tc;
}
