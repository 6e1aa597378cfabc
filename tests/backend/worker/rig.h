/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A worker with a real store and a real vault at the other ends of its
 * channels, each in a thread of this process; the test is door and bridge.
 */
#ifndef TESTS_BACKEND_WORKER_RIG_H
#define TESTS_BACKEND_WORKER_RIG_H

#include <check.h>
#include <pthread.h>

#include "backend/ask_store.h"
#include "backend/ask_vault.h"
#include "backend/vault/challenge.h"
#include "backend/vault/enrol.h"
#include "backend/vault/held.h"
#include "backend/vault/limit.h"
#include "backend/vault/open.h"
#include "backend/worker/record.h"
#include "backend/worker/worker.h"
#include "emulator/emu.h"
#include "wire/enrol.h"
#include "wire/entry.h"
#include "wire/message.h"
#include "wire/record.h"
#include "wire/road.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define DEVICES 3	/* the last one has no right to any card */
enum { ADMINISTRATOR, AUDITOR, PEOPLE };

/* What goes wrong with the acts that come after the next `after` ones. */
enum fault {
	NO_FAULT,
	FAULT_FAIL,	/* the disk fails: not done, and told */
	FAULT_SWALLOW,	/* not done, and no answer */
	FAULT_LOSE,	/* done, and no answer */
};

struct server {
	struct be_loop *loop;
	struct be_channel *ch;
	struct be_watched *watched;
	struct be_watched *stopping;
	int stop[2];	/* a pipe: its end ends the loop */
	pthread_t thread;
	bool running;
};

struct device {
	uint8_t id[WIRE_ID];
	struct wire_key *key;
	struct cb_buf cert;
	bool assigned, revoked;	/* atomic */
	uint64_t until;		/* of its assignment; atomic */
};

struct rig {
	char dir[64], path[80];
	struct be_worker_settings set;
	struct be_limits limits;
	struct be_store *st;
	struct server store, vault, worker;
	struct be_worker *w;
	struct be_channel *door;	/* our end */
	uint64_t next_id;
	bool inspected;			/* who asks has no certificate */
	struct device devices[DEVICES], people[PEOPLE];
	uint8_t card[WIRE_ID];
	struct cb_buf card_key;		/* its wrap */
	/* of the store's thread */
	pthread_mutex_t lock;
	enum fault fault;
	unsigned after, acts, swallowed;
	/* Questions of this type [RECORDS] are answered at the first one
	 * after it; atomic, as `late_id`. */
	bool late;
	enum be_ask late_type;
	uint64_t late_id;
	struct cb_buf late_body;
	uint8_t card_state;	/* as it is MACed; atomic */
	bool take_over;		/* what RIGHTS says of the card */
	uint8_t disk, disk_said; /* what DISK says before the next answer */
	/* of the vault's thread */
	struct be_challenges challenges;
	struct be_limit limit;
	struct be_helds opened;
	uint64_t born;		/* when it began; atomic */
	uint64_t latest;	/* time of a head that it knows; atomic */
	uint8_t ticket[BE_TICKET];	/* the last one it gave */
	unsigned other_tickets;	/* RECHECKs with another; atomic */
	unsigned passcodes;	/* how often it was asked; atomic */
	unsigned rechecks;	/* likewise */
	int held;	/* how many sessions it has opened; atomic */
	bool refuses;	/* it grants no order; atomic */
	unsigned orders;	/* how often it was asked for one; atomic */
	/* "inspected", its value; NULL: there is none */
	const char *policy;
	bool forged;	/* with a MAC that is none */
	bool as_person;	/* it says whom it opened for, wrongly */
	enum cb_err recheck;	/* what RECHECK is answered with; atomic */
};

/* Once for the program: keys of the backend, and a card. */
bool rig_once(void);
void rig_end(void);
/* The card as it was made, to be used directly. */
struct emu_card *rig_direct(void);

void rig_open(struct rig *g);
void rig_close(struct rig *g);
/* The worker dies, and another one begins. */
void rig_restart(struct rig *g);
/* The vault dies, and another one begins. */
void rig_vault_again(struct rig *g);
/* The store is stopped, as by SIGSTOP: it reads nothing, and loses nothing; and
 * goes on. */
void rig_store_stop(struct rig *g);
void rig_store_go(struct rig *g);
/* It dies; and later another one begins. */
void rig_store_die(struct rig *g);
void rig_store_again(struct rig *g);
void rig_fault(struct rig *g, enum fault fault, unsigned after);
/* SQL by somebody who can write the file. */
void rig_sql(struct rig *g, const char *sql);
int64_t rig_number(struct rig *g, const char *sql);
struct be_worker_stats rig_stats(struct rig *g);
unsigned rig_passcodes(struct rig *g);
/* How often scrypt was computed since rig_open(). */
unsigned rig_scrypts(void);
/* Waits until a question is kept for later. */
void rig_await_late(struct rig *g);
/* Lets it be answered. */
void rig_end_late(struct rig *g);
/* How many acts FAULT_SWALLOW had. */
unsigned rig_swallowed(struct rig *g);
/* Do the sessions that the vault has opened become so many? */
bool rig_holds(struct rig *g, int sessions);
/* How many entries of this type the organisation's chain has. */
unsigned rig_entries(struct rig *g, enum wire_entry_type type);

