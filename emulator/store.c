/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records, written: the only place that knows their form. What
 * belongs to one command is one transaction.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/domain.h"
#include "emulator/store.h"

static uint16_t
tx_begin(struct emu_card *card)
{
	if (card->tx_failed)
		return SW_MEMORY_FAILURE;
	if (card->in_tx)
		return SW_OK;
	if (card->nvm->ops->begin(card->nvm) != CB_OK) {
		card->tx_failed = true;
		return SW_MEMORY_FAILURE;
	}
	card->in_tx = true;
	return SW_OK;
}

static uint16_t
tx_put(struct emu_card *card, const char *name, struct cb_span value)
{
	uint16_t sw;

	if ((sw = tx_begin(card)) != SW_OK)
		return sw;
	if (card->nvm->ops->put(card->nvm, name, value) != CB_OK) {
		card->tx_failed = true;
		return SW_MEMORY_FAILURE;
	}
	return SW_OK;
}

static uint16_t
tx_del(struct emu_card *card, const char *name)
{
	uint16_t sw;

	if ((sw = tx_begin(card)) != SW_OK)
		return sw;
	if (card->nvm->ops->del(card->nvm, name) != CB_OK) {
		card->tx_failed = true;
		return SW_MEMORY_FAILURE;
	}
	return SW_OK;
}

uint16_t
emu_store_commit(struct emu_card *card, enum emu_nvm_by by)
{
	if (card->tx_failed)
		return SW_MEMORY_FAILURE;
	if (!card->in_tx)
		return SW_OK;
	card->in_tx = false;
	if (card->nvm->ops->commit(card->nvm, by) != CB_OK) {
		card->tx_failed = true;
		return SW_MEMORY_FAILURE;
	}
	return SW_OK;
}

void
emu_store_rollback(struct emu_card *card)
{
	if (card->in_tx)
		card->nvm->ops->rollback(card->nvm);
	card->in_tx = false;
	card->tx_failed = false;
}

void
emu_record_name(char out[EMU_RECORD_MAX], const struct emu_app *app, char kind,
    uint32_t id)
{
	snprintf(out, EMU_RECORD_MAX, "card/%u/%c/%08x", app->no % 10, kind, id);
}

/* Puts what `fill` wrote, or fails the transaction. */
static uint16_t
tx_put_filled(
    struct emu_card *card, const char *name, enum cb_err r, struct cb_buf *b)
{
	uint16_t sw = SW_MEMORY_FAILURE;

	if (r == CB_OK)
		sw = tx_put(card, name, cb_buf_span(b));
	else
		card->tx_failed = true;
	cb_buf_free(b);
	return sw;
}

static enum cb_err
put_rules(struct cb_buf *b, const struct emu_policy *p)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, p->tries)) != CB_OK ||
	    (r = cb_put_u8(b, p->pin_min)) != CB_OK ||
	    (r = cb_put_u8(b, p->pin_max)) != CB_OK ||
	    (r = cb_put_u8(b, p->pin_digits)) != CB_OK ||
	    (r = cb_put_u16(b, p->rsa_min)) != CB_OK ||
	    (r = cb_put_u32(b, p->idle_s)) != CB_OK)
		return r;
	return cb_put_u32(b, p->total_s);
}

/* Costs may be raised later: what they were stands in each wrap. */
static enum cb_err
put_costs(struct cb_buf *b, const struct emu_policy *p)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, p->scrypt_log2n)) != CB_OK ||
	    (r = cb_put_u8(b, p->scrypt_r)) != CB_OK)
		return r;
	return cb_put_u8(b, p->scrypt_p);
}

static enum cb_err
put_service(const struct emu_card *card, struct cb_buf *b)
{
	return card->has_service ? cb_buf_add(b, CB_SPAN_OF(card->service))
				 : CB_OK;
}

enum cb_err
emu_store_rules(const struct emu_card *card, uint8_t out[EMU_RULES_N])
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t hash[32];
	enum cb_err r;

	if ((r = cb_put_u8(&b, card->info.test)) == CB_OK &&
	    (r = put_rules(&b, &card->policy)) == CB_OK &&
	    (r = put_service(card, &b)) == CB_OK &&
	    (r = cr_sha256(cb_buf_span(&b), hash)) == CB_OK)
		memcpy(out, hash, EMU_RULES_N);
	cb_buf_free(&b);
	return r;
}

