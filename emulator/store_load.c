/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records, read: all of them once, when a card is opened. They come
 * from a file that anybody may have written, so nothing in them is believed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/domain.h"
#include "emulator/store.h"

static enum cb_err
get_text(struct cb_span *in, char *out, size_t size)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_lv16(in, &s)) != CB_OK)
		return r;
	if (s.n >= size)
		return CB_E_FORMAT;
	/* It is shown to people: nothing that a terminal would obey. */
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7F)
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

/* No card was made with less (profile.c, make.c). */
static enum cb_err
check_policy(const struct emu_card *card)
{
	const struct emu_policy *p = &card->policy;

	if (p->tries == 0 || p->tries > 15 || p->pin_min == 0 ||
	    p->pin_min > p->pin_max || p->scrypt_log2n > 20 ||
	    p->scrypt_r == 0 || p->scrypt_p == 0)
		return CB_E_FORMAT;
	return card->info.test || emu_policy_scrypt_live(p) ? CB_OK
							     : CB_E_FORMAT;
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

/* Nothing: cards of before, and those that need none. */
static enum cb_err
load_app_flags(struct emu_card *card, struct cb_span *in)
{
	uint8_t flags;
	enum cb_err r;

	for (unsigned i = 0; in->n > 0 && i < card->apps_n; i++) {
		if ((r = cb_get_u8(in, &flags)) != CB_OK)
			return r;
		if ((flags & ~EMU_APP_FLAGS) != 0)
			return CB_E_LIMIT;	/* of a newer release */
		card->apps[i].keep_verified =
		    (flags & EMU_APP_KEEP_VERIFIED) != 0;
		card->apps[i].bare_fcp = (flags & EMU_APP_BARE_FCP) != 0;
		card->apps[i].silent_names =
		    (flags & EMU_APP_SILENT_NAMES) != 0;
		card->apps[i].from_reset = (flags & EMU_APP_FROM_RESET) != 0;
	}
	return CB_OK;
}

/* The same holds for it. */
static enum cb_err
load_service(struct emu_card *card, struct cb_span *in)
{
	enum cb_err r;

	card->has_service = in->n > 0;
	if (card->has_service &&
	    (r = get_bytes(in, card->service, sizeof(card->service))) !=
		CB_OK)
		return r;
	return cb_get_end(in);
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
	if (format != EMU_STORE_FORMAT)
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
	    (r = check_policy(card)) != CB_OK ||
	    (r = load_answers(card, &in)) != CB_OK ||
	    (r = load_apps(card, &in)) != CB_OK ||
	    (r = load_app_flags(card, &in)) != CB_OK ||
	    (r = load_service(card, &in)) != CB_OK ||
	    (r = cb_atr_parse(&atr, cb_span(info->atr, info->atr_n))) !=
		CB_OK)
		return r;
	info->proto = atr.first == 0 ? EMU_T0 : EMU_T1;
	return CB_OK;
}

/* Accounts for what a record takes of the card's size. */
static enum cb_err
load_cost(struct emu_card *card, uint32_t cost)
{
	if (cost > card->size - card->used)
		return CB_E_FORMAT;
	card->used += cost;
	return CB_OK;
}

/* What few files have; nothing where this one has none of it. */
static enum cb_err
load_file_own(struct emu_file *f, struct cb_span *in)
{
	enum cb_err r;
	size_t n = 0;

	if (in->n == 0)
		return CB_OK;
	if ((r = cb_get_u8(in, &f->sfi)) != CB_OK ||
	    (r = cb_get_u8(in, &f->template)) != CB_OK ||
	    (r = get_bool(in, &f->commits)) != CB_OK ||
	    (r = get_short(in, f->name, sizeof(f->name), &n)) != CB_OK)
		return r;
	f->name_n = (uint8_t)n;
	return f->sfi > 30 || (n > 0 && f->type != EMU_DF) ? CB_E_FORMAT
							    : CB_OK;
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
	    (r = load_file_own(f, &in)) != CB_OK ||
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
	return load_cost(app->card, emu_fs_cost(f));
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
	/* What a profile may ask for; more would only keep us busy. */
	if (w->how.log2n < 10 || w->how.log2n > 20 || w->how.r == 0 ||
	    w->how.r > 32 || w->how.p == 0 || w->how.p > 32)
		return CB_E_FORMAT;
	return get_bytes(in, w->blob, sizeof(w->blob));
}

/* What a PIN has of its own; nothing where its DF and the policy say all. */
static enum cb_err
load_pin_own(struct emu_pin *pin, struct cb_span *in)
{
	enum cb_err r;
	size_t n = 0;

	if (in->n == 0)
		return CB_OK;
	if ((r = cb_get_u8(in, &pin->min)) != CB_OK ||
	    (r = cb_get_u8(in, &pin->max)) != CB_OK ||
	    (r = get_short(in, pin->access, sizeof(pin->access), &n)) !=
		CB_OK)
		return r;
	pin->access_n = (uint8_t)n;
	return pin->min > pin->max ? CB_E_FORMAT : cb_get_end(in);
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
	    (r = load_pin_own(pin, &in)) != CB_OK)
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
	    ((d->in_service = in.n > 0) &&
		(r = get_bytes(&in, d->service_blob,
		     sizeof(d->service_blob))) != CB_OK) ||
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
	char want[EMU_RECORD_MAX];
	unsigned number;
	enum cb_err r;

	if (f == NULL || sscanf(no, "/%4x", &number) != 1)
		return CB_E_FORMAT;
	emu_part_name(want, app, f, (uint16_t)number);
	if (strcmp(strrchr(want, '/'), no) != 0)
		return CB_E_FORMAT;
	if ((r = emu_part_load(f, (uint16_t)number, value)) != CB_OK)
		return r;
	return load_cost(app->card,
	    emu_part_cost(f, emu_part_find(f, (uint16_t)number)));
}

static enum cb_err
load_record(void *ctx, const char *name, struct cb_span value)
{
	struct emu_card *card = ctx;
	struct emu_app *app;
	char want[EMU_RECORD_MAX];
	unsigned no, id;
	char kind;
	int at = 0;

	if (strcmp(name, "card") == 0)
		return load_card(card, value);
	if (sscanf(name, "card/%1u/%c/%8x%n", &no, &kind, &id, &at) != 3 ||
	    no >= card->apps_n || id == 0)
		return CB_E_FORMAT;
	app = &card->apps[no];
	/* One record, one name. */
	emu_record_name(want, app, kind, id);
	if (strncmp(want, name, strlen(want)) != 0)
		return CB_E_FORMAT;
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

/* What no record says by itself: an MF, contents as long as their files. */
static enum cb_err
load_check(const struct emu_app *app)
{
	const struct emu_part *p;

	if (app->mf == NULL)
		return CB_E_FORMAT;
	for (const struct emu_file *f = app->mf; f != NULL;
	    f = emu_fs_next(f)) {
		if (!emu_ef_bytes(f) || f->size == 0)
			continue;
		p = emu_part_find(f, 0);
		if (p == NULL || p->deleted || p->size != f->size)
			return CB_E_FORMAT;
	}
	return CB_OK;
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
		r = load_check(&card->apps[i]);
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
