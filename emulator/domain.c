/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key domains: the key pairs behind PINs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ct.h"
#include "emulator/domain.h"

struct emu_domain *
emu_domain_by_id(const struct emu_app *app, uint32_t id)
{
	struct emu_domain *d;

	for (d = app->domains; d != NULL; d = d->next)
		if (d->id == id)
			return d;
	return NULL;
}

struct emu_domain *
emu_domain_by_role(
    const struct emu_app *app, const struct emu_file *df, uint8_t role)
{
	struct emu_domain *d;

	for (; df != NULL; df = df->parent)
		for (d = app->domains; d != NULL; d = d->next)
			if (d->owner == df->id && d->role == role)
				return d;
	return NULL;
}

#define ESCROW_AAD_N (16 + 5)
/* Of the card's service: bound to the card's rules as well. */
#define SERVICE_AAD_N (ESCROW_AAD_N + 1 + EMU_RULES_N)
#define SERVICE_MARK 0x53

static void
escrow_aad(const struct emu_app *app, const struct emu_domain *d,
    uint8_t out[ESCROW_AAD_N])
{
	memcpy(out, app->card->uuid, 16);
	out[16] = (uint8_t)app->no;
	for (unsigned b = 0; b < 4; b++)
		out[17 + b] = (uint8_t)(d->id >> (24 - 8 * b));
}

static enum cb_err
service_aad(const struct emu_app *app, const struct emu_domain *d,
    uint8_t out[SERVICE_AAD_N])
{
	escrow_aad(app, d, out);
	out[ESCROW_AAD_N] = SERVICE_MARK;
	return emu_store_rules(app->card, out + ESCROW_AAD_N + 1);
}

/* Whoever makes a holder's passcode, and however: the service that the card
 * was made with can open what it guards. */
static enum cb_err
seal_to_service(struct emu_app *app, struct emu_domain *d,
    const uint8_t secret[EMU_KEY])
{
	const struct emu_card *card = app->card;
	struct cb_buf blob = CB_BUF_INIT;
	uint8_t aad[SERVICE_AAD_N];
	enum cb_err r;

	if (!card->has_service || d->role != EMU_ROLE_USER)
		return CB_OK;
	if ((r = service_aad(app, d, aad)) == CB_OK &&
	    (r = emu_box_seal(card->env, card->service, CB_SPAN_OF(aad),
		 cb_span(secret, EMU_KEY), &blob)) == CB_OK) {
		memcpy(d->service_blob, blob.p, sizeof(d->service_blob));
		d->in_service = true;
	}
	cb_buf_free(&blob);
	return r;
}

uint16_t
emu_domain_create(struct emu_app *app, const struct emu_file *df, uint8_t role,
    struct emu_domain **out, uint8_t secret[EMU_KEY])
{
	struct emu_domain *d, **at;

	*out = NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return SW_MEMORY_FAILURE;
	d->id = app->last_domain + 1;
	d->owner = df->id;
	d->role = role;
	if (emu_box_keypair(app->card->env, secret, d->public) != CB_OK ||
	    seal_to_service(app, d, secret) != CB_OK) {
		free(d);
		return SW_MEMORY_FAILURE;
	}
	app->last_domain = d->id;
	for (at = &app->domains; *at != NULL; at = &(*at)->next)
		continue;
	*at = d;
	*out = d;
	return SW_OK;
}

enum cb_err
emu_domain_check(const struct emu_domain *d, const uint8_t secret[EMU_KEY])
{
	uint8_t public[EMU_KEY];
	enum cb_err r;

	if ((r = cr_x25519_public(secret, public)) != CB_OK)
		return r;
	return memcmp(public, d->public, EMU_KEY) == 0 ? CB_OK : CB_E_FORMAT;
}

enum cb_err
emu_domain_secret(struct emu_app *app, const struct emu_domain *d,
    uint8_t secret[EMU_KEY])
{
	const struct emu_domain *holder;
	struct cb_buf plain = CB_BUF_INIT;
	uint8_t aad[ESCROW_AAD_N];
	enum cb_err r;

	if (d->secret != NULL) {
		memcpy(secret, d->secret, EMU_KEY);
		return CB_OK;
	}
	holder = emu_domain_by_id(app, d->escrow);
	if (holder == NULL || holder->secret == NULL)
		return CB_E_DENIED;
	escrow_aad(app, d, aad);
	r = emu_box_open(holder->secret, CB_SPAN_OF(aad),
	    CB_SPAN_OF(d->escrow_blob), &plain);
	if (r == CB_OK)
		r = emu_domain_check(d, plain.p);
	if (r == CB_OK)
		memcpy(secret, plain.p, EMU_KEY);
	cb_buf_free(&plain);
	return r;
}

enum cb_err
emu_domain_by_service(const struct emu_app *app, const struct emu_domain *d,
    const uint8_t service[EMU_KEY], uint8_t secret[EMU_KEY])
{
	struct cb_buf plain = CB_BUF_INIT;
	uint8_t aad[SERVICE_AAD_N];
	enum cb_err r;

	if (!d->in_service)
		return CB_E_ABSENT;
	if ((r = service_aad(app, d, aad)) == CB_OK &&
	    (r = emu_box_open(service, CB_SPAN_OF(aad),
		 CB_SPAN_OF(d->service_blob), &plain)) == CB_OK &&
	    (r = emu_domain_check(d, plain.p)) == CB_OK)
		memcpy(secret, plain.p, EMU_KEY);
	cb_buf_free(&plain);
	return r;
}

enum cb_err
emu_domain_escrow(struct emu_app *app, struct emu_domain *d,
    const struct emu_domain *holder, const uint8_t secret[EMU_KEY])
{
	struct cb_buf blob = CB_BUF_INIT;
	uint8_t aad[ESCROW_AAD_N];
	enum cb_err r;

	escrow_aad(app, d, aad);
	r = emu_box_seal(app->card->env, holder->public, CB_SPAN_OF(aad),
	    cb_span(secret, EMU_KEY), &blob);
	if (r == CB_OK) {
		memcpy(d->escrow_blob, blob.p, sizeof(d->escrow_blob));
		d->escrow = holder->id;
	}
	cb_buf_free(&blob);
	return r;
}

enum cb_err
emu_domain_open(struct emu_domain *d, const uint8_t secret[EMU_KEY])
{
	if (d->secret == NULL &&
	    (d->secret = cr_secret_new(EMU_KEY)) == NULL)
		return CB_E_NOMEM;
	memcpy(d->secret, secret, EMU_KEY);
	return CB_OK;
}

void
emu_domain_close(struct emu_domain *d)
{
	cr_secret_free(d->secret, EMU_KEY);
	d->secret = NULL;
}

uint16_t
emu_domain_delete(struct emu_app *app, struct emu_domain *d)
{
	struct emu_domain **at;
	uint16_t sw;

	if ((sw = emu_store_domain_del(app, d)) != SW_OK)
		return sw;
	for (at = &app->domains; *at != d; at = &(*at)->next)
		continue;
	*at = d->next;
	emu_domain_close(d);
	free(d);
	return SW_OK;
}

void
emu_domains_free(struct emu_app *app)
{
	struct emu_domain *d;

	while ((d = app->domains) != NULL) {
		app->domains = d->next;
		emu_domain_close(d);
		free(d);
	}
}
