/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What is there for one use: sealed answers, tokens; and what is forgotten in
 * time.
 */
#include <string.h>

#include "backend/store/internal.h"

/* ---- answers ------------------------------------------------------------- */

/* When an answer was made is known to the hour, so that the index over it is
 * not written whenever a session gets another one. */
#define HOUR_MS 3600000

/* Most often there is one of this session and hour already. */
enum cb_err
be_answer_put(
    struct be_store *st, const struct be_act *act, struct cb_why *why)
{
	const struct be_answer *a = act->answer;
	const int64_t made = (int64_t)(act->now - act->now % HOUR_MS);
	const struct be_value v[] = { BE_ID(act->organisation),
		BE_ID(act->device), BE_ID(act->session),
		BE_I((int64_t)a->sequence), BE_HASH(a->request),
		BE_I(a->begun), BE_B(a->sealed), BE_I(made) };
	int64_t changes;
	enum cb_err r;

	r = be_sql_run(st->db,
	    "UPDATE answer SET sequence=?4, request=?5, begun=?6, sealed=?7,"
	    " given=NULL WHERE organisation=?1 AND device=?2 AND session=?3"
	    " AND made=?8 AND (sequence<?4 OR (begun=1 AND sequence=?4"
	    " AND request=?5))",
	    v, sizeof(v) / sizeof(v[0]), &changes);
	if (r != CB_OK || changes > 0)
		return r;
	r = be_sql_run(st->db,
	    "INSERT INTO answer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)"
	    " ON CONFLICT(organisation, device, session) DO UPDATE SET"
	    " sequence=excluded.sequence, request=excluded.request,"
	    " begun=excluded.begun, sealed=excluded.sealed,"
	    " made=excluded.made, given=NULL"
	    " WHERE sequence<excluded.sequence OR (begun=1"
	    " AND sequence=excluded.sequence AND request=excluded.request)",
	    v, sizeof(v) / sizeof(v[0]), &changes);
	if (r == CB_OK && changes == 0) {
		cb_why_set(why,
		    "this or a later command of the session was answered");
		r = CB_E_DENIED;
	}
	return r;
}

/* An answer that was given is found by the look-up that it was given to. */
static enum be_found
judge(const struct be_row *row, const uint8_t request[CR_HASH],
    const uint8_t *look_up)
{
	const struct cb_span given = be_row_blob(row, 2);

	if (!cb_span_equal(be_row_blob(row, 0), cb_span(request, CR_HASH)))
		return BE_OTHER;
	if (be_row_int(row, 3) != 0 && be_row_blob(row, 1).n == 0)
		return BE_BEGUN;
	if (given.n > 0 &&
	    (look_up == NULL ||
		!cb_span_equal(given, cb_span(look_up, WIRE_ID))))
		return BE_GIVEN;
	return BE_ANSWER;
}

static enum cb_err
find(struct be_store *st, const struct be_value key[4],
    const uint8_t request[CR_HASH], const uint8_t *look_up,
    enum be_found *found, struct cb_buf *sealed)
{
	struct be_row *row = NULL;
	enum cb_err r;

