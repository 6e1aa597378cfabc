/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The evaluator of the content language.
 *
 *	expression = item { item }
 *	item       = HEX | "'" text "'" | NAME | FUNCTION "(" [ args ] ")"
 *	args       = arg { "," arg }
 *
 * A word of hexadecimal digits is bytes; any other word is a name
 * (card.label, key.K.modulus, cert.C.der, pin.P.unblock) or, before a
 * parenthesis, a function. What an argument may be is the function's to say:
 * an expression, a number (decimal, 0x.., bits(K), size(PATH), len(...)), a
 * tag, one byte, a certificate's name.
 *
 * The same code checks a profile when it is read: then there are no values,
 * `unsure` is set where a length depends on one, and checks of length hold
 * for what is certain.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "emulator/template_eval.h"

#define DEPTH_MAX 16		/* of parentheses */
#define FILES_MAX 4		/* of size() within size() */

static enum cb_err eval_expr(struct tpl_eval *e, struct cb_buf *out);
static enum cb_err eval_terms(
    struct tpl_eval *e, const struct emu_terms *terms, struct cb_buf *out);

enum cb_err
tpl_fail(struct tpl_eval *e, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	cb_why_set(e->why, "%s:%u: in \"%.120s\": %s", e->file,
	    e->term != NULL ? e->term->line : 0,
	    e->term != NULL ? e->term->text : "", what);
	return CB_E_ARG;
}

/* ---- words --------------------------------------------------------------- */

static void
skip_blanks(struct tpl_eval *e)
{
	while (*e->s == ' ' || *e->s == '\t' || *e->s == '\n')
		e->s++;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-' ||
	    c == '/';
}

static struct tpl_word
take_word(struct tpl_eval *e)
{
	struct tpl_word w;

	skip_blanks(e);
	w.p = e->s;
	while (is_word(*e->s))
		e->s++;
	w.n = (size_t)(e->s - w.p);
	return w;
}

bool
tpl_word_is(struct tpl_word w, const char *text)
{
	return w.n == strlen(text) && memcmp(w.p, text, w.n) == 0;
}

static bool
word_hex(struct tpl_word w)
{
	for (size_t i = 0; i < w.n; i++)
		if (!is_hex(w.p[i]))
			return false;
	return w.n > 0;
}

static enum cb_err
expect(struct tpl_eval *e, char c)
{
	skip_blanks(e);
	if (*e->s != c) {
		if (*e->s == '\0')
			return tpl_fail(e, "expected '%c' before the end", c);
		return tpl_fail(e, "expected '%c' before \"%.16s\"", c, e->s);
	}
	e->s++;
	return CB_OK;
}

/* ---- arguments ----------------------------------------------------------- */

static enum cb_err
file_size(struct tpl_eval *e, struct tpl_word path, uint32_t *out)
{
	const struct emu_pf_app *app = e->t->app;
	const struct emu_pf_file *f;
	struct cb_buf bytes = CB_BUF_INIT_MAX(TPL_BYTES_MAX);
	struct tpl_eval inner = *e;
	enum cb_err r;
	int i;

	i = app != NULL ? emu_pf_file_find(app, path.p, path.n) : EMU_PF_NONE;
	if (i == EMU_PF_NONE)
		return tpl_fail(e,
		    "there is no file \"%.*s\" in this application",
		    (int)path.n, path.p);
	f = &app->files[i];
	if (f->type != EMU_EF_TRANSPARENT)
		return tpl_fail(e,
		    "%s has no size in bytes: it is not transparent", f->path);
	if (!f->fit) {
		*out = f->size;
		return CB_OK;
	}
	if (e->files >= FILES_MAX)
		return tpl_fail(e, "size() goes round in a circle");
	inner.files++;
	if ((r = eval_terms(&inner, &f->content, &bytes)) == CB_OK)
		*out = (uint32_t)bytes.n;
	e->unsure |= inner.unsure;
	cb_buf_free(&bytes);
	return r;
}

