/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fuzz_draft.h. Whoever signs is believed, so that what comes behind the
 * signatures is reached: a certificate begins with the ids of a person and an
 * organisation, and a signature with an odd byte is a good one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/admin.h"
#include "common/text.h"
#include "tests/fuzz/fuzz_draft.h"

#define FAIL_MAX 8192

static struct cb_span names;	/* what is left of them */
static unsigned told;		/* so many had one */

/* ---- in the place of certificates, the desk and the terminal ------------- */

enum cb_err __wrap_wire_cert_check(struct cb_span der,
    struct cb_span authority, enum wire_usage usage, enum wire_kind kind,
    int64_t now, struct wire_cert *out, struct wire_key **key,
    struct cb_why *why);
enum cb_err __wrap_wire_act_verify(const struct wire_key *key,
    struct cb_span head, struct cb_span signature);
enum cb_err __wrap_wire_approval_verify(const struct wire_key *key,
    struct cb_span head, struct cb_span signature);
enum cb_err __wrap_cli_admin_list(struct cli_admin *s,
    enum wire_desk_list list, const struct wire_fields *filter,
    cli_admin_item_fn *f, void *ctx);
int __wrap_cli_fail(enum cli_exit code, const char *fmt, ...)
    CB_PRINTF(2, 3);

enum cb_err
__wrap_wire_cert_check(struct cb_span der, struct cb_span authority,
    enum wire_usage usage, enum wire_kind kind, int64_t now,
    struct wire_cert *out, struct wire_key **key, struct cb_why *why)
{
	(void)authority;
	(void)now;
	if (usage != WIRE_PERSON || kind != WIRE_TEST || der.n < 2 * WIRE_ID) {
		cb_why_set(why, "it is no certificate");
		return CB_E_FORMAT;
	}
	*out = (struct wire_cert){ .until = 1 };
	memcpy(out->subject, der.p, WIRE_ID);
	memcpy(out->organisation, der.p + WIRE_ID, WIRE_ID);
	*key = NULL;
	return CB_OK;
}

static enum cb_err
believe(struct cb_span signature)
{
	return signature.n > 0 && (signature.p[0] & 1) != 0 ? CB_OK
							    : CB_E_CRYPTO;
}

enum cb_err
__wrap_wire_act_verify(const struct wire_key *key, struct cb_span head,
    struct cb_span signature)
{
	(void)key;
	(void)head;
	return believe(signature);
}

enum cb_err
__wrap_wire_approval_verify(const struct wire_key *key, struct cb_span head,
    struct cb_span signature)
{
	(void)key;
	(void)head;
	return believe(signature);
}

/* Of each thing one item, with the next of the names: where the wire takes
 * that, as it reads every answer. */
enum cb_err
__wrap_cli_admin_list(struct cli_admin *s, enum wire_desk_list list,
    const struct wire_fields *filter, cli_admin_item_fn *f, void *ctx)
{
	struct wire_fields item = *filter, read;
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span name;
	uint8_t n;
	enum cb_err r = CB_OK;

	(void)s;
	(void)list;
	if (cb_get_u8(&names, &n) != CB_OK ||
	    cb_get_span(&names, n, &name) != CB_OK)
		return CB_OK;
	wire_fields_bytes(&item, WIRE_D_NAME, name);
	if (wire_fields_put(&bytes, &item) == CB_OK &&
	    wire_fields_get(cb_buf_span(&bytes), &read) == CB_OK) {
		told++;
		r = f(ctx, &read);
	}
	cb_buf_free(&bytes);
	return r;
}

/* It would go to a terminal. */
int
__wrap_cli_fail(enum cli_exit code, const char *fmt, ...)
{
	char text[FAIL_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || !cb_is_plain_text(cb_span_str(text)))
		abort();
	return (int)code;
}

/* ---- what words must tell ------------------------------------------------ */

#define BIT(field) (UINT32_C(1) << (field))
/* Times are shown by the minute. */
#define MINUTE_MS 60000

/* What two rows must not differ in that have the same words; a token has its
 * class where it is a device's. */
static const uint32_t shown[WIRE_GRANT_TYPES] = {
	[WIRE_GRANT_DEVICE] = BIT(WIRE_G_DEVICE) | BIT(WIRE_G_STATE),
	[WIRE_GRANT_ASSIGNMENT] = BIT(WIRE_G_CARD) | BIT(WIRE_G_SUBJECT) |
	    BIT(WIRE_G_KIND) | BIT(WIRE_G_UNTIL),
	[WIRE_GRANT_ROLE] = BIT(WIRE_G_PERSON) | BIT(WIRE_G_ROLE) |
	    BIT(WIRE_G_UNTIL),
	[WIRE_GRANT_POLICY] = BIT(WIRE_G_NAME) | BIT(WIRE_G_VALUE),
	[WIRE_GRANT_REVOCATION] = BIT(WIRE_G_FINGERPRINT),
	[WIRE_GRANT_CARD] = BIT(WIRE_G_CARD) | BIT(WIRE_G_STATE),
	[WIRE_GRANT_TOKEN] = BIT(WIRE_G_SUBJECT) | BIT(WIRE_G_UNTIL) |
	    BIT(WIRE_G_NAME),
	[WIRE_GRANT_FACTOR] = BIT(WIRE_G_PERSON) | BIT(WIRE_G_STATE),
};

