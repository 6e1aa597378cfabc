/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cutting the root and putting it together. Parts are random bytes and what
 * makes their sum (exclusive or) the root: all but one of them tell nothing.
 */
#include <stdio.h>
#include <string.h>

#include "backend/vault/place.h"
#include "backend/vault/root.h"
#include "backend/vault/share.h"
#include "common/ct.h"
#include "common/hex.h"

enum cb_err
be_root_new(struct be_root **out, const struct be_self *self)
{
	enum cb_err r;

	if ((*out = cr_secret_new(sizeof(**out))) == NULL)
		return CB_E_NOMEM;
	(*out)->self = *self;
	if ((r = cr_random((*out)->key, CR_KEY)) != CB_OK)
		be_root_free(out);
	return r;
}

void
be_root_free(struct be_root **root)
{
	cr_secret_free(*root, sizeof(**root));
	*root = NULL;
}

enum cb_err
be_pieces_new(struct be_piece **out, size_t n)
{
	*out = n > BE_PIECES_MAX ? NULL : cr_secret_new(n * sizeof(**out));
	return *out == NULL ? CB_E_NOMEM : CB_OK;
}

void
be_pieces_free(struct be_piece **pieces, size_t n)
{
	cr_secret_free(*pieces, n * sizeof(**pieces));
	*pieces = NULL;
}

/* Says whether a root is the right one, and nothing else about it. */
static enum cb_err
check_value(const struct be_root *root, uint8_t out[BE_PIECE_CHECK])
{
	return cr_hkdf_sha256(CB_SPAN_OF(root->key),
	    CB_SPAN_OF(root->self.id), "cardbridge root check 1", out,
	    BE_PIECE_CHECK);
}

/* ---- cutting ------------------------------------------------------------- */

static enum cb_err
cut_parts(const struct be_root *root, unsigned of, struct be_piece *pieces)
{
	uint8_t *last = pieces[of - 1].value;
	enum cb_err r = CB_OK;

	memcpy(last, root->key, CR_KEY);
	for (unsigned i = 0; i + 1 < of && r == CB_OK; i++) {
		r = cr_random(pieces[i].value, CR_KEY);
		for (size_t k = 0; k < CR_KEY; k++)
			last[k] ^= pieces[i].value[k];
	}
	return r;
}

static enum cb_err
cut_shares(const struct be_root *root, unsigned needed, unsigned of,
    struct be_piece *pieces)
{
	const size_t n = of * sizeof(struct be_share);
	struct be_share *shares = cr_secret_new(n);
	enum cb_err r;

	if (shares == NULL)
		return CB_E_NOMEM;
	if ((r = be_share_split(root->key, needed, of, shares)) == CB_OK)
		for (unsigned i = 0; i < of; i++)
			memcpy(pieces[i].value, shares[i].value, CR_KEY);
	cr_secret_free(shares, n);
	return r;
}

enum cb_err
be_root_split(const struct be_root *root, enum be_piece_type type,
    unsigned needed, unsigned of, struct be_piece *pieces)
{
	struct be_piece p = { .type = type, .self = root->self,
		.needed = (uint8_t)needed, .of = (uint8_t)of };
	enum cb_err r;

	if (of < 1 || of > BE_PIECES_MAX || needed > of ||
	    (type == BE_PART ? needed != of : needed < 2))
		return CB_E_ARG;
	if ((r = cr_random(p.set, sizeof(p.set))) != CB_OK ||
	    (r = check_value(root, p.root)) != CB_OK)
		return r;
	for (unsigned i = 0; i < of; i++) {
		pieces[i] = p;
		pieces[i].number = (uint8_t)(i + 1);
	}
	return type == BE_PART ? cut_parts(root, of, pieces)
			       : cut_shares(root, needed, of, pieces);
}

/* ---- putting together ---------------------------------------------------- */

static enum cb_err
fits_backend(const struct be_piece *p, const struct be_self *self,
    const char *name, struct cb_why *why)
{
	char is[2 * WIRE_ID + 1], should[2 * WIRE_ID + 1];

	if (be_self_equal(&p->self, self))
		return CB_OK;
	cb_why_set(why, "%.120s is a %s of the %s backend %s, not of the %s "
	    "backend %s: give this one's", name, be_piece_name(p->type),
	    be_kind_text(p->self.kind),
	    cb_hex_encode(is, sizeof(is), CB_SPAN_OF(p->self.id)),
	    be_kind_text(self->kind),
	    cb_hex_encode(should, sizeof(should), CB_SPAN_OF(self->id)));
	return CB_E_DENIED;
}

static enum cb_err
fits_first(const struct be_piece *pieces, const char *const *names, size_t i,
    struct cb_why *why)
{
	const struct be_piece *p = &pieces[i], *first = &pieces[0];

	if (p->type != first->type) {
		cb_why_set(why, "%.120s is a %s and %.120s a %s: give only "
		    "one of these kinds", names[0],
		    be_piece_name(first->type), names[i],
		    be_piece_name(p->type));
		return CB_E_DENIED;
	}
	if (memcmp(p->set, first->set, sizeof(p->set)) == 0 &&
	    p->of == first->of && p->needed == first->needed &&
	    memcmp(p->root, first->root, sizeof(p->root)) == 0)
		return CB_OK;
	cb_why_set(why, "%.120s and %.120s were not made at the same time, "
	    "and do not go together: one of them is out of date", names[0],
	    names[i]);
	return CB_E_DENIED;
}

static enum cb_err
not_twice(const struct be_piece *pieces, const char *const *names, size_t i,
    struct cb_why *why)
{
	for (size_t j = 0; j < i; j++) {
		if (pieces[j].number != pieces[i].number)
			continue;
		cb_why_set(why, "%.120s and %.120s are both %s %u: one of "
		    "them should be another", names[j], names[i],
		    be_piece_name(pieces[i].type), pieces[i].number);
		return CB_E_ARG;
	}
	return CB_OK;
}

