/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A desk in the process of the test, in the place of the road's
 * (bridge/https/desk.h): it has the items and entries that the test gave it,
 * and remembers what was ordered. What goes in and comes out passes through
 * the bytes of wire/desk.h.
 */
#ifndef TESTS_CLI_FAKE_DESK_H
#define TESTS_CLI_FAKE_DESK_H

#include "tests/wire/books.h"
#include "wire/desk.h"
#include "wire/identity.h"

#define FAKE_ORG 0x0A		/* every byte of the organisation's id */
#define FAKE_PERSON 0x9E
#define FAKE_SECOND 0x9F

struct fake_desk {
	char dir[256];		/* holds identities and what is written */
	/* identities; the second is another person than the first two */
	char person[300], stranger[300], device[300], second[300];
	/* the test's to set */
	unsigned page;		/* items of one answer */
	unsigned entries;	/* of the books that were told */
	enum cb_err refuses;	/* with these words */
	unsigned refuses_n;	/* so many orders; 0: all */
	bool closed;		/* the session, with that */
	bool again;		/* every challenge is for the same act */
	const char *words;
	size_t missing;		/* entry that is left out of the books; 0 */
	size_t last;		/* entry that the books end with; 0: 6 */
	bool unsigned_yet;	/* the vault knows no head */
	const uint8_t *books;	/* public key that it tells */
	struct cb_span unblock;	/* value that it tells of what is made */

	struct wire_identity who; /* the person of the platform */
	uint8_t challenge[WIRE_CHALLENGE];
	uint8_t announced[WIRE_ID];
	unsigned opened, orders, challenges;
	/* what was ordered last; it borrows `order` */
	struct wire_act act;
	struct cb_buf order, secrets;
	struct wire_fields detail, secret;
	struct cb_buf approval;		/* with it, and what it says */
	struct wire_approval approved;
};
extern struct fake_desk desk;

void fake_desk_make(void);	/* unchecked fixtures */
void fake_desk_free(void);
void fake_desk_setup(void);	/* checked fixtures */
void fake_desk_teardown(void);

/* One more of the person of the platform, or of a device, good until then. */
void fake_desk_identity(
    const char *dir, enum wire_usage usage, int64_t until);
/* An item of a list, at the desk of an organisation (a byte of its id). */
void fake_desk_add(enum wire_desk_list list, uint8_t organisation,
    const struct wire_fields *item);
/* An organisation, at the platform's desk. */
void fake_desk_org(uint8_t organisation, const char *name);
/* Who has a role in an organisation; the bytes of their ids. */
void fake_desk_role(
    uint8_t organisation, uint8_t person, enum wire_role role);
/* The change number `i` of what was ordered. */
struct wire_change fake_desk_change(unsigned i, struct wire_grant *row);

#endif