static bool
same_field(const struct wire_grant *a, const struct wire_grant *b, unsigned f)
{
	if (f == WIRE_G_UNTIL)
		return (a->number[f] == 0) == (b->number[f] == 0) &&
		    a->number[f] / MINUTE_MS == b->number[f] / MINUTE_MS;
	return a->number[f] == b->number[f] &&
	    cb_span_equal(a->bytes[f], b->bytes[f]);
}

static bool
same_row(const struct wire_change *c, const struct wire_change *d)
{
	struct wire_grant a, b;
	uint32_t fields;

	if (wire_grant_get(c->row, &a) != CB_OK ||
	    wire_grant_get(d->row, &b) != CB_OK || shown[a.type] == 0)
		abort();
	fields = shown[a.type];
	if (a.type == WIRE_GRANT_TOKEN &&
	    cb_span_equal(
		a.bytes[WIRE_G_NAME], cb_span_str(WIRE_TOKEN_DEVICE)))
		fields |= BIT(WIRE_G_CLASS);
	if (c->remove != d->remove || a.type != b.type ||
	    memcmp(a.organisation, b.organisation, WIRE_ID) != 0)
		return false;
	for (unsigned f = 1; f < WIRE_G_END; f++)
		if ((fields & BIT(f)) != 0 && !same_field(&a, &b, f))
			return false;
	return true;
}

/* Do both order the same, as far as who signs is to know? */
static bool
same_order(const struct wire_act *a, const struct wire_act *b)
{
	struct cb_span i = a->changes, j = b->changes;
	struct wire_change c, d;

	if (!cb_span_equal(a->what, b->what) ||
	    memcmp(a->organisation, b->organisation, WIRE_ID) != 0 ||
	    memcmp(a->subject, b->subject, WIRE_ID) != 0 ||
	    memcmp(a->person, b->person, WIRE_ID) != 0 ||
	    !cb_span_equal(a->detail, b->detail) || a->count != b->count)
		return false;
	for (unsigned n = 0; n < a->count; n++) {
		if (wire_change_get(&i, &c) != CB_OK ||
		    wire_change_get(&j, &d) != CB_OK)
			abort();
		if (!same_row(&c, &d))
			return false;
	}
	return true;
}

/* What a name has of them itself has a backslash before it, and so has that. */
static unsigned
marks_in(struct cb_span line)
{
	unsigned marks = 0;

	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\\')
			i++;
		else
			marks += line.p[i] == '"';
	return marks;
}

/* Plain lines, as many as there are things to say, and in them no marks but
 * those around names. */
static void
check_words(struct cb_span words, const struct cli_draft *d)
{
	unsigned lines = 0, marks = 0, wanted = 4u + d->act.count;
	unsigned named = told + wire_fields_has(&d->detail, WIRE_D_NAME);

	for (int f = 1; f < WIRE_D_END; f++)
		wanted += wire_fields_has(
		    &d->detail, (enum wire_desk_field)f);
	while (words.n > 0) {
		const uint8_t *end = memchr(words.p, '\n', words.n);
		struct cb_span line;

		if (end == NULL)
			abort();
		line = cb_span_head(words, (size_t)(end - words.p));
		words = cb_span_tail(words, line.n + 1);
		if (!cb_is_plain_text(line))
			abort();
		lines++;
		marks += marks_in(line);
	}
	if (lines != wanted || marks != 2 * named)
		abort();
}

/* ---- a file, and who reads it -------------------------------------------- */

static const char *
file_with(struct cb_span text)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0 && (fd = memfd_create("draft", MFD_CLOEXEC)) < 0)
		abort();
	if (ftruncate(fd, 0) != 0 ||
	    (text.n > 0 &&
		pwrite(fd, text.p, text.n, 0) != (ssize_t)text.n))
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static void
begin(struct cli_admin *s)
{
	static const struct cli_admin_args args = { .identity = "me" };

	*s = (struct cli_admin){ .args = &args,
		.who = { .kind = WIRE_TEST, .usage = WIRE_PERSON } };
	memset(s->who.id, 9, WIRE_ID);
}

void
fuzz_draft_text(struct cb_span in)
{
	struct cb_buf again = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	struct wire_draft draft;
	struct cli_draft read;
	struct cli_admin s;

	begin(&s);
	if (wire_draft_get(in, &draft) == CB_OK) {
		if (wire_draft_put(&again, &draft) != CB_OK ||
		    !cb_span_equal(cb_buf_span(&again), in))
			abort();
		wire_draft_clear(&draft);
	} else if (cli_draft_read(&s, file_with(in), &read) == CLI_OK)
		abort();
	cb_buf_free(&again);
}

