/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records: the only place that knows their names and form.
 *
 *	card			who it is, policy, answers, applications
 *	card/A/d/ID		a key domain of application A
 *	card/A/f/ID		a file: parent, FID, type, size, access bytes
 *	card/A/p/ID		a PIN: owner, limits, wraps
 *	card/A/t/ID		its counters (2 bytes: written most often)
 *	card/A/x/ID/NO		a part of a file's content (parts.c)
 *
 * A is a digit, ID eight and NO four hexadecimal digits. Read in order of
 * name, everything comes after what it refers to: a file's number is higher
 * than its parent's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/domain.h"

#define FORMAT 1
#define NAME_MAX_N 41

/* ---- writing --------------------------------------------------------------- */

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
emu_store_commit(struct emu_card *card)
{
	if (card->tx_failed)
		return SW_MEMORY_FAILURE;
	if (!card->in_tx)
		return SW_OK;
	card->in_tx = false;
	if (card->nvm->ops->commit(card->nvm) != CB_OK) {
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

static void
record_name(char out[NAME_MAX_N], const struct emu_app *app, char kind,
    uint32_t id)
{
	snprintf(out, NAME_MAX_N, "card/%u/%c/%08x", app->no % 10, kind, id);
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

uint16_t
emu_store_card(struct emu_card *card)
{
	const struct emu_policy *p = &card->policy;
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;
	uint8_t n = 0;

	for (unsigned a = 0; a < EMU_ANS_N; a++)
		if (card->answers[a] != emu_answer_default((enum emu_answer)a))
			n++;
	if ((r = cb_put_u8(&b, FORMAT)) != CB_OK ||
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
	    (r = cb_put_u8(&b, p->tries)) != CB_OK ||
	    (r = cb_put_u8(&b, p->pin_min)) != CB_OK ||
	    (r = cb_put_u8(&b, p->pin_max)) != CB_OK ||
	    (r = cb_put_u8(&b, p->pin_digits)) != CB_OK ||
	    (r = cb_put_u16(&b, p->rsa_min)) != CB_OK ||
	    (r = cb_put_u32(&b, p->idle_s)) != CB_OK ||
	    (r = cb_put_u32(&b, p->total_s)) != CB_OK ||
	    (r = cb_put_u8(&b, p->scrypt_log2n)) != CB_OK ||
	    (r = cb_put_u8(&b, p->scrypt_r)) != CB_OK ||
	    (r = cb_put_u8(&b, p->scrypt_p)) != CB_OK ||
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
out:
	return tx_put_filled(card, "card", r, &b);
}

uint16_t
emu_store_file(struct emu_app *app, const struct emu_file *f)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[NAME_MAX_N];
	enum cb_err r;

	record_name(name, app, 'f', f->id);
	if ((r = cb_put_u32(&b, f->parent ? f->parent->id : 0)) == CB_OK &&
	    (r = cb_put_u16(&b, f->fid)) == CB_OK &&
	    (r = cb_put_u8(&b, f->type)) == CB_OK &&
	    (r = cb_put_u16(&b, f->size)) == CB_OK)
		r = cb_put_lv16(&b, cb_span(f->access, f->access_n));
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_file_del(struct emu_app *app, const struct emu_file *f)
{
	char name[NAME_MAX_N];

	record_name(name, app, 'f', f->id);
	return tx_del(app->card, name);
}

static void
part_name(char out[NAME_MAX_N], const struct emu_app *app,
    const struct emu_file *f, uint16_t no)
{
	snprintf(out, NAME_MAX_N, "card/%u/x/%08x/%04x", app->no % 10, f->id,
	    no);
}

uint16_t
emu_store_part(struct emu_app *app, const struct emu_file *f, uint16_t no,
    struct cb_span stored)
{
	char name[NAME_MAX_N];

	part_name(name, app, f, no);
	return tx_put(app->card, name, stored);
}

uint16_t
emu_store_part_del(struct emu_app *app, const struct emu_file *f, uint16_t no)
{
	char name[NAME_MAX_N];

	part_name(name, app, f, no);
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
	char name[NAME_MAX_N];
	enum cb_err r;

	record_name(name, app, 'p', pin->id);
	if ((r = cb_put_u32(&b, pin->owner->id)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->ref)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->role)) == CB_OK &&
	    (r = cb_put_u32(&b, pin->domain)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->tries_max)) == CB_OK &&
	    (r = cb_put_u8(&b, pin->unblock_max)) == CB_OK &&
	    (r = put_wrap(&b, &pin->pin)) == CB_OK)
		r = put_wrap(&b, &pin->unblock);
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_tries(struct emu_app *app, const struct emu_pin *pin)
{
	const uint8_t counters[] = { pin->tries, pin->unblock_tries };
	char name[NAME_MAX_N];

	record_name(name, app, 't', pin->id);
	return tx_put(app->card, name, CB_SPAN_OF(counters));
}

uint16_t
emu_store_pin_del(struct emu_app *app, const struct emu_pin *pin)
{
	char name[NAME_MAX_N];
	uint16_t sw;

	record_name(name, app, 't', pin->id);
	if ((sw = tx_del(app->card, name)) != SW_OK)
		return sw;
	record_name(name, app, 'p', pin->id);
	return tx_del(app->card, name);
}

uint16_t
emu_store_domain(struct emu_app *app, const struct emu_domain *d)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[NAME_MAX_N];
	enum cb_err r;

	record_name(name, app, 'd', d->id);
	if ((r = cb_put_u32(&b, d->owner)) == CB_OK &&
	    (r = cb_put_u8(&b, d->role)) == CB_OK &&
	    (r = cb_buf_add(&b, CB_SPAN_OF(d->public))) == CB_OK &&
	    (r = cb_put_u32(&b, d->escrow)) == CB_OK && d->escrow != 0)
		r = cb_buf_add(&b, CB_SPAN_OF(d->escrow_blob));
	return tx_put_filled(app->card, name, r, &b);
}

uint16_t
emu_store_domain_del(struct emu_app *app, const struct emu_domain *d)
{
	char name[NAME_MAX_N];

	record_name(name, app, 'd', d->id);
	return tx_del(app->card, name);
}

/* ---- reading ----------------------------------------------------------------- */

static enum cb_err
get_text(struct cb_span *in, char *out, size_t size)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_lv16(in, &s)) != CB_OK)
		return r;
	if (s.n >= size || (s.n > 0 && memchr(s.p, 0, s.n) != NULL))
		return CB_E_FORMAT;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	return CB_OK;
}