/* size(PATH), bits(KEY), len(expression) */
static enum cb_err
number_function(struct tpl_eval *e, struct tpl_word name, uint32_t *out)
{
	struct cb_buf bytes = CB_BUF_INIT_MAX(TPL_BYTES_MAX);
	unsigned i = 0;
	enum cb_err r;

	if ((r = expect(e, '(')) != CB_OK)
		return r;
	if (tpl_word_is(name, "size")) {
		r = file_size(e, take_word(e), out);
	} else if (tpl_word_is(name, "bits")) {
		if ((r = tpl_find_key(e, take_word(e), &i)) == CB_OK)
			*out = e->t->profile->keys[i].bits;
	} else if (tpl_word_is(name, "len")) {
		if ((r = eval_expr(e, &bytes)) == CB_OK)
			*out = (uint32_t)bytes.n;
		cb_buf_free(&bytes);
	} else {
		r = tpl_fail(e,
		    "\"%.*s\" gives no number (size, bits and len do)",
		    (int)name.n, name.p);
	}
	return r == CB_OK ? expect(e, ')') : r;
}

static enum cb_err
digits(struct tpl_eval *e, struct tpl_word w, unsigned base, uint32_t max,
    uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < w.n; i++) {
		const char *all = "0123456789abcdef", *at;
		char c = w.p[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		at = strchr(all, c);
		if (at == NULL || (unsigned)(at - all) >= base ||
		    v > (max - (uint32_t)(at - all)) / base)
			return tpl_fail(e, "\"%.*s\" is not a number up to %lu",
			    (int)w.n, w.p, (unsigned long)max);
		v = v * base + (uint32_t)(at - all);
	}
	*out = v;
	return CB_OK;
}

static enum cb_err
arg_number(struct tpl_eval *e, struct tpl_arg *a)
{
	bool before = e->unsure;
	struct tpl_word w = take_word(e);
	enum cb_err r;

	if (w.n == 0)
		return tpl_fail(e, "expected a number before \"%.16s\"", e->s);
	if (w.p[0] >= '0' && w.p[0] <= '9') {
		if (w.n > 2 && w.p[0] == '0' && w.p[1] == 'x') {
			w.p += 2;
			w.n -= 2;
			return digits(e, w, 16, UINT32_MAX, &a->n);
		}
		return digits(e, w, 10, UINT32_MAX, &a->n);
	}
	e->unsure = false;
	r = number_function(e, w, &a->n);
	a->unsure = e->unsure;
	e->unsure = before;
	return r;
}

static enum cb_err
arg_bytes(struct tpl_eval *e, struct tpl_arg *a)
{
	bool before = e->unsure;
	enum cb_err r;

	e->unsure = false;
	r = eval_expr(e, &a->b);
	a->unsure = e->unsure;
	e->unsure = before;
	return r;
}

static enum cb_err
arg_take(struct tpl_eval *e, char kind, struct tpl_arg *a)
{
	struct tpl_word w;
	enum cb_err r;

	switch (kind) {
	case 'b':
		return arg_bytes(e, a);
	case 'n':
		return arg_number(e, a);
	case '1':
		if ((r = arg_bytes(e, a)) == CB_OK && a->b.n != 1)
			r = tpl_fail(e, "expected one byte (00, ' ')");
		return r;
	case 't':
		w = take_word(e);
		if (!word_hex(w) || w.n % 2 != 0 || w.n > 6)
			return tpl_fail(
			    e, "expected a tag of 1 to 3 bytes (30, 5F2F)");
		return digits(e, w, 16, 0xFFFFFF, &a->n);
	default:
		return tpl_find_cert(e, take_word(e), &a->index);
	}
}

static enum cb_err
put_function(struct tpl_eval *e, struct tpl_word name, struct cb_buf *out)
{
	struct tpl_arg a[TPL_ARGS_MAX] = { 0 };
	const struct tpl_function *f = tpl_find_function(name);
	size_t n;
	enum cb_err r;

	if (f == NULL)
		return tpl_fail(e, "there is no function \"%.*s\"", (int)name.n,
		    name.p);
	n = strlen(f->args);
	for (size_t i = 0; i < n; i++)
		a[i].b.max = TPL_BYTES_MAX;
	r = expect(e, '(');
	for (size_t i = 0; i < n && r == CB_OK; i++) {
		if (i > 0)
			r = expect(e, ',');
		if (r == CB_OK)
			r = arg_take(e, f->args[i], &a[i]);
	}
	if (r == CB_OK)
		r = expect(e, ')');
	if (r == CB_OK)
		r = f->put(e, a, out);
	for (size_t i = 0; i < n; i++)
		cb_buf_free(&a[i].b);
	return r;
}

