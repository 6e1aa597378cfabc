/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who a bridge is to a backend: the identity in a directory, which may become
 * another one while the bridge runs. What was read stays as it is for whoever
 * uses it.
 */
#ifndef BR_HTTPS_WHO_H
#define BR_HTTPS_WHO_H

#include <stdatomic.h>

#include "bridge/https/pipe.h"
#include "bridge/https/uri.h"

/* "ORGANISATION DEVICE": who is behind an inspected road */
#define BR_DEVICE_TEXT (4 * WIRE_ID + 2)

struct br_who {
	struct wire_identity identity;
	struct br_trust trust;
	const char *device;	/* NULL: TLS says it; else the text */
	/* its own */
	char text[BR_DEVICE_TEXT];
	atomic_uint users;
};

/* One more who uses it. */
struct br_who *br_who_keep(struct br_who *who);
void br_who_drop(struct br_who **who);
bool br_who_same(const struct br_who *a, const struct br_who *b);
/* Until it is to be looked at how long it is good: when it has ended, or after
 * a day. */
uint32_t br_who_look_s(const struct br_who *who);
/* Where it has ended *why says so, and what to do; else it stays. */
void br_who_explain(const struct br_who *who, struct cb_why *why);

/* The directory. One thread at a time. */
struct br_home {
	const struct br_https_uri *uri;
	bool marked;		/* what was read last can be used */
	uint8_t mark[CR_HASH];
	int ino;		/* inotify(7); -1: nobody says when it changes */
	int above, inside;	/* its watches */
	uint64_t end_told;	/* ms; 0: never */
};

/* The URI is borrowed. */
void br_home_open(struct br_home *h, const struct br_https_uri *uri);
void br_home_close(struct br_home *h);
/* Errors of wire_identity_read; CB_E_TIMEOUT: where it has ended, with *out. */
CB_MUST_USE enum cb_err br_home_read(
    struct br_home *h, struct br_who **out, struct cb_why *why);
/* Is it another one than was read last, or was that none? */
bool br_home_changed(struct br_home *h);
/* Says in the log that who was read ends soon, or has ended: at the start, and
 * then once a day, as a backend does of its own. */
void br_home_tell_end(struct br_home *h, const struct br_who *who);
/* Is another one noticed at once? */
bool br_home_is_heard(const struct br_home *h);
/* How. Borrows `h`. */
struct br_heed br_home_heed(struct br_home *h);

#endif