/* A token for a device of this id. */
void rig_token(struct rig *g, const uint8_t token[WIRE_TOKEN],
    const uint8_t device[WIRE_ID]);
/* ENROL with this token and a new key. */
void rig_enrol(const uint8_t token[WIRE_TOKEN], struct cb_buf *out);

/* ---- the door ------------------------------------------------------------ */

uint64_t rig_send(struct rig *g, enum be_ask type, struct cb_span body);
/* The answer to it, whatever else comes before: its code. */
uint16_t rig_wait(struct rig *g, uint64_t id, struct cb_buf *answer);
uint16_t rig_ask(struct rig *g, enum be_ask type, struct cb_span body,
    struct cb_buf *answer);
/* Does the answer come within so many milliseconds? It is kept. */
bool rig_has(struct rig *g, uint64_t id, int ms);

/* ---- a bridge ------------------------------------------------------------ */

struct bridge {
	struct rig *g;
	const struct device *d;
	uint8_t card[WIRE_ID];	/* zeros: a person at the desk */
	uint8_t session[WIRE_ID];
	struct wire_stream to, from;
	struct cb_buf offer, accept, body;	/* the last ones sent */
	struct wire_answer last;	/* the answer read last */
	struct cb_buf message;		/* what it points to */
	uint16_t code;			/* of the last COMMANDS that failed */
	uint8_t outcome;
};

void bridge_init(struct bridge *b, struct rig *g, int device);
void bridge_init_person(struct bridge *b, struct rig *g, int person);
void bridge_clear(struct bridge *b);
/* OFFER and OPEN: the code of the first that was refused; 0: b->last is the
 * sealed answer. */
uint16_t bridge_open(struct bridge *b, bool take_over);
/* Its parts, where something is to happen meanwhile: the offer alone, ACCEPT of
 * the last one, both, and what came of it. */
uint16_t bridge_offer(struct bridge *b);
uint64_t bridge_accept_post(struct bridge *b, bool take_over);
uint16_t bridge_open_post(struct bridge *b, bool take_over, uint64_t *id);
uint16_t bridge_opened(struct bridge *b, uint64_t id);
/* The same, and nothing may be refused; powers the card on. */
void bridge_ready(struct bridge *b);
/* And selects the application and its directory. */
void bridge_select(struct bridge *b);
/* The same, from whoever has it. */
void bridge_take(struct bridge *b);
/* Makes ACCEPT of the OFFER in b->offer. */
void bridge_accept(struct bridge *b, bool take_over);

/* Adds a sealed command to b->body; clear it before the first. */
void bridge_add(struct bridge *b, enum wire_command_type type,
    uint8_t argument, struct cb_span apdu, uint16_t consumed);
/* An APDU in hexadecimal. */
void bridge_seal(struct bridge *b, const char *hex);
/* Sends b->body: false where b->code and b->outcome say why not. *records:
 * appended. */
bool bridge_send(struct bridge *b, struct cb_buf *records);
uint64_t bridge_post(struct bridge *b);
/* Opens the next record of *cur into b->last. */
void bridge_read(struct bridge *b, struct cb_span *cur);
/* What the card has answered to one, in hexadecimal; clears the records. */
const char *bridge_answer(struct bridge *b, struct cb_buf *records);
/* One APDU in hexadecimal; the card's answer likewise. */
const char *bridge_apdu(struct bridge *b, const char *hex);
void bridge_is(struct bridge *b, const char *hex, const char *want);

/* ---- watching ------------------------------------------------------------ */

/* WATCH for the rig's card: its number. */
uint64_t watch_post(
    const struct bridge *b, bool with_session, uint32_t stamp);
struct watch_told {
	uint32_t stamp;
	uint8_t state, flags;
	uint16_t code;
	char atr[2 * CB_ATR_MAX + 1];	/* hexadecimal */
};
/* What the card's row has for an ATR; the card has another. */
#define RIG_ATR "\x3b\x80"
/* Its answer, which is news. */
struct watch_told watch_told(struct rig *g, uint64_t id);
/* Told that the card is there and its session goes on; and asked again. */
uint64_t watch_held(struct bridge *b);

/* APDUs to the card. */
#define SELECT_A5 "00A4040C10A000000077010303000000F100000002"
#define TO_5011 "00A40000025011"
#define PIN_FIELD "313233343536" FFS
#define FFS "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" \
	"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define VERIFY "0020008140" PIN_FIELD
#define WRONG "0020008140303030303030" FFS
#define TRIES "00200081"

#endif