/* Which numbers are not there, as "1, 3". */
static void
missing(const struct be_piece *pieces, size_t n, char *out, size_t size)
{
	size_t at = 0, i;
	int w;

	out[0] = '\0';
	for (unsigned number = 1; number <= pieces[0].of; number++) {
		for (i = 0; i < n && pieces[i].number != number; i++)
			;
		if (i < n)
			continue;
		w = snprintf(out + at, size - at, "%s%u", at > 0 ? ", " : "",
		    number);
		if (w < 0 || (size_t)w >= size - at)
			return;
		at += (size_t)w;
	}
}

static enum cb_err
enough(const struct be_piece *pieces, size_t n, struct cb_why *why)
{
	char which[160];

	if (n >= pieces[0].needed)
		return CB_OK;
	missing(pieces, n, which, sizeof(which));
	if (pieces[0].type == BE_PART)
		cb_why_set(why, "of %u parts of the root these are missing: "
		    "%s. All are needed: name each place (--service-key), "
		    "or bring the root back with the recovery shares",
		    pieces[0].of, which);
	else
		cb_why_set(why, "%u shares are needed and %zu are there: "
		    "give %zu more (not given yet: %s)", pieces[0].needed,
		    n, pieces[0].needed - n, which);
	return CB_E_ABSENT;
}

static enum cb_err
go_together(const struct be_self *self, const struct be_piece *pieces,
    const char *const *names, size_t n, struct cb_why *why)
{
	enum cb_err r = CB_OK;

	if (n == 0 || n > BE_PIECES_MAX) {
		cb_why_set(why, n == 0
			? "the root is needed: name the place of each of its "
			  "parts (--service-key)"
			: "a root has at most %d pieces", BE_PIECES_MAX);
		return n == 0 ? CB_E_ABSENT : CB_E_LIMIT;
	}
	for (size_t i = 0; i < n && r == CB_OK; i++)
		(void)((r = fits_backend(&pieces[i],
			    self != NULL ? self : &pieces[0].self, names[i],
			    why)) != CB_OK ||
		    (r = fits_first(pieces, names, i, why)) != CB_OK ||
		    (r = not_twice(pieces, names, i, why)) != CB_OK);
	return r == CB_OK ? enough(pieces, n, why) : r;
}

static enum cb_err
join(uint8_t key[CR_KEY], const struct be_piece *pieces, size_t n)
{
	const size_t size = n * sizeof(struct be_share);
	struct be_share *shares;
	enum cb_err r;

	if (pieces[0].type == BE_PART) {
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < CR_KEY; k++)
				key[k] ^= pieces[i].value[k];
		return CB_OK;
	}
	if ((shares = cr_secret_new(size)) == NULL)
		return CB_E_NOMEM;
	for (size_t i = 0; i < n; i++) {
		shares[i].number = pieces[i].number;
		memcpy(shares[i].value, pieces[i].value, CR_KEY);
	}
	/* Just as many as are needed: one more that is wrong is told. */
	r = be_share_join(shares, n, key);
	cr_secret_free(shares, size);
	return r;
}

enum cb_err
be_root_join(struct be_root **out, const struct be_self *self,
    const struct be_piece *pieces, const char *const *names, size_t n,
    struct cb_why *why)
{
	uint8_t check[BE_PIECE_CHECK];
	enum cb_err r;

	*out = NULL;
	if ((r = go_together(self, pieces, names, n, why)) != CB_OK)
		return r;
	if ((*out = cr_secret_new(sizeof(**out))) == NULL)
		return CB_E_NOMEM;
	(*out)->self = pieces[0].self;
	if ((r = join((*out)->key, pieces, n)) == CB_OK &&
	    (r = check_value(*out, check)) == CB_OK &&
	    !cb_ct_equal(CB_SPAN_OF(check), CB_SPAN_OF(pieces[0].root))) {
		cb_why_set(why, "these %ss do not make the root that they "
		    "were cut from: one of them was changed; try others, or "
		    "copies", be_piece_name(pieces[0].type));
		r = CB_E_CRYPTO;
	}
	if (r != CB_OK)
		be_root_free(out);
	return r;
}

/* ---- places -------------------------------------------------------------- */

enum cb_err
be_root_save(const struct be_root *root, const char *const *uris, size_t n,
    struct cb_why *why)
{
	struct be_piece *parts;
	size_t done = 0;
	enum cb_err r;

	if (n == 0 || n > BE_PIECES_MAX)
		return CB_E_ARG;
	if ((r = be_pieces_new(&parts, n)) != CB_OK)
		return r;
	r = be_root_split(root, BE_PART, (unsigned)n, (unsigned)n, parts);
	while (r == CB_OK && done < n)
		if ((r = be_place_write(uris[done], &parts[done], why)) ==
		    CB_OK)
			done++;
	while (r != CB_OK && done > 0)
		be_place_remove(uris[--done]);
	be_pieces_free(&parts, n);
	return r;
}

enum cb_err
be_root_load(struct be_root **out, const struct be_self *self,
    const char *const *uris, size_t n, struct cb_why *why)
{
	struct be_piece *parts = NULL;
	enum cb_err r = CB_OK;

	*out = NULL;
	if (n > 0 && (r = be_pieces_new(&parts, n)) != CB_OK)
		return r;
	for (size_t i = 0; i < n && r == CB_OK; i++)
		r = be_place_read(uris[i], &parts[i], why);
	if (r == CB_OK)
		r = be_root_join(out, self, parts, uris, n, why);
	be_pieces_free(&parts, n);
	return r;
}
