/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ENROL: a token becomes a certificate. The vault makes certificate and row;
 * that the token is used up, the row and the entry are one act of the store.
 * So is the certificate, for the same key that asks again: the answer may have
 * been lost, and the token is used up.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"
#include "wire/enrol.h"
#include "wire/grant.h"

struct enrolling {
	struct be_job job;
	struct be_worker *w;
	struct be_reply reply;
	struct cb_buf enrol;
	uint8_t hash[CR_HASH];	/* of the token */
	uint8_t public[CR_HASH]; /* of the key */
	struct cb_buf certified;
	struct be_certified made;	/* borrowed from it */
	struct cb_buf row;	/* the token's */
	struct cb_span label;	/* borrowed from it */
};

/* Whose token, whose key. */
static enum cb_err
identify(struct enrolling *e)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct wire_key *key = NULL;
	struct wire_enrol enrol;
	enum cb_err r;

	(void)((r = wire_enrol_get(cb_buf_span(&e->enrol), &enrol, &key)) !=
		CB_OK ||
	    (r = cr_sha256(enrol.public, e->public)) != CB_OK ||
	    (r = be_ask_vault(e->w, BE_ASK_TOKEN_HASH,
		 cb_buf_span(&e->enrol), &answer)) != CB_OK ||
	    (r = be_ask_hash_get(cb_buf_span(&answer), e->hash)) != CB_OK);
	wire_key_free(&key);
	cb_buf_free(&answer);
	return r;
}

/* What this token has been given for, if it was this key: *out is the answer.
 * CB_E_ABSENT: for nothing yet. */
static enum cb_err
look_up(struct enrolling *e, struct cb_buf *out)
{
	const struct be_value key = BE_HASH(e->hash);
	struct cb_buf answer = CB_BUF_INIT;
	struct be_ask_row row;
	enum cb_err r;

	if ((r = be_ask_row_of(
		 e->w, BE_ENROLMENT, &key, 1, &answer, &row)) == CB_OK) {
		if (cb_span_equal(row.values[1].s, CB_SPAN_OF(e->public)))
			r = cb_put_lv16(out, row.values[2].s);
		else
			r = CB_E_DENIED;
	}
	cb_buf_free(&answer);
	return r;
}

/* How what is enrolled will be called: as who made the token said. */
static enum cb_err
take_label(struct enrolling *e)
{
	const struct be_value key = BE_HASH(e->hash);
	struct be_ask_row row;
	enum cb_err r;

	if ((r = be_ask_row_of(
		 e->w, BE_TOKEN, &key, 1, &e->row, &row)) == CB_OK)
		e->label = row.values[7].s;
	return r;
}

/* The token's row, then what the vault makes of it. */
static enum cb_err
certify(struct enrolling *e)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_certify ask = { .enrol = cb_buf_span(&e->enrol) };
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_store(e->w, BE_ASK_TOKEN, CB_SPAN_OF(e->hash),
		 &answer)) != CB_OK)
		goto out;
	cur = cb_buf_span(&answer);
	if ((r = be_ask_signed_get(&cur, &ask.token)) == CB_OK &&
	    (r = cb_get_end(&cur)) == CB_OK &&
	    (r = be_certify_put(&body, &ask)) == CB_OK &&
	    (r = be_ask_vault(e->w, BE_ASK_CERTIFY, cb_buf_span(&body),
		 &e->certified)) == CB_OK)
		r = be_certified_get(cb_buf_span(&e->certified), &e->made);
out:
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

/* The columns of a row that the vault made, and whose it is. */
static enum cb_err
columns_of(const struct enrolling *e, const struct wire_grant *g,
    struct cb_span mac, struct be_value v[BE_COLUMNS_MAX], enum be_table *table,
    struct cb_span *subject)
{
	switch (g->type) {
	case WIRE_GRANT_DEVICE:
		*subject = g->bytes[WIRE_G_DEVICE];
		v[5] = BE_B(e->label);
		break;
	case WIRE_GRANT_FACTOR:
		*subject = g->bytes[WIRE_G_PERSON];
		break;
	default:
		return CB_E_FORMAT;
	}
	return be_grant_row(g, mac, table, v);
}

