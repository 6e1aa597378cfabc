/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The identity of a device or person: a directory with its key, its
 * certificate, and by what its backend is known. Who is given one by its
 * backend writes it, and who uses it reads it. PROTOCOL.md, "An identity", is
 * the description.
 */
#ifndef WIRE_IDENTITY_H
#define WIRE_IDENTITY_H

#include "wire/cert.h"
#include "wire/expiry.h"

struct wire_identity {
	enum wire_kind kind;
	enum wire_usage usage;		/* DEVICE or PERSON */
	uint8_t backend[WIRE_ID];
	uint8_t organisation[WIRE_ID];	/* of the certificate */
	uint8_t id[WIRE_ID];		/* likewise: whose it is */
	int64_t until;			/* likewise */
	struct wire_key *key;
	struct cb_buf certificate, authority, service; /* DER */
};

void wire_identity_clear(struct wire_identity *identity);

/* A certificate made it whole: sets organisation, id and until of `certificate`
 * and `usage`, and checks that it is of `authority`, `kind` and `key` and that
 * the service's is. *why says what is wrong. CB_E_TIMEOUT: not valid yet; or
 * no longer, and all else is set and right (`until` is not 0). */
CB_MUST_USE enum cb_err wire_identity_check(
    struct wire_identity *identity, int64_t now, struct cb_why *why);
/* Reads and checks. CB_E_ABSENT: there is none; CB_E_DENIED: others may read
 * or change it, or it is somebody else's; CB_E_TIMEOUT: as above, and *out has
 * what is no longer valid; else damaged, and *out is empty. */
CB_MUST_USE enum cb_err wire_identity_read(struct wire_identity *out,
    const char *dir, int64_t now, struct cb_why *why);
/* Whether one that is good until then ends by `by`; *out: when, and who may
 * have another made, by which command. */
bool wire_identity_ends(enum wire_usage usage, int64_t until, int64_t now,
    int64_t by, struct cb_why *out);
/* What is another one whenever anything about `dir` or a file in it changes
 * that wire_identity_read looks at. */
CB_MUST_USE enum cb_err wire_identity_mark(
    const char *dir, uint8_t mark[CR_HASH]);
/* Makes `dir`, which must not be there or be empty, with all of it or not at
 * all. CB_E_BUSY: it has an identity; CB_E_STORE. */
CB_MUST_USE enum cb_err wire_identity_write(
    const struct wire_identity *identity, const char *dir, struct cb_why *why);

/* The same in two steps, for who asks others in between: an identity that is
 * being made beside `dir`, in DIR.new. */
struct wire_making {
	char *path;
	int fd;			/* locked */
	bool fresh;		/* nobody was asked before us */
};
/* Its key is durable when this returns; one that is there already, of who was
 * interrupted, is taken again. CB_E_BUSY: somebody else makes it now;
 * CB_E_STORE, CB_E_DENIED. Ends with wire_identity_end, if CB_OK. */
CB_MUST_USE enum cb_err wire_identity_begin(struct wire_making *m,
    const char *dir, struct wire_key **key, struct cb_why *why);
/* As wire_identity_write. `identity` is of that key. */
CB_MUST_USE enum cb_err wire_identity_finish(struct wire_making *m,
    const struct wire_identity *identity, const char *dir,
    struct cb_why *why);
/* Where it was not finished: is what is there kept for another time? */
void wire_identity_end(struct wire_making *m, bool keep);

#endif