static enum cb_err
get_bytes(struct cb_span *in, uint8_t *out, size_t n)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_span(in, n, &s)) == CB_OK)
		memcpy(out, s.p, n);
	return r;
}

/* Length and bytes of at most max; *n is set. */
static enum cb_err
get_short(struct cb_span *in, uint8_t *out, size_t max, size_t *n)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_lv16(in, &s)) != CB_OK)
		return r;
	if (s.n > max)
		return CB_E_FORMAT;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	*n = s.n;
	return CB_OK;
}

static enum cb_err
get_bool(struct cb_span *in, bool *out)
{
	uint8_t v;
	enum cb_err r;

	if ((r = cb_get_u8(in, &v)) != CB_OK)
		return r;
	*out = v != 0;
	return v > 1 ? CB_E_FORMAT : CB_OK;
}

static enum cb_err
load_policy(struct emu_policy *p, struct cb_span *in)
{
	enum cb_err r;

	if ((r = cb_get_u8(in, &p->tries)) != CB_OK ||
	    (r = cb_get_u8(in, &p->pin_min)) != CB_OK ||
	    (r = cb_get_u8(in, &p->pin_max)) != CB_OK ||
	    (r = get_bool(in, &p->pin_digits)) != CB_OK ||
	    (r = cb_get_u16(in, &p->rsa_min)) != CB_OK ||
	    (r = cb_get_u32(in, &p->idle_s)) != CB_OK ||
	    (r = cb_get_u32(in, &p->total_s)) != CB_OK ||
	    (r = cb_get_u8(in, &p->scrypt_log2n)) != CB_OK ||
	    (r = cb_get_u8(in, &p->scrypt_r)) != CB_OK)
		return r;
	return cb_get_u8(in, &p->scrypt_p);
}

