/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end of the local wire: how the IFD handler, the WinSCard library
 * and the command speak to the bridge. libc and common/ only; it never
 * starts a thread, raises a signal or writes to a standard stream, and every
 * call ends by its deadline.
 *
 * One connection is used by one thread at a time. A reader is reached over
 * two of them: commands on one, pushed events on another (br_watch).
 *
 * A call that returns CB_E_TIMEOUT or CB_E_PEER has broken the connection:
 * close it and connect anew. Nothing is ever sent twice (rule 4).
 */
#ifndef BR_CLIENT_H
#define BR_CLIENT_H

#include "common/atr.h"
#include "common/buf.h"

struct br_client;

/* Which of the usual places the bridge's socket is in: `given`, else
 * CARDBRIDGE_SOCKET, else /run/cardbridge/socket where that exists, else
 * $XDG_RUNTIME_DIR/cardbridge/socket. The environment counts for nothing in a
 * program that has more rights than whoever started it. CB_E_ABSENT: no place
 * to look; CB_E_LIMIT: longer than size. (A path past 107 bytes is still
 * reached: br_connect goes through its directory.) */
CB_MUST_USE enum cb_err br_socket_path(
    const char *given, char *out, size_t size);

/* Connects and greets within `wait_ms` (a full backlog included). The bridge
 * tells its deadlines in its greeting; they govern later calls. CB_E_ABSENT:
 * nobody listens; CB_E_DENIED; CB_E_LIMIT: another version, *why names both;
 * CB_E_TIMEOUT. */
CB_MUST_USE enum cb_err br_connect(struct br_client **out, const char *path,
    unsigned wait_ms, struct cb_why *why);
void br_close(struct br_client **c);
int br_fd(const struct br_client *c); /* to poll; -1 for NULL */
/* Is the other end still there, as far as this one knows? Asks nobody. */
bool br_alive(const struct br_client *c);
/* Closes the descriptor and nothing else: after a fork the connection is the
 * parent's. NULL is fine. */
void br_forget(const struct br_client *c);
/* Overrides what the greeting said: silence longer than exchange_ms breaks
 * the connection; long_ms is the most one command may take while the bridge
 * keeps saying that it works. 0: again as the greeting said. */
void br_set_deadlines(
    struct br_client *c, unsigned exchange_ms, unsigned long_ms);

/* Would a bridge take this as the name of a reader? */
bool br_reader_name_valid(const char *name);

/* Names a reader, or a slot of a file made by `reader conf --slots`
 * (name NULL). A slot may be empty: then there is simply no card. */
struct br_target {
	const char *name;
	unsigned slot;
};
#define BR_SLOTS_MAX 16

enum br_road {
	BR_ROAD_PCSC = 1,	/* pcscd is the arbiter behind it */
	BR_ROAD_DIRECT = 2,	/* a tool of our own */
};

/* State of a reader as this road sees it. */
struct br_state {
	bool known;		/* the reader exists (a slot is filled) */
	bool present;		/* there is a card this road could power */
	bool test;		/* the card is marked as test */
	uint32_t changes;	/* insertions and removals so far */
	uint64_t stamp_ns;	/* CLOCK_MONOTONIC of the last change */
	uint32_t max_apdu;	/* of the card in it; 256 without a card */
	uint8_t protocols;	/* of the card: bit 0 T=0, bit 1 T=1 */
};

/* Binds a command connection to a reader. CB_E_ABSENT: no such reader. */
CB_MUST_USE enum cb_err br_attach(struct br_client *c,
    const struct br_target *t, enum br_road road, struct br_state *state);

enum br_power { BR_POWER_OFF = 0, BR_POWER_ON = 1, BR_POWER_RESET = 2 };

/* Power. ON and RESET give the ATR. From ON to OFF (or close) the card is
 * ours and no other road's. CB_E_BUSY: another road has it; CB_E_ABSENT: no
 * card; CB_E_STORE/CB_E_FORMAT: the card cannot be used, *why says it. */
CB_MUST_USE enum cb_err br_power(struct br_client *c, enum br_power what,
    uint8_t atr[CB_ATR_MAX], size_t *atr_n, struct cb_why *why);
/* T=0 (0) or T=1 (1); CB_E_ARG if the card does not offer it. */
CB_MUST_USE enum cb_err br_protocol(struct br_client *c, unsigned t);
/* One APDU. *rsp is replaced. CB_E_ABSENT: the card was taken out (also
 * during the command); CB_E_ARG: not powered. */
CB_MUST_USE enum cb_err br_transmit(
    struct br_client *c, struct cb_span cmd, struct cb_buf *rsp);

/* Makes this an event connection: the state now, then one event a change.
 * Follows a slot or name through add and remove (known false meanwhile). */
CB_MUST_USE enum cb_err br_watch(struct br_client *c,
    const struct br_target *t, enum br_road road, struct br_state *state);
/* Takes what has arrived without waiting; *changed: *state is newer than
 * before. CB_E_PEER: the bridge is gone. */
CB_MUST_USE enum cb_err br_watch_take(
    struct br_client *c, struct br_state *state, bool *changed);

/* ---- a card that several programs share (client_share.c) ---------------- */

/* A connection is one handle to a card. Calls may wait, without end, for
 * another handle's transaction; br_share_abort, from any other thread, ends
 * such a wait. Trouble on the road is an enum cb_err, as
 * everywhere; what the bridge decides is an outcome in *s, which tells the
 * state of the card in every case. */

/* SCARD_SHARE_* */
enum br_share_mode {
	BR_SHARE_EXCLUSIVE = 1,
	BR_SHARE_SHARED = 2,
	BR_SHARE_DIRECT = 3,
};