static enum cb_err
put_entry(const struct enrolling *e, struct cb_span subject, bool person,
    struct cb_buf *out)
{
	uint8_t fingerprint[CR_HASH];
	struct wire_entry entry;
	enum cb_err r;

	if ((r = cr_sha256(e->made.certificate, fingerprint)) != CB_OK)
		return r;
	wire_entry_init(&entry, WIRE_ENROLLED, be_worker_time());
	wire_entry_set(&entry, WIRE_F_DEVICE, subject);
	wire_entry_set(&entry, WIRE_F_FINGERPRINT, CB_SPAN_OF(fingerprint));
	wire_entry_set(&entry, WIRE_F_WHAT,
	    cb_span_str(person ? WIRE_TOKEN_PERSON : WIRE_TOKEN_DEVICE));
	return wire_entry_put(out, &entry);
}

static enum cb_err
enter(struct enrolling *e)
{
	struct be_value values[BE_CERTIFIED_ROWS][BE_COLUMNS_MAX];
	struct be_row_change rows[BE_CERTIFIED_ROWS + 1];
	const struct be_value given[] = { BE_HASH(e->hash),
		BE_HASH(e->public), BE_B(e->made.certificate),
		BE_I((int64_t)be_worker_time()) };
	struct wire_grant grant = { .type = WIRE_GRANT_DEVICE };
	struct be_act act = { .kind = BE_ENROL, .rows = rows,
		.token = e->hash };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry, subject = CB_SPAN_EMPTY;
	enum cb_err r = e->made.n > 0 ? CB_OK : CB_E_FORMAT;

	for (size_t i = 0; r == CB_OK && i < e->made.n; i++) {
		rows[i] = (struct be_row_change){ .values = values[i] };
		if ((r = wire_grant_get(e->made.rows[i].bytes, &grant)) ==
		    CB_OK)
			r = columns_of(e, &grant, e->made.rows[i].mac,
			    values[i], &rows[i].table, &subject);
		act.rows_n++;
	}
	rows[act.rows_n++] =
	    (struct be_row_change){ BE_ENROLMENT, false, given };
	if (r == CB_OK &&
	    (r = put_entry(e, subject, grant.type == WIRE_GRANT_FACTOR,
		 &bytes)) == CB_OK) {
		entry = cb_buf_span(&bytes);
		act.entries = &entry;
		act.entries_n = 1;
		r = be_ask_act(e->w, &act);
	}
	cb_buf_free(&bytes);
	return r;
}

static void
run(struct be_job *job)
{
	struct enrolling *e = (struct enrolling *)job;
	struct cb_buf answer = CB_BUF_INIT;
	enum cb_err r;

	if ((r = identify(e)) == CB_OK &&
	    (r = look_up(e, &answer)) == CB_E_ABSENT &&
	    (r = certify(e)) == CB_OK && (r = take_label(e)) == CB_OK &&
	    (r = enter(e)) == CB_OK) {
		be_rights_changed(e->w);
		r = cb_put_lv16(&answer, e->made.certificate);
	}
	/* its first copy may have been in work at the same time */
	if (r == CB_E_ABSENT || r == CB_E_DENIED)
		r = look_up(e, &answer);
	if (r == CB_OK)
		be_reply(e->w, &e->reply, cb_buf_span(&answer));
	else	/* whether there is such a token is not told */
		be_reply_fail(e->w, &e->reply,
		    r == CB_E_ABSENT ? CB_E_DENIED : r, WIRE_NOT_RUN, "");
	cb_buf_free(&answer);
	cb_buf_free(&e->enrol);
	cb_buf_free(&e->certified);
	cb_buf_free(&e->row);
	free(e);
}

enum cb_err
be_on_enrol(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	struct enrolling *e = calloc(1, sizeof(*e));

	if (e == NULL || cb_buf_set(&e->enrol, body) != CB_OK) {
		free(e);
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		return CB_OK;
	}
	e->job.run = run;
	e->w = w;
	e->reply = *reply;
	if (be_pool_add(w->pool, &e->job) != CB_OK) {
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		cb_buf_free(&e->enrol);
		free(e);
	}
	return CB_OK;
}