static enum cb_err
load_answers(struct emu_card *card, struct cb_span *in)
{
	char name[64];
	enum emu_answer a;
	enum cb_err r;
	uint16_t sw;
	uint8_t n;

	for (unsigned i = 0; i < EMU_ANS_N; i++)
		card->answers[i] = emu_answer_default((enum emu_answer)i);
	if ((r = cb_get_u8(in, &n)) != CB_OK)
		return r;
	while (n-- > 0) {
		if ((r = get_text(in, name, sizeof(name))) != CB_OK ||
		    (r = cb_get_u16(in, &sw)) != CB_OK)
			return r;
		if (emu_answer_find(name, &a) != CB_OK)
			return CB_E_LIMIT;	/* of a newer release */
		if (!emu_answer_valid(a, sw))
			return CB_E_FORMAT;
		card->answers[a] = sw;
	}
	return CB_OK;
}

static enum cb_err
load_apps(struct emu_card *card, struct cb_span *in)
{
	char name[64];
	enum cb_err r;
	size_t n;
	uint8_t apps;

	if ((r = cb_get_u8(in, &apps)) != CB_OK)
		return r;
	if (apps > EMU_APPS_MAX)
		return CB_E_LIMIT;
	for (card->apps_n = 0; card->apps_n < apps; card->apps_n++) {
		struct emu_app *app = &card->apps[card->apps_n];

		if ((r = get_text(in, name, sizeof(name))) != CB_OK ||
		    (r = get_short(in, app->aid, sizeof(app->aid), &n)) !=
			CB_OK)
			return r;
		app->aid_n = (uint8_t)n;
		app->card = card;
		app->no = card->apps_n;
		if ((app->applet = emu_applet_find(name)) == NULL)
			return CB_E_LIMIT;
	}
	return CB_OK;
}

static enum cb_err
load_card(struct emu_card *card, struct cb_span in)
{
	struct emu_info *info = &card->info;
	struct cb_atr atr;
	uint8_t format;
	enum cb_err r;
	size_t n;

	if ((r = cb_get_u8(&in, &format)) != CB_OK)
		return r;
	if (format != FORMAT)
		return CB_E_LIMIT;
	if ((r = get_bool(&in, &info->test)) != CB_OK ||
	    (r = get_bytes(&in, card->uuid, sizeof(card->uuid))) != CB_OK ||
	    (r = get_text(&in, info->profile, sizeof(info->profile))) !=
		CB_OK ||
	    (r = get_text(&in, info->label, sizeof(info->label))) != CB_OK ||
	    (r = get_text(&in, info->serial, sizeof(info->serial))) !=
		CB_OK ||
	    (r = get_short(&in, info->atr, sizeof(info->atr),
		 &info->atr_n)) != CB_OK ||
	    (r = cb_get_u32(&in, &info->max_apdu)) != CB_OK ||
	    (r = cb_get_u32(&in, &card->size)) != CB_OK ||
	    (r = get_bytes(&in, card->cplc, sizeof(card->cplc))) != CB_OK ||
	    (r = get_short(&in, card->cm_aid, sizeof(card->cm_aid), &n)) !=
		CB_OK)
		return r;
	card->cm_aid_n = (uint8_t)n;
	if ((r = load_policy(&card->policy, &in)) != CB_OK ||
	    (r = load_answers(card, &in)) != CB_OK ||
	    (r = load_apps(card, &in)) != CB_OK ||
	    (r = cb_get_end(&in)) != CB_OK ||
	    (r = cb_atr_parse(&atr, cb_span(info->atr, info->atr_n))) !=
		CB_OK)
		return r;
	info->proto = atr.first == 0 ? EMU_T0 : EMU_T1;
	return CB_OK;
}

