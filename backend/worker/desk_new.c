/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A new card: made here, with the key that the vault gave for it, so that it
 * is nowhere but in memory before it is sealed.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/desk.h"
#include "backend/worker/profiles.h"
#include "common/ct.h"

/* ---- wishes -------------------------------------------------------------- */

static const struct emu_profile *
profile_of(const struct be_desk_act *a)
{
	return wire_fields_has(&a->detail, WIRE_D_PROFILE)
	    ? be_profiles_find(
		  a->w->set.profiles, a->detail.bytes[WIRE_D_PROFILE])
	    : NULL;
}

/* The passcode of this field; of a test card the published one where none is
 * given. Empty: there is none. */
static struct cb_span
passcode_of(const struct be_desk_act *a, enum wire_desk_field field,
    const char *published)
{
	if (wire_fields_has(&a->secrets, field))
		return a->secrets.bytes[field];
	return a->w->set.kind == WIRE_TEST ? cb_span_str(published)
					   : CB_SPAN_EMPTY;
}

static bool
is_published(struct cb_span passcode)
{
	return cb_ct_equal(passcode, cb_span_str(emu_test_pin)) ||
	    cb_ct_equal(passcode, cb_span_str(emu_test_so_pin));
}

static enum cb_err
check_passcodes(struct be_desk_act *a, bool has_user)
{
	const struct cb_span user =
	    passcode_of(a, WIRE_D_PASSCODE, emu_test_pin);
	const struct cb_span so =
	    passcode_of(a, WIRE_D_SO_PASSCODE, emu_test_so_pin);

	if (!has_user && wire_fields_has(&a->secrets, WIRE_D_PASSCODE))
		return be_desk_refuse(a->c, CB_E_ARG,
		    "such a card has no holder's passcode from the start");
	if ((has_user && user.n == 0) || so.n == 0)
		return be_desk_refuse(
		    a->c, CB_E_ARG, "a passcode of the new card is missing");
	if (a->w->set.kind == WIRE_LIVE &&
	    (is_published(user) || is_published(so)))
		return be_desk_refuse(a->c, CB_E_ARG,
		    "this passcode is published with every test card");
	return CB_OK;
}

/* Is there a card of this id? Its rows would be overwritten. */
static enum cb_err
check_free(struct be_desk_act *a)
{
	const struct be_value key = BE_ID(a->act.subject);
	struct cb_buf kept = CB_BUF_INIT;
	struct be_ask_row row;
	enum cb_err r;

	r = be_ask_row_of(a->w, BE_CARD, &key, 1, &kept, &row);
	cb_buf_free(&kept);
	if (r == CB_E_ABSENT)
		return CB_OK;
	return r == CB_OK ? be_desk_refuse(a->c, CB_E_ARG,
				"there is a card of this id")
			  : r;
}

enum cb_err
be_desk_card_new_check(struct be_desk_act *a)
{
	const struct emu_profile *profile = profile_of(a);
	enum cb_err r;

	if (be_is_zeros(a->act.subject))
		return be_desk_refuse(
		    a->c, CB_E_ARG, "the new card needs an id");
	if (be_is_zeros(a->act.organisation))
		return be_desk_refuse(a->c, CB_E_ARG,
		    "the platform has no cards, organisations have");
	if (profile == NULL)
		return be_desk_refuse(
		    a->c, CB_E_ARG, "the backend has no such profile");
	if (wire_fields_has(&a->detail, WIRE_D_TEST) !=
	    (a->w->set.kind == WIRE_TEST))
		return be_desk_refuse(a->c, CB_E_ARG,
		    a->w->set.kind == WIRE_TEST
			? "a test backend has cards for tests only"
			: "a live backend has no cards for tests");
	if ((r = check_passcodes(a,
		 emu_profile_has_user_pin(profile,
		     wire_fields_has(&a->detail, WIRE_D_BLANK)))) != CB_OK)
		return r;
	return check_free(a);
}

/* ---- making -------------------------------------------------------------- */

static void
on_event(void *ctx, const struct emu_event *event)
{
	struct be_desk_act *a = ctx;

	be_book_event(&a->book, event);
}