/* ---- acts ---------------------------------------------------------------- */

struct pieces {
	struct cb_span names, change, act, approvals;
};

/* False: ACT or an APPROVAL is none. */
static bool
put_draft(struct cb_buf *text, struct cb_span act, struct cb_span approvals)
{
	struct wire_draft d = { .act = CB_BUF_INIT }, read;
	struct cb_span one;
	bool good = cb_buf_set(&d.act, act) == CB_OK;

	while (d.n < WIRE_DRAFT_APPROVALS &&
	    cb_get_lv16(&approvals, &one) == CB_OK)
		good = cb_buf_set(&d.approvals[d.n++], one) == CB_OK && good;
	cb_buf_clear(text);
	good = good && wire_draft_put(text, &d) == CB_OK;
	wire_draft_clear(&d);
	if (!good || wire_draft_get(cb_buf_span(text), &read) != CB_OK)
		return false;
	wire_draft_clear(&read);
	return true;
}

/* False: nobody is shown it. */
static bool
explain(struct cli_admin *s, struct cb_span from, struct cli_draft *d,
    struct cb_span text, struct cb_buf *words)
{
	enum cb_err r;

	if (cli_draft_read(s, file_with(text), d) != CLI_OK)
		return false;
	names = from;
	told = 0;
	cb_buf_clear(words);
	r = cli_explain(s, d, words);
	if (r != CB_OK && r != CB_E_FORMAT)
		abort();
	if (r == CB_OK)
		check_words(cb_buf_span(words), d);
	return r == CB_OK;
}

/* An approval that is good is of this act, by another, and not over. */
static void
judge(const struct cli_admin *s, const struct cli_draft *d)
{
	const uint64_t now = cli_admin_now();
	struct wire_approval a;
	struct cb_span approval, head, signature;

	if (cli_draft_approval(s, d, &approval) != CLI_OK ||
	    approval.n == 0)
		return;
	if (wire_approval_get(approval, &a, &head, &signature) != CB_OK ||
	    memcmp(a.request, d->request, CR_HASH) != 0 ||
	    memcmp(a.person, s->who.id, WIRE_ID) == 0 ||
	    a.until <= now || believe(signature) != CB_OK)
		abort();
}

/* The same but for one byte. */
static void
explain_changed(struct cli_admin *s, const struct pieces *p,
    const struct cli_draft *d, const struct cb_buf *words, struct cb_span act)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	struct cb_buf other = CB_BUF_INIT;
	struct cli_draft changed;

	memset(&changed, 0, sizeof(changed));
	if (put_draft(&text, act, CB_SPAN_EMPTY) &&
	    explain(s, p->names, &changed, cb_buf_span(&text), &other) &&
	    !same_order(&d->act, &changed.act) &&
	    cb_span_equal(cb_buf_span(words), cb_buf_span(&other)))
		abort();
	cli_draft_clear(&changed);
	cb_buf_free(&text);
	cb_buf_free(&other);
}

/* One after the other, those bytes that the input says. */
static void
explain_others(struct cli_admin *s, const struct pieces *p,
    const struct cli_draft *d, const struct cb_buf *words)
{
	struct cb_buf act = CB_BUF_INIT;
	struct cb_span change = p->change;
	uint16_t at;
	uint8_t n, how;

	if (cb_get_u16(&change, &at) != CB_OK ||
	    cb_get_u8(&change, &n) != CB_OK ||
	    cb_get_u8(&change, &how) != CB_OK ||
	    cb_buf_set(&act, p->act) != CB_OK)
		return;
	for (size_t i = at; i < act.n && i < (size_t)at + n; i++) {
		act.p[i] ^= how;
		explain_changed(s, p, d, words, cb_buf_span(&act));
		act.p[i] ^= how;
	}
	cb_buf_free(&act);
}

void
fuzz_draft_acts(struct cb_span in)
{
	struct cb_buf text = CB_BUF_INIT_MAX(WIRE_DRAFT_MAX);
	struct cb_buf words = CB_BUF_INIT;
	struct cli_draft d;
	struct cli_admin s;
	struct pieces p;

	if (cb_get_lv16(&in, &p.names) != CB_OK ||
	    cb_get_lv16(&in, &p.change) != CB_OK ||
	    cb_get_lv16(&in, &p.act) != CB_OK)
		return;
	p.approvals = in;
	begin(&s);
	memset(&d, 0, sizeof(d));
	if (put_draft(&text, p.act, p.approvals)) {
		const bool is_shown = explain(
		    &s, p.names, &d, cb_buf_span(&text), &words);

		if (d.file.act.n > 0)
			judge(&s, &d);
		if (is_shown)
			explain_others(&s, &p, &d, &words);
	}
	cli_draft_clear(&d);
	cb_buf_free(&text);
	cb_buf_free(&words);
}