static enum cb_err
load_file(struct emu_app *app, uint32_t id, struct cb_span in)
{
	struct emu_file *f, *parent, **at;
	uint32_t parent_id;
	enum cb_err r;
	size_t n = 0;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return CB_E_NOMEM;
	f->id = id;
	if ((r = cb_get_u32(&in, &parent_id)) != CB_OK ||
	    (r = cb_get_u16(&in, &f->fid)) != CB_OK ||
	    (r = cb_get_u8(&in, &f->type)) != CB_OK ||
	    (r = cb_get_u16(&in, &f->size)) != CB_OK ||
	    (r = get_short(&in, f->access, sizeof(f->access), &n)) != CB_OK ||
	    (r = cb_get_end(&in)) != CB_OK)
		goto fail;
	f->access_n = (uint8_t)n;
	r = CB_E_FORMAT;
	if (parent_id == 0) {
		if (app->mf != NULL || f->type != EMU_DF)
			goto fail;
		app->mf = f;
	} else {
		parent = emu_fs_by_id(app, parent_id);
		if (parent == NULL || parent->type != EMU_DF)
			goto fail;
		f->parent = parent;
		for (at = &parent->child; *at != NULL; at = &(*at)->next)
			continue;
		*at = f;
	}
	app->last_file = id;
	app->card->used += emu_fs_cost(f);
	return CB_OK;
fail:
	free(f);
	return r;
}

static enum cb_err
get_wrap(struct cb_span *in, struct emu_wrap *w)
{
	enum cb_err r;

	if ((r = get_bool(in, &w->set)) != CB_OK || !w->set)
		return r;
	if ((r = cb_get_u8(in, &w->how.log2n)) != CB_OK ||
	    (r = cb_get_u8(in, &w->how.r)) != CB_OK ||
	    (r = cb_get_u8(in, &w->how.p)) != CB_OK ||
	    (r = get_bytes(in, w->how.salt, sizeof(w->how.salt))) != CB_OK)
		return r;
	return get_bytes(in, w->blob, sizeof(w->blob));
}

static enum cb_err
load_pin(struct emu_app *app, uint32_t id, struct cb_span in)
{
	struct emu_pin *pin, **at;
	uint32_t owner;
	enum cb_err r;

	if ((pin = calloc(1, sizeof(*pin))) == NULL)
		return CB_E_NOMEM;
	pin->id = id;
	if ((r = cb_get_u32(&in, &owner)) != CB_OK ||
	    (r = cb_get_u8(&in, &pin->ref)) != CB_OK ||
	    (r = cb_get_u8(&in, &pin->role)) != CB_OK ||
	    (r = cb_get_u32(&in, &pin->domain)) != CB_OK ||
	    (r = cb_get_u8(&in, &pin->tries_max)) != CB_OK ||
	    (r = cb_get_u8(&in, &pin->unblock_max)) != CB_OK ||
	    (r = get_wrap(&in, &pin->pin)) != CB_OK ||
	    (r = get_wrap(&in, &pin->unblock)) != CB_OK ||
	    (r = cb_get_end(&in)) != CB_OK)
		goto fail;
	pin->owner = emu_fs_by_id(app, owner);
	if (pin->owner == NULL || !pin->pin.set ||
	    emu_domain_by_id(app, pin->domain) == NULL) {
		r = CB_E_FORMAT;
		goto fail;
	}
	for (at = &app->pins; *at != NULL; at = &(*at)->next)
		continue;
	*at = pin;
	app->last_pin = id;
	return CB_OK;
fail:
	free(pin);
	return r;
}