/* SCARD_LEAVE_CARD, _RESET_CARD, _UNPOWER_CARD, _EJECT_CARD; and what comes
 * of a program that ends without a word: LEAVE, or RESET where it had the
 * card for itself, for nobody knows what it was doing. */
enum br_disposition {
	BR_LEAVE = 0,
	BR_RESET = 1,
	BR_UNPOWER = 2,
	BR_EJECT = 3,
	BR_ABANDON = 4,
};

/* What came of a request; numbers of the wire (PROTOCOL.md). */
enum br_outcome {
	BR_SHARE_OK = 0,
	BR_SHARE_VIOLATION = 1,		/* somebody else has it */
	BR_SHARE_NO_CARD = 2,
	BR_SHARE_REMOVED = 3,		/* since the handle was made */
	BR_SHARE_RESET = 4,		/* by somebody; reconnect */
	BR_SHARE_NOT_TRANSACTED = 5,
	BR_SHARE_PROTOCOL = 6,		/* not the one in use, or none fits */
	BR_SHARE_GONE = 7,		/* the reader */
	BR_SHARE_CANCELLED = 8,
	BR_SHARE_UNRESPONSIVE = 9,	/* the card does not answer a reset */
	BR_SHARE_OUTCOMES
};

enum { BR_SHARE_T0 = 1, BR_SHARE_T1 = 2, BR_SHARE_RAW = 4 };

struct br_shared {
	enum br_outcome outcome;
	bool present;		/* a card is in the reader */
	bool powered;
	uint8_t protocol;	/* BR_SHARE_T0, T1 or RAW; 0: none yet */
	uint32_t changes;	/* insertions and removals so far */
	uint32_t max_apdu;
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
};

/* CB_E_ABSENT: no reader of this name. */
CB_MUST_USE enum cb_err br_share_connect(struct br_client *c,
    const char *name, enum br_share_mode mode, uint8_t protocols,
    struct br_shared *s);
CB_MUST_USE enum cb_err br_share_reconnect(struct br_client *c,
    enum br_share_mode mode, uint8_t protocols, enum br_disposition first,
    struct br_shared *s);
/* The name of the reader that programs call so; CB_E_ABSENT: none can be. */
CB_MUST_USE enum cb_err br_pcsc_name_of(char out[64], const char *pcsc_name);
/* Afterwards the connection may be used for another br_share_connect. */
CB_MUST_USE enum cb_err br_share_disconnect(
    struct br_client *c, enum br_disposition d, struct br_shared *s);
CB_MUST_USE enum cb_err br_share_begin(
    struct br_client *c, struct br_shared *s);
CB_MUST_USE enum cb_err br_share_end(
    struct br_client *c, enum br_disposition d, struct br_shared *s);
/* wait: until no other handle has a transaction; else a violation. */
CB_MUST_USE enum cb_err br_share_status(
    struct br_client *c, bool wait, struct br_shared *s);
/* protocol: BR_SHARE_T0 and so on, which must be the one in use. *rsp holds
 * the answer if the outcome is BR_SHARE_OK. */
CB_MUST_USE enum cb_err br_share_transmit(struct br_client *c,
    uint8_t protocol, struct cb_span cmd, struct cb_buf *rsp,
    struct br_shared *s);
/* Ends the wait of the call that is running on this connection, if it waits:
 * its outcome is BR_SHARE_CANCELLED. Never blocks. */
void br_share_abort(struct br_client *c);

/* One reader as programs see it. */
struct br_listed {
	uint32_t number;	/* in order of coming */
	char name[64];
	char pcsc_name[128];
	bool present;
	bool exclusive;		/* or held by another road */
	bool in_use;
	uint32_t changes;
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
};

/* All readers, in order of coming: *list is an array to free(). *comings
 * counts readers that came or went. tell: the connection is told once of the
 * next change (br_list_wait). */
CB_MUST_USE enum cb_err br_list(struct br_client *c, bool tell,
    struct br_listed **list, size_t *count, uint32_t *comings);
/* Until something has changed since the last br_list that asked to be told,
 * `deadline` (ms of CLOCK_MONOTONIC, UINT64_MAX: none) has passed
 * (CB_E_TIMEOUT), or `cancel`, a descriptor, can be read (CB_E_BUSY). */
CB_MUST_USE enum cb_err br_list_wait(
    struct br_client *c, uint64_t deadline, int cancel);

/* ---- administration ---------------------------------------------------- */

struct br_reader_info {
	char name[64];
	char uri[4096];
	char pcsc_name[128];	/* as programs see it through pcscd, own file */
	char pcsc_slot_name[64]; /* through a file of slots; "": none */
	int slot;		/* -1: none */
	bool present, test;
	char busy_with[64];	/* "" or who has it ("pcscd", "apdu, pid 7") */
	/* "" or why its card cannot be used, or why it soon cannot */
	char trouble[384];
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
};

/* Errors carry the bridge's own words in *why. */
CB_MUST_USE enum cb_err br_reader_add(struct br_client *c, const char *name,
    const char *uri, struct br_reader_info *made, struct cb_why *why);
CB_MUST_USE enum cb_err br_reader_remove(
    struct br_client *c, const char *name, struct cb_why *why);
CB_MUST_USE enum cb_err br_reader_eject(
    struct br_client *c, const char *name, struct cb_why *why);
CB_MUST_USE enum cb_err br_reader_insert(
    struct br_client *c, const char *name, struct cb_why *why);
/* *list: an array to free() */
CB_MUST_USE enum cb_err br_reader_list(struct br_client *c,
    struct br_reader_info **list, size_t *count, struct cb_why *why);
/* How many connections have greeted the bridge so far, this one included. */
CB_MUST_USE enum cb_err br_visits(struct br_client *c, uint32_t *visits);

#endif