	*found = BE_NO_ANSWER;
	if ((r = be_sql_query(st->db,
		 "SELECT request, sealed, given, begun FROM answer"
		 " WHERE organisation=?1 AND device=?2 AND session=?3"
		 " AND sequence=?4",
		 key, 4, &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK &&
	    (*found = judge(row, request, look_up)) == BE_ANSWER)
		r = cb_buf_add(sealed, be_row_blob(row, 1));
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

enum cb_err
be_store_answer(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t device[WIRE_ID], const uint8_t session[WIRE_ID],
    uint64_t sequence, const uint8_t request[CR_HASH],
    const uint8_t *look_up, enum be_found *found, struct cb_buf *out,
    struct cb_why *why)
{
	struct cb_buf sealed = CB_BUF_INIT;
	int64_t number, changes;
	enum cb_err r;

	*found = BE_NO_ANSWER;
	if (be_number(sequence, &number) != CB_OK)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	const struct be_value key[] = { BE_ID(organisation), BE_ID(device),
		BE_ID(session), BE_I(number),
		look_up != NULL ? BE_ID(look_up) : BE_NONE };
	r = be_end(st, find(st, key, request, look_up, found, &sealed), why);
	if (r == CB_OK && *found == BE_ANSWER && look_up != NULL) {
		r = be_commit_one(st,
		    "UPDATE answer SET given=?5 WHERE organisation=?1"
		    " AND device=?2 AND session=?3 AND sequence=?4"
		    " AND (given IS NULL OR given=?5)",
		    key, 5, &changes, why);
		/* another handle was faster */
		if (r == CB_OK && changes == 0)
			*found = BE_GIVEN;
	}
	if (r == CB_OK && *found == BE_ANSWER)
		r = cb_buf_add(out, cb_buf_span(&sealed));
	if (r != CB_OK)
		*found = BE_NO_ANSWER;
	cb_buf_free(&sealed);
	return r;
}

/* ---- tokens -------------------------------------------------------------- */

enum cb_err
be_token_use(
    struct be_store *st, const struct be_act *act, struct cb_why *why)
{
	int64_t changes;
	enum cb_err r;

	r = BE_RUN(st->db,
	    "UPDATE token SET used=?3 WHERE hash=?1 AND organisation=?2"
	    " AND used IS NULL AND until>?3",
	    &changes, BE_HASH(act->token), BE_ID(act->organisation),
	    BE_I((int64_t)act->now));
	if (r == CB_OK && changes == 0) {
		cb_why_set(why, "the token was used, is over, or never was");
		r = CB_E_DENIED;
	}
	return r;
}

static enum cb_err
read_token(const struct be_row *row, struct be_token *out)
{
	const struct cb_span organisation = be_row_blob(row, 0);
	const struct cb_span purpose = be_row_blob(row, 1);
	const struct cb_span subject = be_row_blob(row, 2);
	const struct cb_span mac = be_row_blob(row, 5);

	if (organisation.n != WIRE_ID || subject.n != WIRE_ID ||
	    purpose.n >= sizeof(out->purpose) || mac.n > sizeof(out->mac))
		return CB_E_FORMAT;
	memcpy(out->organisation, organisation.p, WIRE_ID);
	memcpy(out->purpose, purpose.p, purpose.n);
	memcpy(out->subject, subject.p, WIRE_ID);
	out->class = (unsigned)be_row_int(row, 3);
	out->until = (uint64_t)be_row_int(row, 4);
	if ((out->mac_n = mac.n) > 0)
		memcpy(out->mac, mac.p, mac.n);
	return CB_OK;
}

enum cb_err
be_store_token(struct be_store *st, const uint8_t hash[CR_HASH], uint64_t now,
    struct be_token *out, struct cb_why *why)
{
	struct be_row *row = NULL;
	int64_t time;
	enum cb_err r;

	*out = (struct be_token){ .until = 0 };
	if (be_number(now, &time) != CB_OK)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 "SELECT organisation, purpose, subject, class, until, mac"
		 " FROM token"
		 " WHERE hash=?1 AND used IS NULL AND until>?2",
		 &row, BE_HASH(hash), BE_I(time))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		r = read_token(row, out);
	be_row_end(&row);
	return be_end(st, r, why);
}

/* ---- forgetting ---------------------------------------------------------- */

enum cb_err
be_store_tidy(struct be_store *st, uint64_t now, struct cb_why *why)
{
	static const struct {
		const char *sql;
		size_t values;
	} steps[] = {
		{ "DELETE FROM answer WHERE made<?1-3600000", 1 },
		{ "DELETE FROM done WHERE request IS NOT NULL AND made<?1",
		    1 },
		{ "DELETE FROM done WHERE request IS NULL AND made<?1"
		  " AND organisation IN (SELECT id FROM organisation)"
		  " AND id<?2",
		    2 },
		{ "DELETE FROM token WHERE until<?1", 1 },
		/* whose token is no more is asked for by nobody */
		{ "DELETE FROM enrolment WHERE made<?1 AND hash NOT IN"
		  " (SELECT hash FROM token)",
		    1 },
	};
	int64_t before, changes;
	uint8_t id[BE_ACT_TIME];
	enum cb_err r = CB_OK;

	if (now < BE_KEEP_MS || be_number(now - BE_KEEP_MS, &before) != CB_OK)
		return CB_E_ARG;
	be_act_time(id, (uint64_t)before);
	const struct be_value v[] = { BE_I(before), BE_B(CB_SPAN_OF(id)) };
	for (size_t i = 0; r == CB_OK && i < sizeof(steps) / sizeof(steps[0]);
	     i++)
		r = be_commit_one(
		    st, steps[i].sql, v, steps[i].values, &changes, why);
	return r;
}