static enum cb_err
load_tries(struct emu_app *app, uint32_t id, struct cb_span in)
{
	struct emu_pin *pin;
	enum cb_err r;

	for (pin = app->pins; pin != NULL && pin->id != id; pin = pin->next)
		continue;
	if (pin == NULL)
		return CB_E_FORMAT;
	if ((r = cb_get_u8(&in, &pin->tries)) != CB_OK ||
	    (r = cb_get_u8(&in, &pin->unblock_tries)) != CB_OK ||
	    (r = cb_get_end(&in)) != CB_OK)
		return r;
	return pin->tries > pin->tries_max ||
		pin->unblock_tries > pin->unblock_max
	    ? CB_E_FORMAT
	    : CB_OK;
}

static enum cb_err
load_domain(struct emu_app *app, uint32_t id, struct cb_span in)
{
	struct emu_domain *d, **at;
	enum cb_err r;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return CB_E_NOMEM;
	d->id = id;
	if ((r = cb_get_u32(&in, &d->owner)) != CB_OK ||
	    (r = cb_get_u8(&in, &d->role)) != CB_OK ||
	    (r = get_bytes(&in, d->public, sizeof(d->public))) != CB_OK ||
	    (r = cb_get_u32(&in, &d->escrow)) != CB_OK ||
	    (d->escrow != 0 &&
		(r = get_bytes(&in, d->escrow_blob,
		     sizeof(d->escrow_blob))) != CB_OK) ||
	    (r = cb_get_end(&in)) != CB_OK) {
		free(d);
		return r;
	}
	for (at = &app->domains; *at != NULL; at = &(*at)->next)
		continue;
	*at = d;
	app->last_domain = id;
	return CB_OK;
}

static enum cb_err
load_part(
    struct emu_app *app, uint32_t id, const char *no, struct cb_span value)
{
	struct emu_file *f = emu_fs_by_id(app, id);
	struct emu_part *p;
	unsigned number;
	char end;
	enum cb_err r;

	if (f == NULL || sscanf(no, "/%4x%c", &number, &end) != 1)
		return CB_E_FORMAT;
	if ((r = emu_part_load(f, (uint16_t)number, value)) != CB_OK)
		return r;
	if ((p = emu_part_find(f, (uint16_t)number)) != NULL)
		app->card->used += emu_part_cost(f, p);
	return CB_OK;
}

static enum cb_err
load_record(void *ctx, const char *name, struct cb_span value)
{
	struct emu_card *card = ctx;
	struct emu_app *app;
	unsigned no, id;
	char kind;
	int at = 0;

	if (strcmp(name, "card") == 0)
		return load_card(card, value);
	if (sscanf(name, "card/%1u/%c/%8x%n", &no, &kind, &id, &at) != 3 ||
	    no >= card->apps_n || id == 0)
		return CB_E_FORMAT;
	app = &card->apps[no];
	if (kind == 'x')
		return load_part(app, id, name + at, value);
	if (name[at] != '\0')
		return CB_E_FORMAT;
	switch (kind) {
	case 'd':
		return load_domain(app, id, value);
	case 'f':
		return load_file(app, id, value);
	case 'p':
		return load_pin(app, id, value);
	case 't':
		return load_tries(app, id, value);
	default:
		return CB_E_LIMIT;
	}
}

enum cb_err
emu_store_load(struct emu_card *card, struct cb_why *why)
{
	enum cb_err r;

	card->used = 0;
	card->apps_n = 0;
	r = card->nvm->ops->each(card->nvm, load_record, card);
	if (r == CB_OK && card->apps_n == 0)
		r = CB_E_FORMAT;
	for (unsigned i = 0; r == CB_OK && i < card->apps_n; i++)
		if (card->apps[i].mf == NULL)
			r = CB_E_FORMAT;
	if (r == CB_OK && card->used > card->size)
		r = CB_E_FORMAT;
	if (r == CB_E_SHORT)
		r = CB_E_FORMAT;
	if (r == CB_E_FORMAT)
		cb_why_set(why, "the card's records are damaged; restore the "
				"card file from a copy, or make a new card");
	else if (r == CB_E_LIMIT)
		cb_why_set(why, "the card was made by a newer release; "
				"use that release or a later one");
	return r;
}
