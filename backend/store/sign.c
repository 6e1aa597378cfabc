/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Signed heads: chains that have grown are shown to the vault at least once a
 * second, and what it signs goes to the file outside the database first.
 */
#include <inttypes.h>
#include <string.h>

#include "backend/ask_vault.h"
#include "backend/store/serve.h"

#define SOON_MS 500
#define AGAIN_MS 1000	/* the vault is not there, or did not sign */

void
be_sign_soon(struct be_server *s, bool at_once)
{
	const uint64_t at = be_tick() + (at_once ? 0 : SOON_MS);

	if (s->sign_at == 0 || at < s->sign_at)
		s->sign_at = at;
}

void
be_sign_forget(struct be_server *s)
{
	memset(s->signing, 0, sizeof(s->signing));
	be_sign_soon(s, true);
}

/* ---- asking -------------------------------------------------------------- */

bool
be_sign_busy(const struct be_server *s)
{
	if (be_peers_find(&s->peers, BE_VAULT) == NULL)
		return false;
	for (size_t i = 0; i < BE_SIGNING; i++)
		if (s->signing[i].id != 0)
			return true;
	return s->sign_at != 0;
}

/* A place for this chain; NULL: it is being signed, or there is none. */
static struct be_signing *
place_for(struct be_server *s, const struct wire_chain *tip)
{
	struct be_signing *free = NULL;

	for (size_t i = 0; i < BE_SIGNING; i++) {
		struct be_signing *at = &s->signing[i];

		if (at->id == 0)
			free = at;
		else if (wire_owner_equal(&at->tip.owner, &tip->owner))
			return NULL;
	}
	return free;
}

static enum cb_err
ask(void *ctx, const struct wire_chain *tip)
{
	struct be_server *s = ctx;
	struct be_signing *at = place_for(s, tip);
	struct be_sign_head head = { .number = tip->number,
		.time = be_now() };
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m = { .type = BE_ASK_SIGN_HEAD };
	enum cb_err r;

	if (at == NULL) {	/* what follows, the next time */
		be_sign_soon(s, false);
		return CB_OK;
	}
	memcpy(head.organisation, tip->owner.organisation, WIRE_ID);
	memcpy(head.hash, tip->hash, CR_HASH);
	if ((r = be_sign_head_put(&body, &head)) == CB_OK) {
		m.id = ++s->next_id;
		m.body = cb_buf_span(&body);
		r = be_channel_send(be_peers_find(&s->peers, BE_VAULT)->ch, &m);
	}
	if (r == CB_OK)
		*at = (struct be_signing){ .id = m.id, .tip = *tip };
	cb_buf_free(&body);
	return r;
}

int
be_sign_due(struct be_server *s)
{
	const uint64_t tick = be_tick();
	struct cb_why why = { "" };

	if (s->sign_at == 0)
		return -1;
	if (tick < s->sign_at)
		return (int)(s->sign_at - tick);
	s->sign_at = 0;
	if (s->fails || be_peers_find(&s->peers, BE_VAULT) == NULL)
		s->sign_at = tick + AGAIN_MS;
	else if (be_store_grown(s->st, ask, s, &why) != CB_OK) {
		cb_log(CB_LOG_ERROR, "heads of chains: %s", why.text);
		s->sign_at = tick + AGAIN_MS;
	}
	return s->sign_at == 0 ? -1 : (int)(s->sign_at - tick);
}

/* ---- what was signed ----------------------------------------------------- */

static enum cb_err
keep(struct be_server *s, const struct wire_chain *tip, struct cb_span bytes)
{
	struct cb_why why = { "" };
	struct wire_head head;
	enum cb_err r;

	if ((r = wire_head_get(bytes, s->control.settings.books, &head)) !=
		CB_OK ||
	    !wire_owner_equal(&head.at.owner, &tip->owner) ||
	    head.at.number != tip->number ||
	    memcmp(head.at.hash, tip->hash, CR_HASH) != 0)
		return CB_E_PEER;
	if ((r = be_heads_add(s->heads, bytes, &why)) == CB_OK &&
	    (r = be_store_head_add(s->st, &head, bytes, &why)) != CB_OK)
		be_disk_failed(s, why.text);
	else if (r != CB_OK)
		cb_log(CB_LOG_ERROR, "a signed head is not kept: %s", why.text);
	if (r == CB_E_STORE)
		be_disk_reopen(s);
	return CB_OK;
}

enum cb_err
be_sign_answer(struct be_server *s, const struct be_message *m)
{
	for (size_t i = 0; i < BE_SIGNING; i++) {
		const struct wire_chain tip = s->signing[i].tip;

		if (s->signing[i].id != m->id)
			continue;
		s->signing[i].id = 0;
		if (m->code == 0)
			return keep(s, &tip, m->body);
		cb_log(CB_LOG_ERROR,
		    "the vault does not sign entry %" PRIu64 ": %s",
		    tip.number, cb_err_text((enum cb_err)m->code));
		be_sign_soon(s, false);
		return CB_OK;
	}
	return CB_E_PEER;	/* to nothing */
}

/* ---- at the start -------------------------------------------------------- */

static enum cb_err
same_hash(void *ctx, const struct be_value *columns, size_t n)
{
	const struct wire_head *head = ctx;

	return n > 2 && columns[0].i == (int64_t)head->at.number &&
		cb_span_equal(columns[2].s, CB_SPAN_OF(head->at.hash))
	    ? CB_OK
	    : CB_E_FORMAT;
}

enum cb_err
be_sign_known(struct be_server *s, struct cb_why *why)
{
	size_t n;
	const struct wire_head *heads = be_heads_all(s->heads, &n);
	struct wire_chain tip;
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < n; i++) {
		struct wire_head head = heads[i];
		const uint8_t *org = head.at.owner.organisation;

		if ((r = be_store_tip(s->st, org, &tip, why)) != CB_OK)
			return r;
		if (tip.number < head.at.number ||
		    be_store_entries(s->st, org, head.at.number, 1, same_hash,
			&head, why) != CB_OK) {
			cb_why_set(why,
			    "%.300s is older than the signed heads, or was "
			    "written to: entry %" PRIu64 " of a chain is not "
			    "the one that was signed ('check' says more)",
			    s->control.settings.store, head.at.number);
			return CB_E_FORMAT;
		}
	}
	return r;
}
