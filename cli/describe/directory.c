/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PKCS#15 files (TokenInfo, and those that the ODF names), of which a report
 * tells the structure but no names, keys and identifiers: these become the new
 * card's. Lengths around them are counted anew.
 *
 * Whose they are: entries about keys have a key reference, and the path of
 * others leads to a file that the shipped profile has, and makes of a key.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"
#include "common/tlv.h"

#define ODF "5031"
#define TOKEN_INFO "5032"
#define WORD 16			/* bytes of digits without a blank */
#define KEY_NO 0x7F		/* of a key reference */
#define ID_N 20
#define GUID_N 38
#define NAME_MAX_N 40
#define DEPTH_MAX 8

struct dir {
	struct draft *d;
	const struct rep_app *tree;
	config_setting_t *files;	/* the shipped profile's */
	const struct rep_file *f;
	struct cb_buf *out;
	bool token;
	bool zeros;		/* something stands for nothing known */
	config_setting_t *key;	/* of the entry, or NULL */
	char cert[NAME_MAX_N];	/* the key's, or "" */
};

static void emit(struct dir *s, struct cb_span in, unsigned depth);

static void
say(struct dir *s, const char *text)
{
	if (s->d->err == CB_OK)
		s->d->err = cb_buf_add(s->out, cb_span_str(text));
}

static bool
is_hidden(const struct dir *s, struct cb_span part)
{
	const struct rep_bytes *b = &s->f->content;

	return part.n > 0 &&
	    memchr(b->hidden + (part.p - b->p), 1, part.n) != NULL;
}

/* ---- whose it is --------------------------------------------------------- */

static void
key_of_reference(struct dir *s, unsigned no)
{
	size_t df = strlen(s->f->path) - 4;

	for (size_t i = 0; i < s->tree->files_n && s->key == NULL; i++) {
		const struct rep_file *f = &s->tree->files[i];
		char end[3];

		(void)snprintf(end, sizeof(end), "%02X", no & KEY_NO);
		if (f->type == REP_RSA_PRIVATE && strlen(f->path) == df + 4 &&
		    strncmp(f->path, s->f->path, df) == 0 &&
		    strcmp(f->path + df + 2, end) == 0)
			s->key = draft_key(s->d, s->tree, f, s->files);
	}
}

/* "key.auth.", "cert.auth." in the shipped content of a file. */
static void
key_of_text(struct dir *s, const char *text)
{
	config_setting_t *certs = draft_member(s->d->root, "certificates");
	const char *at;
	char name[NAME_MAX_N];

	if (text == NULL)
		return;
	if ((at = strstr(text, "key.")) != NULL) {
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(at + 4, "."), at + 4);
		s->key = draft_find(
		    draft_member(s->d->root, "keys"), "name", name);
	} else if ((at = strstr(text, "cert.")) != NULL) {
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(at + 5, "."), at + 5);
		s->key = draft_find(draft_member(s->d->root, "keys"), "name",
		    draft_text(draft_find(certs, "name", name), "key"));
	}
}

static void
key_of_file(struct dir *s, struct cb_span path)
{
	char name[REP_PATH_MAX];
	config_setting_t *content;

	if (path.n < 2)
		return;
	(void)snprintf(name, sizeof(name), "%.*s%02X%02X",
	    (int)strlen(s->f->path) - 4, s->f->path, path.p[path.n - 2],
	    path.p[path.n - 1]);
	content = draft_member(draft_find(s->files, "path", name), "content");
	if (content == NULL)
		return;
	if (config_setting_is_scalar(content))
		key_of_text(s, config_setting_get_string(content));
	for (int i = 0; config_setting_is_aggregate(content) &&
	     i < config_setting_length(content) && s->key == NULL; i++)
		key_of_text(s, config_setting_get_string_elem(content, i));
}

/* The first OCTET STRING, going into what is first. */
static bool
first_octets(struct cb_span in, struct cb_span *out)
{
	uint32_t tag;

	for (unsigned depth = 0; depth < DEPTH_MAX &&
	     cb_tlv_get(&in, &tag, out) == CB_OK; depth++) {
		if (tag == 0x04)
			return true;
		if (tag == 0x30 || tag == 0xA0)
			in = *out;
	}
	return false;
}

