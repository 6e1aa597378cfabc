/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A person's session, between the sources that serve it:
 *
 *	desk.c		sessions, and which commands there are
 *	desk_list.c	LIST
 *	desk_books.c	BOOKS
 *	desk_act.c	ORDER: from what is asked to what is committed
 *	desk_rows.c	rows of an ACT as the store has them
 *	desk_card.c	what is done to a card that is there
 *	desk_new.c	a new one
 *
 * Everything runs in the pool, by who is busy with the session.
 */
#ifndef BE_WORKER_DESK_H
#define BE_WORKER_DESK_H

#include "backend/worker/internal.h"
#include "wire/desk.h"

/* Bytes of items in one answer, which stays a message. */
#define BE_DESK_ROOM ((size_t)100000)

/* A command that is run. */
struct be_desk_call {
	struct be_worker *w;
	struct be_session *s;
	const struct wire_desk *d;
	struct cb_buf items;
	uint16_t count;
	bool more;
	struct cb_why why;	/* for the person, where it is refused */
};

typedef enum cb_err be_desk_fn(struct be_desk_call *c);
be_desk_fn be_desk_list, be_desk_books, be_desk_order;

/* Appends an item to the answer. */
CB_MUST_USE enum cb_err be_desk_tell(
    struct be_desk_call *c, const struct wire_fields *item);
/* Is there room for another item? If not there is more to tell. */
bool be_desk_has_room(struct be_desk_call *c);
/* `code` with these words. */
enum cb_err be_desk_refuse(struct be_desk_call *c, enum cb_err code,
    const char *fmt, ...) CB_PRINTF(3, 4);

#define BE_DESK_ENDED "by-act"	/* in the books */

/* ---- acts ---------------------------------------------------------------- */

#define BE_DESK_ROWS (WIRE_ACT_CHANGES + BE_ORDER_WRAPS + 2)

#define BE_DESK_TURNS (WIRE_ACT_CHANGES + 1)

/* An ORDER that is carried out. */
struct be_desk_act {
	struct be_desk_call *c;
	struct be_worker *w;
	struct wire_act act;	/* borrowed from the command, as the following */
	struct wire_approval approval;
	bool approved;
	struct wire_fields detail, secrets;
	uint8_t request[CR_HASH];
	const uint8_t *card;	/* that it is done to; NULL: to none */
	struct be_order_told *told;	/* secret; borrows from `answer` */
	struct cb_buf answer;
	uint32_t key_version;	/* of the card that is there */
	/* What is committed: rows, each with the one that was there */
	struct be_row_change rows[BE_DESK_ROWS];
	struct be_value values[BE_DESK_ROWS][BE_COLUMNS_MAX];
	struct cb_buf kept[BE_DESK_ROWS];
	uint8_t atr[CB_ATR_MAX];	/* of a card that is made */
	struct cb_buf unblock;		/* its unblock value */
	size_t rows_n;
	const struct be_record_change *records;
	size_t records_n;
	struct be_record_change *made;	/* where they are ours */
	struct cb_buf names;
	struct be_sealed_record *sealed;	/* of a new card */
	size_t sealed_n;
	uint64_t fence, number;	/* of the card, and of its root afterwards */
	struct be_book book;	/* what happens to the card */
	bool opened;	/* the service's secret was given */
	bool unknown;	/* nobody knows whether it was committed */
	/* of acts about this subject, and about each card that is assigned */
	struct be_claim turns[BE_DESK_TURNS];
	size_t turns_n;
	/* Nobody else uses the card. */
	struct be_claim claim;
	struct be_session *before;	/* that has it; we are busy with it */
	struct be_session *alone;	/* what we opened, as nobody has it */
	enum cb_err ending;	/* why `before` ends; CB_OK: it goes on */
	struct wire_fields told_item;	/* what was made */
};

/* ---- desk_rows.c --------------------------------------------------------- */

/* Rows of ACT and the wraps that the vault made, as the store has them. */
CB_MUST_USE enum cb_err be_desk_rows(struct be_desk_act *a);
/* What the act is about: its subject, and the cards that assignments among its
 * rows name; each once, in the order of their ids. How many there are. */
size_t be_desk_rows_about(
    const struct be_desk_act *a, const uint8_t *ids[BE_DESK_TURNS]);
/* The row of this table that the act puts; NULL: none. */
struct be_value *be_desk_row_put(
    struct be_desk_act *a, enum be_table table);
/* The card's row as it is there, to be put again. */
CB_MUST_USE enum cb_err be_desk_row_again(struct be_desk_act *a);

/* ---- desk_card.c, desk_new.c --------------------------------------------- */

typedef enum cb_err be_desk_step(struct be_desk_act *a);
/* Before the vault is asked, which can be done once; and behind it, up to what
 * is committed. */
be_desk_step be_desk_card_new_check, be_desk_card_new;
be_desk_step be_desk_card_unblock_check, be_desk_card_unblock;
be_desk_step be_desk_card_terminate;
be_desk_step be_desk_card_set_check, be_desk_card_set;
be_desk_step be_desk_session_end;
/* What of the card's changes is durable, or is not. */
void be_desk_card_done(struct be_desk_act *a, bool done);
void be_desk_card_clear(struct be_desk_act *a);

#endif
