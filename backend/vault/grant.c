/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See grant.h.
 */
#include <string.h>

#include "backend/vault/grant.h"
#include "backend/vault/mac.h"
#include "common/ct.h"

#define FORMAT 1
#define HMAC_SHA256 1

static enum cb_err
mac_of(const struct be_org *org, struct cb_span bytes, uint8_t out[CR_HASH])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_buf_add(&b, cb_span_str("cardbridge grant 1"))) !=
		CB_OK ||
	    (r = cb_put_u8(&b, HMAC_SHA256)) != CB_OK ||
	    (r = cb_put_u32(&b, org->grants_version)) != CB_OK ||
	    (r = be_self_put(&b, &org->self)) != CB_OK ||
	    (r = cb_buf_add(&b, bytes)) != CB_OK ||
	    (r = cr_hmac_sha256(org->grants, cb_buf_span(&b), out)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

static enum cb_err
get_of(struct cb_span bytes, const struct be_org *org, struct wire_grant *out)
{
	struct wire_grant g;
	enum cb_err r;

	if ((r = wire_grant_get(bytes, &g)) != CB_OK)
		return r;
	if (memcmp(g.organisation, org->id, WIRE_ID) != 0)
		return CB_E_DENIED;
	*out = g;
	return CB_OK;
}

enum cb_err
be_grant_sign(struct cb_buf *mac, const struct be_org *org,
    struct cb_span bytes)
{
	struct cb_buf whole = CB_BUF_INIT;
	uint8_t value[CR_HASH];
	struct wire_grant g;
	enum cb_err r;

	(void)((r = get_of(bytes, org, &g)) != CB_OK ||
	    (r = mac_of(org, bytes, value)) != CB_OK ||
	    (r = cb_put_u8(&whole, FORMAT)) != CB_OK ||
	    (r = cb_put_u8(&whole, HMAC_SHA256)) != CB_OK ||
	    (r = cb_put_u32(&whole, org->grants_version)) != CB_OK ||
	    (r = cb_buf_add(&whole, CB_SPAN_OF(value))) != CB_OK ||
	    (r = cb_buf_add(mac, cb_buf_span(&whole))) != CB_OK);
	cb_buf_free(&whole);
	return r;
}

enum cb_err
be_grant_check(const struct be_signed *row, const struct be_org *org,
    struct wire_grant *out)
{
	struct cb_span cur = row->mac;
	uint8_t format, algorithm, value[CR_HASH];
	uint32_t version;
	enum cb_err r;

	if (row->mac.n != BE_GRANT_MAC ||
	    cb_get_u8(&cur, &format) != CB_OK ||
	    cb_get_u8(&cur, &algorithm) != CB_OK ||
	    cb_get_u32(&cur, &version) != CB_OK || format != FORMAT ||
	    algorithm != HMAC_SHA256)
		return CB_E_CRYPTO;
	if (version != org->grants_version)
		return CB_E_ABSENT;
	if ((r = mac_of(org, row->bytes, value)) != CB_OK)
		return r;
	if (!cb_ct_equal(cur, CB_SPAN_OF(value)))
		return CB_E_CRYPTO;
	return get_of(row->bytes, org, out);
}