/* { { label, flags }, { iD, usage, keyReference }, [0], [1] { path } } */
static void
find_whose(struct dir *s, struct cb_span entry)
{
	config_setting_t *cert;
	struct cb_span v, cur = entry;
	uint32_t tag;

	s->key = NULL;
	s->cert[0] = '\0';
	if (cb_tlv_get(&cur, &tag, &v) == CB_OK &&
	    cb_tlv_get(&cur, &tag, &v) == CB_OK && tag == 0x30 &&
	    cb_tlv_find(v, 0x02, &v) == CB_OK && v.n >= 1 && v.n <= 2)
		key_of_reference(s, v.p[v.n - 1]);
	else if (cb_tlv_find(entry, 0xA1, &v) == CB_OK && first_octets(v, &v))
		key_of_file(s, v);
	if (s->key == NULL)
		return;
	cert = draft_find(draft_member(s->d->root, "certificates"), "key",
	    draft_text(s->key, "name"));
	(void)snprintf(s->cert, sizeof(s->cert), "%.39s",
	    draft_text(cert, "name"));
}

/* ---- what stands for it -------------------------------------------------- */

static bool
of_token(struct dir *s, uint32_t tag, size_t n)
{
	if (tag == 0x80) {
		draft_label(s->d, n);
		say(s, "card.label");
	} else if (tag == 0x04 &&
	    (int)n == draft_number(s->d->root, "serial_bytes")) {
		say(s, "card.serial");
	} else {
		return false;
	}
	return true;
}

static bool
of_key(struct dir *s, uint32_t tag, size_t n)
{
	size_t modulus = (size_t)draft_number(s->key, "bits") / 8;
	static const struct {
		uint32_t tag;
		size_t n;	/* 0: that of the modulus */
		const char *front, *back;
	} rows[] = {
		{ 0x04, ID_N, "sha1(key.", ".modulus)" },
		{ 0x0C, GUID_N, "guid_of(key.", ".modulus)" },
		{ 0x02, 3, "key.", ".exponent" },
		{ 0x02, 0, "key.", ".modulus" },
	};
	bool sign = tag == 0x02 && n == modulus + 1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].tag != tag ||
		    n - sign != (rows[i].n != 0 ? rows[i].n : modulus))
			continue;
		say(s, sign ? "00 " : "");
		say(s, rows[i].front);
		say(s, draft_text(s->key, "name"));
		say(s, rows[i].back);
		return true;
	}
	return false;
}

static void
replace(struct dir *s, uint32_t tag, size_t n)
{
	char text[64];

	if (s->token && of_token(s, tag, n))
		return;
	if (s->key != NULL && of_key(s, tag, n))
		return;
	if (tag == 0x18 && n == 15) {
		say(s, "'20260101000000Z'");
		return;
	}
	if (tag == 0x0C && n >= 6) {
		(void)snprintf(
		    text, sizeof(text), "pad('object', %zu, ' ')", n);
	} else {
		(void)snprintf(text, sizeof(text), "zeros(%zu)", n);
		s->zeros = true;
	}
	say(s, text);
}

/* ---- as text ------------------------------------------------------------- */

static void
digits(struct dir *s, struct cb_span part)
{
	char hex[2 * WORD + 1];

	for (size_t at = 0; at < part.n; at += WORD) {
		say(s, at > 0 ? " " : "");
		say(s, cb_hex_encode(hex, sizeof(hex),
			cb_span_head(cb_span_tail(part, at), WORD)));
	}
}

static bool
is_text(uint32_t tag, struct cb_span v)
{
	if (tag != 0x0C || v.n == 0)
		return false;
	for (size_t i = 0; i < v.n; i++)
		if (!isalnum(v.p[i]) && strchr(" .-", v.p[i]) == NULL)
			return false;
	return true;
}

static void
value(struct dir *s, uint32_t tag, bool constructed, struct cb_span v,
    unsigned depth)
{
	bool hidden = is_hidden(s, v);

	if (hidden && depth == 1 && tag == 0xA0 && s->cert[0] != '\0') {
		say(s, "cert.");
		say(s, s->cert);
		say(s, ".subject");
	} else if (hidden && constructed) {
		emit(s, v, depth + 1);
	} else if (hidden) {
		replace(s, tag, v.n);
	} else {
		say(s, "'");
		if (s->d->err == CB_OK)
			s->d->err = cb_buf_add(s->out, v);
		say(s, "'");
	}
}

