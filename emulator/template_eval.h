/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside the content language: what the evaluator (template.c), its names
 * (template_names.c) and its functions (template_put.c) share.
 */
#ifndef EMU_TEMPLATE_EVAL_H
#define EMU_TEMPLATE_EVAL_H

#include "emulator/template.h"

#define TPL_ARGS_MAX 3
#define TPL_BYTES_MAX 65535

struct tpl_eval {
	const struct emu_tpl *t;
	const char *file;
	const struct emu_term *term;
	const char *s;		/* cursor */
	struct cb_why *why;
	bool check;		/* no values, only their shapes */
	bool unsure;		/* what was put may become longer */
	unsigned depth;		/* of parentheses */
	unsigned files;		/* of size() within size() */
};

struct tpl_word {
	const char *p;
	size_t n;
};

struct tpl_arg {
	struct cb_buf b;
	uint32_t n;
	unsigned index;
	bool unsure;		/* b may become longer, n another number */
};

typedef enum cb_err tpl_put_fn(
    struct tpl_eval *e, struct tpl_arg *a, struct cb_buf *out);

/* A function: what its arguments are (b expression, n number, t tag, 1 one
 * byte, c certificate) and how it appends its bytes. */
struct tpl_function {
	const char *name;
	const char *args;
	tpl_put_fn *put;
};

/* Sets *why, with the place; always CB_E_ARG. */
CB_MUST_USE CB_PRINTF(2, 3) enum cb_err tpl_fail(
    struct tpl_eval *e, const char *fmt, ...);
bool tpl_word_is(struct tpl_word w, const char *text);

/* template_names.c */
CB_MUST_USE enum cb_err tpl_find_key(
    struct tpl_eval *e, struct tpl_word w, unsigned *out);
CB_MUST_USE enum cb_err tpl_find_cert(
    struct tpl_eval *e, struct tpl_word w, unsigned *out);
CB_MUST_USE enum cb_err tpl_put_name(
    struct tpl_eval *e, struct tpl_word w, struct cb_buf *out);

/* template_put.c; NULL: no such function. */
const struct tpl_function *tpl_find_function(struct tpl_word w);

#endif
