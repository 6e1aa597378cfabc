/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Bodies of what the store is asked, 0x02xx, in the store's own terms
 * (backend/store/store.h). OUTCOME, LEASE, LEASES, SESSION, KEYS: ids of ask.h;
 * TOKEN: a hash. The organisation of what is asked is the channel's.
 */
#ifndef BE_ASK_STORE_H
#define BE_ASK_STORE_H

#include "backend/ask.h"
#include "backend/store/store.h"

/* ---- ACT ----------------------------------------------------------------- */

/* What lease->node says is not sent: the store knows its node. */
CB_MUST_USE enum cb_err be_act_put(struct cb_buf *b, const struct be_act *act);

/* An act that was read, with what it points to. */
struct be_act_read {
	struct be_act act;
	uint8_t card[WIRE_ID], device[WIRE_ID], session[WIRE_ID],
		token[CR_HASH];
	struct be_lease_change lease;
	struct be_answer answer;
	struct be_record_change *records;
	char *names;		/* of the records */
	struct be_row_change *rows;
	struct be_value *values;	/* of the rows */
	struct cb_span *entries, *platform;
	struct be_founding founding;
	struct be_row_change *first_rows;	/* of the founding */
	struct be_value *first_values;
	struct cb_span *first_entries;
};
/* Borrows from the body, too. Free it also after an error. */
CB_MUST_USE enum cb_err be_act_get(
    struct cb_span body, struct be_act_read *out);
void be_act_read_free(struct be_act_read *read);

/* Its answer: what be_act has as Out, and of the lease. */
struct be_acted {
	enum cb_err err;
	bool unknown;
	uint64_t number, fence;
	bool had;
	uint8_t had_device[WIRE_ID], had_session[WIRE_ID];
	struct cb_why why;
};
void be_acted_of(struct be_acted *out, const struct be_act *act);
CB_MUST_USE enum cb_err be_acted_put(
    struct cb_buf *b, const struct be_acted *acted);
CB_MUST_USE enum cb_err be_acted_get(
    struct cb_span body, struct be_acted *out);

/* ---- rows ---------------------------------------------------------------- */

#define BE_COLUMNS_MAX 11
#define BE_CARD_ATR 10	/* a card's column that no MAC is of */
struct be_ask_row {
	size_t n;
	struct be_value values[BE_COLUMNS_MAX];
};
/* Appends one; advances over one. The answer of ROW is one, that of LIST some. */
CB_MUST_USE enum cb_err be_ask_row_put(
    struct cb_buf *b, const struct be_value *values, size_t n);
CB_MUST_USE enum cb_err be_ask_row_get(
    struct cb_span *cur, struct be_ask_row *out);

/* u8, advances. */
CB_MUST_USE enum cb_err be_table_get(
    struct cb_span *cur, enum be_table *out);

struct be_ask_rows {	/* ROW (limit 1), LIST */
	enum be_table table;
	uint16_t limit;
	struct be_ask_row key;	/* of LIST none: from the first */
};
CB_MUST_USE enum cb_err be_ask_rows_put(
    struct cb_buf *b, enum be_ask type, const struct be_ask_rows *rows);
CB_MUST_USE enum cb_err be_ask_rows_get(
    struct cb_span body, enum be_ask type, struct be_ask_rows *out);

/* ---- the others ---------------------------------------------------------- */

struct be_ask_rights {	/* RIGHTS; its answer: be_rights */
	uint8_t holder[WIRE_ID], card[WIRE_ID];
	bool is_person;
};
CB_MUST_USE enum cb_err be_ask_rights_put(
    struct cb_buf *b, const struct be_ask_rights *a);
CB_MUST_USE enum cb_err be_ask_rights_get(
    struct cb_span body, struct be_ask_rights *out);

struct be_ask_records {	/* RECORDS */
	uint8_t card[WIRE_ID];
	struct cb_span after;	/* a name; empty: from the first */
};
CB_MUST_USE enum cb_err be_ask_records_put(
    struct cb_buf *b, const struct be_ask_records *a);
CB_MUST_USE enum cb_err be_ask_records_get(
    struct cb_span body, struct be_ask_records *out);
