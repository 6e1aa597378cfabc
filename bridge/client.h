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
 * $XDG_RUNTIME_DIR/cardbridge/socket. CB_E_ABSENT: no place to look;
 * CB_E_LIMIT: longer than size. (A path past 107 bytes is still reached:
 * br_connect goes through its directory.) */
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

/* ---- administration ---------------------------------------------------- */

struct br_reader_info {
	char name[64];
	char uri[4096];
	char pcsc_name[128];	/* as programs see it through pcscd, own file */
	char pcsc_slot_name[64]; /* through a file of slots; "": none */
	int slot;		/* -1: none */
	bool present, test;
	char busy_with[64];	/* "" or who has it ("pcscd", "apdu, pid 7") */
	char trouble[256];	/* "" or why its card cannot be used */
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

#endif