/* ---- expressions --------------------------------------------------------- */

static enum cb_err
put_text(struct tpl_eval *e, struct cb_buf *out)
{
	const char *start = e->s + 1, *end = strchr(start, '\'');

	if (end == NULL)
		return tpl_fail(e, "expected ' at the end of the text");
	e->s = end + 1;
	return cb_buf_add(out, cb_span(start, (size_t)(end - start)));
}

static enum cb_err
put_item(struct tpl_eval *e, struct cb_buf *out)
{
	struct tpl_word w;

	if (*e->s == '\'')
		return put_text(e, out);
	w = take_word(e);
	if (w.n == 0)
		return tpl_fail(e, "unexpected \"%.16s\"", e->s);
	skip_blanks(e);
	if (*e->s == '(')
		return put_function(e, w, out);
	if (!word_hex(w))
		return tpl_put_name(e, w, out);
	if (w.n % 2 != 0)
		return tpl_fail(e, "\"%.*s\" has an odd number of hexadecimal "
		    "digits", (int)w.n, w.p);
	return cb_hex_decode(out, w.p, w.n);
}

static enum cb_err
eval_expr(struct tpl_eval *e, struct cb_buf *out)
{
	enum cb_err r = CB_OK;

	if (e->depth >= DEPTH_MAX)
		return tpl_fail(e, "nested too deeply");
	e->depth++;
	for (skip_blanks(e); r == CB_OK && *e->s != '\0' && *e->s != ',' &&
	    *e->s != ')'; skip_blanks(e))
		r = put_item(e, out);
	e->depth--;
	return r;
}

static enum cb_err
eval_terms(
    struct tpl_eval *e, const struct emu_terms *terms, struct cb_buf *out)
{
	const struct emu_term *term = e->term;
	const char *file = e->file, *s = e->s;
	enum cb_err r = CB_OK;

	e->file = terms->file != NULL ? terms->file : "profile";
	for (unsigned i = 0; i < terms->n && r == CB_OK; i++) {
		e->term = &terms->p[i];
		e->s = terms->p[i].text;
		r = eval_expr(e, out);
		if (r == CB_OK && *e->s != '\0')
			r = tpl_fail(e, "unexpected \"%.16s\"", e->s);
		else if (r == CB_E_LIMIT)
			r = tpl_fail(e, "more bytes than a file can hold");
	}
	e->term = term;
	e->file = file;
	e->s = s;
	return r;
}

enum cb_err
emu_template_eval(const struct emu_tpl *t, const struct emu_terms *terms,
    struct cb_buf *out, struct cb_why *why)
{
	struct tpl_eval e = { .t = t, .why = why };

	return eval_terms(&e, terms, out);
}

enum cb_err
emu_template_file(const struct emu_tpl *t, const struct emu_pf_file *f,
    struct cb_buf *out, struct cb_why *why)
{
	size_t start = out->n, n;
	uint8_t *zeros;
	enum cb_err r;

	if ((r = emu_template_eval(t, &f->content, out, why)) != CB_OK)
		return r;
	n = out->n - start;
	if (n > TPL_BYTES_MAX || (!f->fit && n > f->size)) {
		cb_why_set(why, "%s:%u: the content of %s is %zu bytes long, "
		    "its size is %u", f->content.file, f->line, f->path, n,
		    f->fit ? TPL_BYTES_MAX : f->size);
		return CB_E_ARG;
	}
	if (f->fit)
		return CB_OK;
	return cb_buf_grow(out, f->size - n, &zeros);
}

enum cb_err
emu_template_check(const struct emu_profile *profile,
    const struct emu_pf_app *app, const struct emu_terms *terms, size_t *n,
    bool *exact, struct cb_why *why)
{
	static const uint8_t serial[EMU_PF_SERIAL_MAX];
	struct emu_tpl t = {
		.profile = profile,
		.app = app,
		.serial = cb_span(serial, profile->serial_n),
	};
	struct tpl_eval e = { .t = &t, .why = why, .check = true };
	struct cb_buf bytes = CB_BUF_INIT_MAX(TPL_BYTES_MAX);
	enum cb_err r;

	*n = 0;
	*exact = false;
	if ((r = eval_terms(&e, terms, &bytes)) == CB_OK) {
		*n = bytes.n;
		*exact = !e.unsure;
	}
	cb_buf_free(&bytes);
	return r;
}
