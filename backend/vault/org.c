/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See org.h.
 */
#include <string.h>

#include "backend/vault/org.h"
#include "common/ct.h"

static struct be_name
name_of(const uint8_t id[WIRE_ID], enum be_what what, uint32_t version)
{
	struct be_name name = { .what = what, .version = version };

	memcpy(name.organisation, id, WIRE_ID);
	return name;
}

static struct be_org *
org_new(const struct be_ring *ring, const uint8_t id[WIRE_ID])
{
	struct be_org *org = cr_secret_new(sizeof(*org));

	if (org != NULL) {
		org->self = ring->self;
		memcpy(org->id, id, WIRE_ID);
	}
	return org;
}

void
be_org_free(struct be_org **org)
{
	cr_secret_free(*org, sizeof(**org));
	*org = NULL;
}

enum cb_err
be_org_make(struct be_ring *ring, const uint8_t id[WIRE_ID],
    struct cb_buf wraps[BE_ORG_KEYS])
{
	const struct be_name own = name_of(id, BE_ORG, 1),
	    grants = name_of(id, BE_GRANTS, 1),
	    personal = name_of(id, BE_PERSONAL, 1);
	struct be_org *org = org_new(ring, id);
	enum cb_err r;

	if (org == NULL)
		return CB_E_NOMEM;
	org->wrapper.version = 1;
	(void)((r = be_wrap_new_key(&wraps[0], &ring->self, &own,
		    &ring->secret->root, org->wrapper.key)) != CB_OK ||
	    (r = be_wrap_new_key(&wraps[1], &ring->self, &grants,
		 &org->wrapper, org->grants)) != CB_OK ||
	    (r = be_wrap_new_key(&wraps[2], &ring->self, &personal,
		 &org->wrapper, org->personal)) != CB_OK);
	be_org_free(&org);
	return r;
}

/* Of whichever version the wrap is; *version says which. */
static enum cb_err
open_key(const struct be_org *org, enum be_what what,
    const struct be_wrapper *with, struct cb_span wrap, uint32_t *version,
    uint8_t key[CR_KEY])
{
	struct be_name name;
	uint32_t outer;
	enum cb_err r;

	if ((r = be_wrap_versions(wrap, &outer, version)) != CB_OK)
		return r;
	name = name_of(org->id, what, *version);
	return be_wrap_open_key(key, &org->self, &name, with, wrap);
}

enum cb_err
be_org_open(struct be_org **out, const struct be_ring *ring,
    const uint8_t id[WIRE_ID], const struct cb_span wraps[BE_ORG_KEYS])
{
	struct be_org *org = org_new(ring, id);
	enum cb_err r;

	*out = NULL;
	if (org == NULL)
		return CB_E_NOMEM;
	(void)((r = open_key(org, BE_ORG, &ring->secret->root, wraps[0],
		    &org->wrapper.version, org->wrapper.key)) != CB_OK ||
	    (r = open_key(org, BE_GRANTS, &org->wrapper, wraps[1],
		 &org->grants_version, org->grants)) != CB_OK ||
	    (r = open_key(org, BE_PERSONAL, &org->wrapper, wraps[2],
		 &org->personal_version, org->personal)) != CB_OK);
	if (r != CB_OK)
		be_org_free(&org);
	*out = org;
	return r;
}

/* ---- cards --------------------------------------------------------------- */

static struct be_name
card_name(const struct be_org *org, const uint8_t card[WIRE_ID],
    uint32_t version)
{
	struct be_name name = name_of(org->id, BE_CARD_KEY, version);

	memcpy(name.card, card, WIRE_ID);
	return name;
}

enum cb_err
be_org_card_make(struct be_org *org, const uint8_t card[WIRE_ID],
    uint32_t version, struct cb_buf *wrap)
{
	const struct be_name name = card_name(org, card, version);
	uint8_t *key = cr_secret_new(CR_KEY);
	enum cb_err r = CB_E_NOMEM;

	if (key != NULL)
		r = be_wrap_new_key(
		    wrap, &org->self, &name, &org->wrapper, key);
	cr_secret_free(key, CR_KEY);
	return r;
}

enum cb_err
be_org_card_open(const struct be_org *org, const uint8_t card[WIRE_ID],
    uint32_t version, struct cb_span wrap, uint8_t key[CR_KEY])
{
	const struct be_name name = card_name(org, card, version);

	return be_wrap_open_key(key, &org->self, &name, &org->wrapper, wrap);
}
