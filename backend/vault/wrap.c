/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See wrap.h.
 */
#include <string.h>

#include "backend/vault/wrap.h"

#define FORMAT 1
#define AES_256_GCM 1

static const struct {
	const char *text;
	bool of_root, of_organisation, of_card;
} keys[BE_WHATS] = {
	[BE_SERVICE] = { "service", true, false, false },
	[BE_AUTHORITY] = { "authority", true, false, false },
	[BE_BOOKS] = { "books", true, false, false },
	[BE_PASSCODES] = { "passcodes", true, false, false },
	[BE_ORG] = { "organisation", true, true, false },
	[BE_GRANTS] = { "grants", false, true, false },
	[BE_PERSONAL] = { "personal", false, true, false },
	[BE_CARD_KEY] = { "card", false, true, true },
	[BE_RECOVERY] = { "recovery", false, true, false },
	[BE_UNBLOCK] = { "unblock", false, true, true },
};

static bool
is_what(enum be_what what)
{
	return (int)what >= BE_SERVICE && (int)what < BE_WHATS;
}

const char *
be_what_text(enum be_what what)
{
	return is_what(what) ? keys[what].text : "no";
}

bool
be_what_of_root(enum be_what what)
{
	return is_what(what) && keys[what].of_root;
}

static bool
is_there(const uint8_t id[WIRE_ID])
{
	static const uint8_t none[WIRE_ID];

	return memcmp(id, none, WIRE_ID) != 0;
}

/* A key that can be: each has one name only. The organisation of zeros is the
 * platform, which has keys as well. */
static bool
is_name(const struct be_name *n)
{
	return is_what(n->what) && n->version > 0 &&
	    (keys[n->what].of_organisation || !is_there(n->organisation)) &&
	    is_there(n->card) == keys[n->what].of_card;
}

struct head {
	uint32_t with, version;
	uint8_t nonce[CR_NONCE];
};

static enum cb_err
get_head(struct cb_span *cur, struct head *h)
{
	struct cb_span nonce;
	uint8_t format, algorithm;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &format)) != CB_OK ||
	    (r = cb_get_u8(cur, &algorithm)) != CB_OK)
		return r;
	if (format != FORMAT || algorithm != AES_256_GCM)
		return CB_E_LIMIT;
	if ((r = cb_get_u32(cur, &h->with)) != CB_OK ||
	    (r = cb_get_u32(cur, &h->version)) != CB_OK ||
	    (r = cb_get_span(cur, CR_NONCE, &nonce)) != CB_OK)
		return r;
	if (h->with == 0 || h->version == 0 || cur->n < CR_TAG ||
	    cur->n > BE_WRAP_TEXT_MAX + CR_TAG)
		return CB_E_FORMAT;
	memcpy(h->nonce, nonce.p, CR_NONCE);
	return CB_OK;
}

/* What the tag is bound to. */
static enum cb_err
put_bound(struct cb_buf *b, const struct be_self *self,
    const struct be_name *name, uint32_t with)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str("cardbridge wrap 1"))) !=
		CB_OK ||
	    (r = cb_put_u8(b, AES_256_GCM)) != CB_OK ||
	    (r = cb_put_u32(b, with)) != CB_OK ||
	    (r = be_self_put(b, self)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)name->what)) != CB_OK ||
	    (r = cb_put_u32(b, name->version)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(name->organisation))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(name->card))) != CB_OK);
	return r;
}

enum cb_err
be_wrap_put(struct cb_buf *b, const struct be_self *self,
    const struct be_name *name, struct be_wrapper *with, struct cb_span text)
{
	struct cb_buf bound = CB_BUF_INIT;
	uint8_t nonce[CR_NONCE];
	const size_t before = b->n;
	enum cb_err r;

	if (!is_name(name) || text.n > BE_WRAP_TEXT_MAX)
		return CB_E_ARG;
	if (with->made >= BE_WRAPS_MAX)
		return CB_E_LIMIT;
	with->made++;
	(void)((r = cr_random(nonce, sizeof(nonce))) != CB_OK ||
	    (r = put_bound(&bound, self, name, with->version)) != CB_OK ||
	    (r = cb_put_u8(b, FORMAT)) != CB_OK ||
	    (r = cb_put_u8(b, AES_256_GCM)) != CB_OK ||
	    (r = cb_put_u32(b, with->version)) != CB_OK ||
	    (r = cb_put_u32(b, name->version)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(nonce))) != CB_OK ||
	    (r = cr_gcm_seal(with->key, nonce, cb_buf_span(&bound), text,
		 b)) != CB_OK);
	if (r != CB_OK && cb_buf_truncate(b, before) != CB_OK)
		r = CB_E_INTERNAL;
	cb_buf_free(&bound);
	return r;
}

enum cb_err
be_wrap_new_key(struct cb_buf *b, const struct be_self *self,
    const struct be_name *name, struct be_wrapper *with, uint8_t key[CR_KEY])
{
	enum cb_err r;

	if ((r = cr_random(key, CR_KEY)) == CB_OK)
		r = be_wrap_put(b, self, name, with, cb_span(key, CR_KEY));
	return r;
}

enum cb_err
be_wrap_open(struct cb_buf *text, const struct be_self *self,
    const struct be_name *name, const struct be_wrapper *with,
    struct cb_span wrap)
{
	struct cb_buf bound = CB_BUF_INIT;
	struct cb_span cur = wrap;
	struct head h;
	enum cb_err r;

	if (!is_name(name))
		return CB_E_ARG;
	if ((r = get_head(&cur, &h)) != CB_OK)
		return r;
	if (h.with != with->version)
		return CB_E_ABSENT;
	if (h.version != name->version)
		return CB_E_CRYPTO;
	if ((r = put_bound(&bound, self, name, h.with)) == CB_OK)
		r = cr_gcm_open(with->key, h.nonce, cb_buf_span(&bound), cur,
		    text);
	cb_buf_free(&bound);
	return r;
}

enum cb_err
be_wrap_open_key(uint8_t key[CR_KEY], const struct be_self *self,
    const struct be_name *name, const struct be_wrapper *with,
    struct cb_span wrap)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_wrap_open(&text, self, name, with, wrap)) == CB_OK) {
		if (text.n == CR_KEY)
			memcpy(key, text.p, CR_KEY);
		else
			r = CB_E_CRYPTO;
	}
	cb_buf_free(&text);
	return r;
}

enum cb_err
be_wrap_versions(struct cb_span wrap, uint32_t *with, uint32_t *version)
{
	struct cb_span cur = wrap;
	struct head h;
	enum cb_err r;

	if ((r = get_head(&cur, &h)) == CB_OK) {
		*with = h.with;
		*version = h.version;
	}
	return r;
}
