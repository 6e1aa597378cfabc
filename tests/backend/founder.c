/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See founder.h.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/vault/limit.h"
#include "tests/backend/founder.h"
#include "wire/entry.h"

/* ---- cards --------------------------------------------------------------- */

static enum cb_err
pepper(void *ctx, const uint8_t in[32], uint8_t out[32])
{
	const struct founder *f = ctx;
	struct be_limited how;
	struct be_limit limit;
	enum cb_err r;

	be_limit_init(&limit, NULL);
	r = be_passcode(&limit, f->ring, f->org->id, f->card, 1000, in, out,
	    &how);
	be_limit_clear(&limit);
	return r;
}

void
founder_env(struct founder *f, struct emu_env *env)
{
	*env = emu_env_system;
	env->pepper = pepper;
	env->ctx = f;
}

enum cb_err
founder_card(const struct emu_env *env, const char *path,
    const struct emu_make *wish, struct emu_nvm **out, struct cb_why *why)
{
	struct emu_make all = *wish;
	struct emu_profile *profile = NULL;
	enum cb_err r;

	all.test = true;
	all.user_pin = cb_span_str(emu_test_pin);
	if (all.so_pin.n == 0)
		all.so_pin = cb_span_str(emu_test_so_pin);
	*out = NULL;
	if ((r = emu_profile_read(&profile, path, why)) == CB_OK &&
	    (r = emu_mem_new(out)) == CB_OK)
		r = emu_card_make(*out, profile, &all, env, why);
	if (r != CB_OK)
		emu_nvm_free(out);
	emu_profile_free(&profile);
	return r;
}

/* ---- acts ---------------------------------------------------------------- */

static enum cb_err
put_entry(const struct be_act *act, struct cb_buf *out)
{
	const uint8_t hash[CR_HASH] = { 0 };
	struct wire_entry e;

	wire_entry_init(&e, WIRE_ACT, act->now);
	wire_entry_set(&e, WIRE_F_ACT, CB_SPAN_OF(act->id));
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(act->id));
	wire_entry_set(&e, WIRE_F_WHAT, cb_span_str("card-new"));
	wire_entry_set(&e, WIRE_F_REQUEST, CB_SPAN_OF(hash));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, WIRE_OUTCOME_DONE);
	if (act->card != NULL) {
		wire_entry_set(
		    &e, WIRE_F_CARD, cb_span(act->card, WIRE_ID));
		wire_entry_set_number(&e, WIRE_F_NUMBER, 1);
	}
	return wire_entry_put(out, &e);
}

static enum cb_err
enter(struct be_store *st, struct be_act *act, struct cb_why *why)
{
	struct cb_buf entry = CB_BUF_INIT;
	struct cb_span span;
	enum cb_err r;

	act->now = (uint64_t)time(NULL) * 1000;
	if ((r = cr_random(act->id, WIRE_ID)) != CB_OK)
		return r;
	be_act_time(act->id, act->now);
	if ((r = put_entry(act, &entry)) == CB_OK) {
		span = cb_buf_span(&entry);
		act->entries = &span;
		act->entries_n = 1;
		if ((r = be_store_act(st, act)) != CB_OK)
			*why = act->why;
	}
	cb_buf_free(&entry);
	return r;
}

static enum cb_err
enter_card(struct be_store *st, struct be_act *act,
    const struct founding *what, struct cb_why *why)
{
	struct be_sealed_record *sealed = NULL;
	struct be_record_change *records;
	size_t n;
	enum cb_err r;

	if ((r = be_hosted_make(what->card, what->from, &sealed, &n)) !=
	    CB_OK)
		return r;
	if ((records = calloc(n, sizeof(*records))) == NULL)
		r = CB_E_NOMEM;
	for (size_t i = 0; r == CB_OK && i < n; i++)
		records[i] = (struct be_record_change){
			.name = sealed[i].name,
			.value = cb_buf_span(&sealed[i].value)
		};
	act->card = what->card->card;
	act->records = records;
	act->records_n = n;
	if (r == CB_OK)
		r = enter(st, act, why);
	free(records);
	be_sealed_records_free(&sealed, n);
	return r;
}

enum cb_err
founder_act(struct be_store *st, const struct founding *what,
    struct cb_why *why)
{
	struct be_act act = { .kind = BE_ADMIN, .rows = what->rows,
		.rows_n = what->rows_n };

	memcpy(act.organisation, what->organisation, WIRE_ID);
	return what->card != NULL ? enter_card(st, &act, what, why)
				  : enter(st, &act, why);
}