/* What is not understood is written as it is. */
static void
emit(struct dir *s, struct cb_span in, unsigned depth)
{
	struct cb_span v;
	uint32_t tag;
	char open[24];

	for (bool more = false; in.n > 0 && s->d->err == CB_OK; more = true) {
		const uint8_t *start = in.p;
		struct cb_span rest = in;

		say(s, more ? " " : "");
		if (depth > DEPTH_MAX || cb_tlv_get(&in, &tag, &v) != CB_OK) {
			digits(s, rest);	/* zeros where it is hidden */
			s->zeros |= is_hidden(s, rest);
			return;
		}
		rest = cb_span(start, (size_t)(in.p - start));
		if (!is_hidden(s, rest) && !is_text(tag, v)) {
			digits(s, rest);
			continue;
		}
		(void)snprintf(open, sizeof(open), "tlv(%02X, ", (unsigned)tag);
		say(s, open);
		value(s, tag, (*start & 0x20) != 0, v, depth);
		say(s, ")");
	}
}

/* ---- which files --------------------------------------------------------- */

/* A0 to A8 of the ODF, { path } each (PKCS#15, 6.2). */
static bool
is_listed(const struct rep_bytes *odf, const char *fid)
{
	struct cb_span cur = cb_span(odf->p, odf->n), v;
	uint32_t tag;
	char hex[5];

	while (cb_tlv_get(&cur, &tag, &v) == CB_OK)
		if (first_octets(v, &v) && v.n >= 2 &&
		    strcmp(cb_hex_encode(hex, sizeof(hex),
			cb_span_tail(v, v.n - 2)), fid) == 0)
			return true;
	return false;
}

bool
draft_is_directory(const struct rep_app *tree, const struct rep_file *f)
{
	size_t n = strlen(f->path);
	char path[REP_PATH_MAX];
	const struct rep_file *odf;

	if (n < 9 || f->content.n == 0 || rep_bytes_clear(&f->content))
		return false;
	(void)snprintf(path, sizeof(path), "%.*s%s", (int)n - 4, f->path, ODF);
	odf = rep_find_file(tree, path);
	return odf != NULL && odf->content.n > 0 &&
	    (strcmp(f->path + n - 4, TOKEN_INFO) == 0 ||
		is_listed(&odf->content, f->path + n - 4));
}

void
draft_directory(struct draft *d, const struct rep_app *tree,
    const struct rep_file *f, config_setting_t *files)
{
	struct cb_buf text = CB_BUF_INIT_MAX(d->out->max);
	struct dir s = { .d = d, .tree = tree, .files = files, .f = f,
		.out = &text };
	struct cb_span cur = cb_span(f->content.p, f->content.n), v;
	uint32_t tag;

	s.token = strcmp(f->path + strlen(f->path) - 4, TOKEN_INFO) == 0;
	draft_put(d, "\n\t\t  content = (");
	for (bool more = false; cur.n > 0 && d->err == CB_OK; more = true) {
		const uint8_t *start = cur.p;

		if (*start == 0 && !f->content.hidden[start - f->content.p])
			break;		/* the end of what is there */
		if (cb_tlv_get(&cur, &tag, &v) != CB_OK)
			cur = cb_span_tail(cur, cur.n);
		else if (!s.token)
			find_whose(&s, v);
		cb_buf_clear(&text);
		emit(&s, cb_span(start, (size_t)(cur.p - start)), 0);
		draft_put(d, more ? ",\n\t\t\t" : "\n\t\t\t");
		if (d->err == CB_OK && (d->err = cb_put_u8(&text, 0)) == CB_OK)
			d->err = describe_text(
			    d->out, (const char *)text.p, 3);
	}
	draft_put(d, "\n\t\t  );");
	draft_note(d, s.zeros
		? "%s: names, keys and identifiers are those of the new card, "
		  "or zeros"
		: "%s: names, keys and identifiers are those of the new card",
	    f->path);
	cb_buf_free(&text);
}
