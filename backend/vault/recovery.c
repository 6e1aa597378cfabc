/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See recovery.h.
 */
#include <string.h>

#include "backend/vault/recovery.h"

#define VERSION 1	/* of each of these keys there is one so far */

/* ---- the root ------------------------------------------------------------ */

enum cb_err
be_recovery_new(struct be_recovery **out, const struct be_root *root)
{
	struct be_recovery *recovery = cr_secret_new(sizeof(*recovery));

	*out = recovery;
	if (recovery == NULL)
		return CB_E_NOMEM;
	recovery->self = root->self;
	recovery->root.version = VERSION;
	memcpy(recovery->root.key, root->key, CR_KEY);
	return CB_OK;
}

enum cb_err
be_recovery_load(struct be_recovery **out, const struct be_self *self,
    const char *uri, struct cb_why *why)
{
	const char *const uris[] = { uri };
	struct be_root *root;
	enum cb_err r;

	*out = NULL;
	if ((r = be_root_load(&root, self, uris, 1, why)) == CB_OK)
		r = be_recovery_new(out, root);
	be_root_free(&root);
	return r;
}

void
be_recovery_free(struct be_recovery **recovery)
{
	cr_secret_free(*recovery, sizeof(**recovery));
	*recovery = NULL;
}

/* ---- an organisation's key ----------------------------------------------- */

static struct be_name
name_of(enum be_what what, const uint8_t organisation[WIRE_ID],
    const uint8_t *card)
{
	struct be_name name = { .what = what, .version = VERSION };

	memcpy(name.organisation, organisation, WIRE_ID);
	if (card != NULL)
		memcpy(name.card, card, WIRE_ID);
	return name;
}

enum cb_err
be_recovery_make(struct be_recovery *recovery,
    const uint8_t organisation[WIRE_ID], struct cb_buf *wrap)
{
	const struct be_name name = name_of(BE_RECOVERY, organisation, NULL);
	uint8_t *key = cr_secret_new(CR_KEY);
	enum cb_err r = CB_E_NOMEM;

	if (key != NULL)
		r = be_wrap_new_key(
		    wrap, &recovery->self, &name, &recovery->root, key);
	cr_secret_free(key, CR_KEY);
	return r;
}

enum cb_err
be_recovery_open(const struct be_recovery *recovery, struct be_org *org,
    struct cb_span wrap)
{
	const struct be_name name = name_of(BE_RECOVERY, org->id, NULL);
	enum cb_err r;

	if ((r = be_wrap_open_key(org->recovery.key, &recovery->self, &name,
		 &recovery->root, wrap)) == CB_OK)
		org->recovery.version = VERSION;
	return r;
}

/* ---- a card's secret ----------------------------------------------------- */

enum cb_err
be_unblock_make(struct be_org *org, const uint8_t card[WIRE_ID],
    uint8_t secret[CR_KEY], struct cb_buf *wrap)
{
	const struct be_name name = name_of(BE_UNBLOCK, org->id, card);

	if (org->recovery.version == 0)
		return CB_E_ABSENT;
	return be_wrap_new_key(
	    wrap, &org->self, &name, &org->recovery, secret);
}

enum cb_err
be_unblock_open(const struct be_org *org, const uint8_t card[WIRE_ID],
    struct cb_span wrap, uint8_t secret[CR_KEY])
{
	const struct be_name name = name_of(BE_UNBLOCK, org->id, card);

	if (org->recovery.version == 0)
		return CB_E_ABSENT;
	return be_wrap_open_key(
	    secret, &org->self, &name, &org->recovery, wrap);
}