static enum cb_err
on_pepper(void *ctx, const uint8_t in[32], uint8_t out[32])
{
	struct be_desk_act *a = ctx;
	uint64_t wait_ms;

	return be_ask_passcode(a->w, a->act.id, in, out, &wait_ms);
}

static enum cb_err
make(struct be_desk_act *a, struct emu_nvm *nvm)
{
	struct emu_make wish = {
		.test = a->w->set.kind == WIRE_TEST,
		.blank = wire_fields_has(&a->detail, WIRE_D_BLANK),
		.so_pin = passcode_of(a, WIRE_D_SO_PASSCODE, emu_test_so_pin),
		.unblock = &a->unblock,
	};
	struct emu_env env = emu_env_system;
	uint8_t service[EMU_SERVICE_N];
	char serial[WIRE_NAME_MAX + 1] = "";
	const struct emu_profile *profile = profile_of(a);
	struct cb_span text = a->detail.bytes[WIRE_D_SERIAL];
	enum cb_err r;

	if (emu_profile_has_user_pin(profile, wish.blank))
		wish.user_pin = passcode_of(a, WIRE_D_PASSCODE, emu_test_pin);
	if (wire_fields_has(&a->detail, WIRE_D_SERIAL)) {
		memcpy(serial, text.p, text.n);
		wish.serial = serial;
	}
	if (a->told->has_unblock) {
		if ((r = cr_x25519_public(a->told->unblock, service)) !=
		    CB_OK)
			return r;
		wish.service = service;
	}
	env.event = on_event;
	env.pepper = on_pepper;
	env.ctx = a;
	return emu_card_make(nvm, profile, &wish, &env, &a->c->why);
}

/* Into its row, for who waits for the card and has not opened it. */
static enum cb_err
tell_atr(struct be_desk_act *a, struct emu_nvm **nvm)
{
	struct be_value *row = be_desk_row_put(a, BE_CARD);
	const struct emu_info *info;
	struct emu_card *card = NULL;
	enum cb_err r;

	if ((r = emu_card_open(
		 &card, nvm, &emu_env_system, &a->c->why)) == CB_OK) {
		info = emu_card_info(card);
		memcpy(a->atr, info->atr, info->atr_n);
		if (row != NULL)
			row[BE_CARD_ATR] = BE_B(cb_span(a->atr, info->atr_n));
	}
	emu_card_free(&card);
	return r;
}

static enum cb_err
seal(struct be_desk_act *a, struct emu_nvm *nvm)
{
	struct be_card_key *key = cr_secret_new(sizeof(*key));
	enum cb_err r = CB_E_NOMEM;

	if (key == NULL)
		return r;
	be_session_key(a->w, a->card, 1, a->told->key, key);
	r = be_hosted_make(key, nvm, &a->sealed, &a->sealed_n);
	cr_secret_free(key, sizeof(*key));
	if (r != CB_OK)
		return r;
	if ((a->made = calloc(a->sealed_n, sizeof(*a->made))) == NULL)
		return CB_E_NOMEM;
	for (size_t i = 0; i < a->sealed_n; i++)
		a->made[i] = (struct be_record_change){
			.name = a->sealed[i].name,
			.value = cb_buf_span(&a->sealed[i].value)
		};
	a->records = a->made;
	a->records_n = a->sealed_n;
	a->number = 1;
	return CB_OK;
}

enum cb_err
be_desk_card_new(struct be_desk_act *a)
{
	struct emu_nvm *nvm = NULL;
	enum cb_err r;

	if (!a->told->has_key)
		return CB_E_PEER;
	a->card = a->act.subject;
	if ((r = emu_mem_new(&nvm)) == CB_OK &&
	    (r = make(a, nvm)) == CB_OK && (r = seal(a, nvm)) == CB_OK)
		r = tell_atr(a, &nvm);
	emu_nvm_free(&nvm);
	if (r == CB_OK)
		wire_fields_bytes(&a->told_item, WIRE_D_PROFILE,
		    a->detail.bytes[WIRE_D_PROFILE]);
	if (r == CB_OK && a->unblock.n > 0)
		wire_fields_bytes(&a->told_item, WIRE_D_PASSCODE,
		    cb_buf_span(&a->unblock));
	return r;
}