/* What its answer begins with. */
struct be_records_head {
	uint64_t number;	/* of the card, as its books know it; 0: not */
	bool more;		/* behind the last record that is here */
};
CB_MUST_USE enum cb_err be_records_head_put(
    struct cb_buf *b, const struct be_records_head *head);
CB_MUST_USE enum cb_err be_records_head_get(
    struct cb_span *cur, struct be_records_head *out);
/* One of the records that follow. */
struct be_ask_record {
	struct cb_span name, value;
};
CB_MUST_USE enum cb_err be_ask_record_put(
    struct cb_buf *b, const struct be_ask_record *record);
CB_MUST_USE enum cb_err be_ask_record_get(
    struct cb_span *cur, struct be_ask_record *out);

struct be_ask_outcome {	/* OUTCOME */
	uint8_t act[WIRE_ID];
	uint8_t request[CR_HASH];	/* zeros: of nobody's act */
};
CB_MUST_USE enum cb_err be_ask_outcome_put(
    struct cb_buf *b, const struct be_ask_outcome *o);
CB_MUST_USE enum cb_err be_ask_outcome_get(
    struct cb_span body, struct be_ask_outcome *out);

struct be_ask_answer {	/* ANSWER: it is given once, to one look-up */
	uint8_t device[WIRE_ID], session[WIRE_ID];
	uint64_t number;
	uint8_t request[CR_HASH];
	uint8_t look_up[WIRE_ID];
};
CB_MUST_USE enum cb_err be_ask_answer_put(
    struct cb_buf *b, const struct be_ask_answer *a);
CB_MUST_USE enum cb_err be_ask_answer_get(
    struct cb_span body, struct be_ask_answer *out);
struct be_answered {	/* its answer */
	enum be_found found;
	struct cb_span bytes;	/* of BE_ANSWER */
};
CB_MUST_USE enum cb_err be_answered_put(
    struct cb_buf *b, const struct be_answered *a);
CB_MUST_USE enum cb_err be_answered_get(
    struct cb_span body, struct be_answered *out);

/* The answer of LEASE: fence, held, device and session. */
CB_MUST_USE enum cb_err be_ask_lease_put(
    struct cb_buf *b, const struct be_lease *lease);
CB_MUST_USE enum cb_err be_ask_lease_get(
    struct cb_span body, struct be_lease *out);
/* One of the answer of LEASES, and that of SESSION: also its card and since
 * when; held. */
CB_MUST_USE enum cb_err be_ask_leases_put(
    struct cb_buf *b, const struct be_lease *lease);
CB_MUST_USE enum cb_err be_ask_leases_get(
    struct cb_span *cur, struct be_lease *out);

struct be_ask_orderer {	/* ORDERER; zeros: no second, no card */
	uint8_t person[WIRE_ID], second[WIRE_ID], card[WIRE_ID];
};
CB_MUST_USE enum cb_err be_ask_orderer_put(
    struct cb_buf *b, const struct be_ask_orderer *a);
CB_MUST_USE enum cb_err be_ask_orderer_get(
    struct cb_span body, struct be_ask_orderer *out);
struct be_orderer {	/* its answer */
	struct be_rights rights;
	struct cb_span unblock;	/* wrap of the card's secret; empty: none */
};
CB_MUST_USE enum cb_err be_orderer_put(
    struct cb_buf *b, const struct be_orderer *o);
CB_MUST_USE enum cb_err be_orderer_get(
    struct cb_span body, struct be_orderer *out);

struct be_ask_books {	/* BOOKS */
	uint64_t first;
	uint16_t most;
};
CB_MUST_USE enum cb_err be_ask_books_put(
    struct cb_buf *b, const struct be_ask_books *a);
CB_MUST_USE enum cb_err be_ask_books_get(
    struct cb_span body, struct be_ask_books *out);
/* One of its answer. */
struct be_ask_entry {
	uint64_t number;
	struct cb_span bytes;
	uint8_t hash[CR_HASH];
	struct cb_span head;	/* signed; empty: none */
};
CB_MUST_USE enum cb_err be_ask_entry_put(
    struct cb_buf *b, const struct be_ask_entry *entry);
CB_MUST_USE enum cb_err be_ask_entry_get(
    struct cb_span *cur, struct be_ask_entry *out);

#endif