static uint8_t
app_flags(const struct emu_app *app)
{
	return (uint8_t)((app->keep_verified ? EMU_APP_KEEP_VERIFIED : 0) |
	    (app->bare_fcp ? EMU_APP_BARE_FCP : 0) |
	    (app->silent_names ? EMU_APP_SILENT_NAMES : 0) |
	    (app->from_reset ? EMU_APP_FROM_RESET : 0));
}

/* A byte for each application, where one of them has a flag set, or something
 * follows. */
static enum cb_err
put_app_flags(const struct emu_card *card, struct cb_buf *b)
{
	enum cb_err r = CB_OK;
	bool any = card->has_service;

	for (unsigned i = 0; i < card->apps_n; i++)
		any = any || app_flags(&card->apps[i]) != 0;
	for (unsigned i = 0; any && r == CB_OK && i < card->apps_n; i++)
		r = cb_put_u8(b, app_flags(&card->apps[i]));
	return r;
}

uint16_t
emu_store_card(struct emu_card *card)
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;
	uint8_t n = 0;

	for (unsigned a = 0; a < EMU_ANS_N; a++)
		if (card->answers[a] != emu_answer_default((enum emu_answer)a))
			n++;
	if ((r = cb_put_u8(&b, EMU_STORE_FORMAT)) != CB_OK ||
	    (r = cb_put_u8(&b, card->info.test)) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(card->uuid))) != CB_OK ||
	    (r = cb_put_lv16(&b, cb_span_str(card->info.profile))) != CB_OK ||
	    (r = cb_put_lv16(&b, cb_span_str(card->info.label))) != CB_OK ||
	    (r = cb_put_lv16(&b, cb_span_str(card->info.serial))) != CB_OK ||
	    (r = cb_put_lv16(&b, cb_span(card->info.atr,
		 card->info.atr_n))) != CB_OK ||
	    (r = cb_put_u32(&b, card->info.max_apdu)) != CB_OK ||
	    (r = cb_put_u32(&b, card->size)) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(card->cplc))) != CB_OK ||
	    (r = cb_put_lv16(&b, cb_span(card->cm_aid,
		 card->cm_aid_n))) != CB_OK ||
	    (r = put_rules(&b, &card->policy)) != CB_OK ||
	    (r = put_costs(&b, &card->policy)) != CB_OK ||
	    (r = cb_put_u8(&b, n)) != CB_OK)
		goto out;
	for (unsigned a = 0; a < EMU_ANS_N; a++) {
		enum emu_answer ans = (enum emu_answer)a;

		if (card->answers[a] == emu_answer_default(ans))
			continue;
		if ((r = cb_put_lv16(&b,
			 cb_span_str(emu_answer_name(ans)))) != CB_OK ||
		    (r = cb_put_u16(&b, card->answers[a])) != CB_OK)
			goto out;
	}
	if ((r = cb_put_u8(&b, (uint8_t)card->apps_n)) != CB_OK)
		goto out;
	for (unsigned i = 0; i < card->apps_n; i++)
		if ((r = cb_put_lv16(&b, cb_span_str(
			 card->apps[i].applet->name))) != CB_OK ||
		    (r = cb_put_lv16(&b, cb_span(card->apps[i].aid,
			 card->apps[i].aid_n))) != CB_OK)
			goto out;
	if ((r = put_app_flags(card, &b)) == CB_OK)
		r = put_service(card, &b);
out:
	return tx_put_filled(card, "card", r, &b);
}

uint16_t
emu_store_file(struct emu_app *app, const struct emu_file *f)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[EMU_RECORD_MAX];
	enum cb_err r;

	emu_record_name(name, app, 'f', f->id);
	if ((r = cb_put_u32(&b, f->parent ? f->parent->id : 0)) == CB_OK &&
	    (r = cb_put_u16(&b, f->fid)) == CB_OK &&
	    (r = cb_put_u8(&b, f->type)) == CB_OK &&
	    (r = cb_put_u16(&b, f->size)) == CB_OK &&
	    (r = cb_put_lv16(&b, cb_span(f->access, f->access_n))) == CB_OK &&
	    (f->sfi != 0 || f->template != 0 || f->commits ||
		f->name_n != 0) &&
	    (r = cb_put_u8(&b, f->sfi)) == CB_OK &&
	    (r = cb_put_u8(&b, f->template)) == CB_OK &&
	    (r = cb_put_u8(&b, f->commits)) == CB_OK)
		r = cb_put_lv16(&b, cb_span(f->name, f->name_n));
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_file_del(struct emu_app *app, const struct emu_file *f)
{
	char name[EMU_RECORD_MAX];

	emu_record_name(name, app, 'f', f->id);
	return tx_del(app->card, name);
}

void
emu_part_name(char out[EMU_RECORD_MAX], const struct emu_app *app,
    const struct emu_file *f, uint16_t no)
{
	snprintf(out, EMU_RECORD_MAX, "card/%u/x/%08x/%04x", app->no % 10, f->id,
	    no);
}

uint16_t
emu_store_part(struct emu_app *app, const struct emu_file *f, uint16_t no,
    struct cb_span stored)
{
	char name[EMU_RECORD_MAX];

	emu_part_name(name, app, f, no);
	return tx_put(app->card, name, stored);
}

uint16_t
emu_store_part_del(struct emu_app *app, const struct emu_file *f, uint16_t no)
{
	char name[EMU_RECORD_MAX];

	emu_part_name(name, app, f, no);
	return tx_del(app->card, name);
}

static enum cb_err
put_wrap(struct cb_buf *b, const struct emu_wrap *w)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, w->set)) != CB_OK || !w->set)
		return r;
	if ((r = cb_put_u8(b, w->how.log2n)) != CB_OK ||
	    (r = cb_put_u8(b, w->how.r)) != CB_OK ||
	    (r = cb_put_u8(b, w->how.p)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(w->how.salt))) != CB_OK)
		return r;
	return cb_buf_add(b, CB_SPAN_OF(w->blob));
}

uint16_t
emu_store_pin(struct emu_app *app, const struct emu_pin *pin)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[EMU_RECORD_MAX];
	enum cb_err r;

	emu_record_name(name, app, 'p', pin->id);
	if ((r = cb_put_u32(&b, pin->owner->id)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->ref)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->role)) == CB_OK &&
	    (r = cb_put_u32(&b, pin->domain)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->tries_max)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->unblock_max)) == CB_OK &&
	    (r = put_wrap(&b, &pin->pin)) == CB_OK &&
	    (r = put_wrap(&b, &pin->unblock)) == CB_OK &&
	    (pin->max != 0 || pin->access_n != 0) &&
	    (r = cb_put_u8(&b, pin->min)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->max)) == CB_OK)
		r = cb_put_lv16(&b, cb_span(pin->access, pin->access_n));
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_tries(struct emu_app *app, const struct emu_pin *pin)
{
	const uint8_t counters[] = { pin->tries, pin->unblock_tries };
	char name[EMU_RECORD_MAX];

	emu_record_name(name, app, 't', pin->id);
	return tx_put(app->card, name, CB_SPAN_OF(counters));
}

uint16_t
emu_store_pin_del(struct emu_app *app, const struct emu_pin *pin)
{
	char name[EMU_RECORD_MAX];
	uint16_t sw;

	emu_record_name(name, app, 't', pin->id);
	if ((sw = tx_del(app->card, name)) != SW_OK)
		return sw;
	emu_record_name(name, app, 'p', pin->id);
	return tx_del(app->card, name);
}

uint16_t
emu_store_domain(struct emu_app *app, const struct emu_domain *d)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[EMU_RECORD_MAX];
	enum cb_err r;

	emu_record_name(name, app, 'd', d->id);
	if ((r = cb_put_u32(&b, d->owner)) == CB_OK &&
	    (r = cb_put_u8(&b, d->role)) == CB_OK &&
	    (r = cb_buf_add(&b, CB_SPAN_OF(d->public))) == CB_OK &&
	    (r = cb_put_u32(&b, d->escrow)) == CB_OK && d->escrow != 0)
		r = cb_buf_add(&b, CB_SPAN_OF(d->escrow_blob));
	if (r == CB_OK && d->in_service)
		r = cb_buf_add(&b, CB_SPAN_OF(d->service_blob));
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_domain_del(struct emu_app *app, const struct emu_domain *d)
{
	char name[EMU_RECORD_MAX];

	emu_record_name(name, app, 'd', d->id);
	return tx_del(app->card, name);
}
