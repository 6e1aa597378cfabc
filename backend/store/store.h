/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store of a backend: the only place that speaks SQL. It keeps what others
 * have sealed, and holds no key. PROTOCOL.md, "The store", says what it
 * promises.
 *
 * A handle belongs to one thread. Several handles of one file, also in several
 * processes, take turns. Times are milliseconds since 1970. Callbacks do not
 * call the store.
 *
 * Errors of every function: CB_E_STORE, the disk failed or is full;
 * CB_E_DENIED, it may not be written; CB_E_TIMEOUT, somebody keeps it locked;
 * CB_E_FORMAT, it is damaged; *why has the reason.
 */
#ifndef BE_STORE_H
#define BE_STORE_H

#include "wire/chain.h"
#include "wire/grant.h"

#define BE_BLOB_MAX ((size_t)1 << 20)
#define BE_PAGE_MAX 1000	/* rows that one call gives */
#define BE_KEEP_MS UINT64_C(86400000)	/* answers and ids of acts */

struct be_store;

/* Takes from the system what cannot be had behind walls. */
void be_store_prepare(void);
/* A file that is not there yet; durable when this returns. CB_E_BUSY: there is
 * one of that name. */
CB_MUST_USE enum cb_err be_store_create(const char *path, enum wire_kind kind,
    const uint8_t backend[WIRE_ID], uint64_t now, struct cb_why *why);
/* CB_E_ABSENT: no such file; CB_E_FORMAT: damaged or not ours; CB_E_LIMIT: of
 * a newer release. */
CB_MUST_USE enum cb_err be_store_open(
    struct be_store **out, const char *path, struct cb_why *why);
void be_store_close(struct be_store **st);
/* After an error that left a commit's outcome unknown the store does nothing
 * more (CB_E_STORE) until it has been opened again. */
CB_MUST_USE enum cb_err be_store_reopen(
    struct be_store *st, struct cb_why *why);
/* Every page and reference. Takes as long as the file is large. */
CB_MUST_USE enum cb_err be_store_check(
    struct be_store *st, struct cb_why *why);
/* How long to wait for another process. */
void be_store_set_wait(struct be_store *st, unsigned ms);
/* For tests: the SQLite VFS by name; NULL is SQLite's own. */
void be_store_set_vfs(const char *name);

/* Whose books an organisation's are; the platform's for zeros. */
struct wire_owner be_store_owner(
    const struct be_store *st, const uint8_t organisation[WIRE_ID]);

struct be_stats {
	uint64_t commits;	/* that changed something */
	uint64_t acts;		/* done */
	uint64_t refused;	/* acts that failed alone */
	uint64_t unchanged;	/* acts that brought no change */
};
void be_store_stats(const struct be_store *st, struct be_stats *out);

/* ---- values and rows ----------------------------------------------------- */

struct be_value {
	enum { BE_NULL, BE_INT, BE_TEXT, BE_BLOB } type;
	int64_t i;
	struct cb_span s;	/* borrowed */
};
#define BE_NONE ((struct be_value){ BE_NULL, 0, { NULL, 0 } })
#define BE_I(v) ((struct be_value){ BE_INT, (v), { NULL, 0 } })
#define BE_T(span) ((struct be_value){ BE_TEXT, 0, (span) })
#define BE_B(span) ((struct be_value){ BE_BLOB, 0, (span) })
/* An id, a hash */
#define BE_ID(p) BE_B(cb_span((p), WIRE_ID))
#define BE_HASH(p) BE_B(cb_span((p), CR_HASH))

/* Columns, in order; k: of the key. rows.c has them. */
enum be_table {
	/* k id, state, setting, created */
	BE_ORGANISATION,
	/* k id, state (1 in use, 2 suspended, 3 terminated), blank, take_over,
	 * profile, label, number, created, key_version, mac */
	BE_CARD,
	/* k id, class (1 desk, 2 user), state (1, 2 revoked), fingerprint,
	 * until, label, mac */
	BE_DEVICE,
	BE_DEVICE_GROUP,	/* k id, label; it grants nothing by itself */
	BE_DEVICE_MEMBER,	/* k device_group, k device, mac */
	/* k card, k kind (1 device, 2 group, 3 organisation), k subject, until,
	 * mac */
	BE_ASSIGNMENT,
	BE_PERSON,		/* k id, state, sealed */
	BE_IDENTIFIER,		/* k kind, k value, person */
	BE_FACTOR,		/* k id, person, kind, state, data, mac */
	BE_ROLE,		/* k person, k role, until, mac */
	BE_POLICY,		/* k name, value, mac */
	BE_NETWORK,		/* k id, rule, mac */
	BE_REVOCATION,		/* k fingerprint, subject, since, mac */
	/* k hash, purpose, subject, class (as of a device), until, mac, used,
	 * label (that the device gets) */
	BE_TOKEN,
	BE_RECOVERY_SHARE,	/* k number, needed, shares, fingerprint, made */
	BE_APPROVAL,		/* k id, person, request, signature, until */
	BE_OUTBOX,		/* k id, kind, body, made, sent */
	/* k card, k name, serial, subject, not_after, fingerprint */
	BE_CERTIFICATE,
	BE_SLOT,		/* k id, device, name, card */
	BE_WRAP,		/* k owner, k kind, k version, parameters, sealed */
	/* What came of a token: k hash (of the token), public (SHA-256 of the
	 * key that asked), certificate, made; kept as long as the token. */
	BE_ENROLMENT,
	BE_TABLES
};

/* How many columns a table has, and how many of them are its key. */
size_t be_table_columns(enum be_table table, size_t *keys);

/* Columns as of the table; not CB_OK ends the list and is passed on. */
typedef enum cb_err be_row_fn(
    void *ctx, const struct be_value *columns, size_t n);
/* One row, by its whole key. CB_E_ABSENT. */
CB_MUST_USE enum cb_err be_store_row(struct be_store *st, enum be_table table,
    const uint8_t organisation[WIRE_ID], const struct be_value *key,
    be_row_fn *fn, void *ctx, struct cb_why *why);
/* At most `limit` rows of an organisation, in the order of their keys, behind
 * the key `after` (NULL: from the first). CB_E_ARG: limit beyond
 * BE_PAGE_MAX. */
CB_MUST_USE enum cb_err be_store_list(struct be_store *st,
    enum be_table table, const uint8_t organisation[WIRE_ID],
    const struct be_value *after, size_t limit, be_row_fn *fn, void *ctx,
    struct cb_why *why);

/* Those of BE_REVOCATION that name one of these certificates, or one of these
 * holders and cards; at most BE_NAMED_MAX of each. */
#define BE_NAMED_MAX 3
struct be_named {
	uint8_t fingerprints[BE_NAMED_MAX][CR_HASH];
	size_t fingerprints_n;
	const uint8_t *ids[BE_NAMED_MAX];
	size_t ids_n;
};
CB_MUST_USE enum cb_err be_store_revocations(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const struct be_named *named,
    be_row_fn *fn, void *ctx, struct cb_why *why);

/* What there is about one person: of BE_FACTOR or BE_ROLE. */
CB_MUST_USE enum cb_err be_store_of_person(struct be_store *st,
    enum be_table table, const uint8_t organisation[WIRE_ID],
    const uint8_t person[WIRE_ID], be_row_fn *fn, void *ctx,
    struct cb_why *why);

/* A row of a table with a MAC, as the vault MACs it: columns as they were
 * read, to a grant and a MAC that borrow from them. CB_E_ARG: a table without
 * MACs; CB_E_FORMAT: a column is not of its kind. */
CB_MUST_USE enum cb_err be_row_grant(enum be_table table,
    const uint8_t organisation[WIRE_ID], const struct be_value *columns,
    struct wire_grant *out, struct cb_span *mac);

/* The way back: fills the columns that the vault MACs, and that of the MAC; the
 * others stay what they are. CB_E_ARG: there is no table of such rows. */
CB_MUST_USE enum cb_err be_grant_row(const struct wire_grant *grant,
    struct cb_span mac, enum be_table *table, struct be_value *columns);

/* A card's record, sealed; appends. CB_E_ABSENT. */
CB_MUST_USE enum cb_err be_store_record(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    const char *name, struct cb_buf *out, struct cb_why *why);
/* A card's records in order of name, behind `after` (empty: from the first):
 * name, value. */
CB_MUST_USE enum cb_err be_store_records(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    struct cb_span after, be_row_fn *fn, void *ctx, struct cb_why *why);

/* Can anything be committed, and has it room in the file? Opens anew what is to
 * be opened anew, changes nothing. */
CB_MUST_USE enum cb_err be_store_try(struct be_store *st, struct cb_why *why);

/* ---- acts ---------------------------------------------------------------- */

enum be_act_kind {
	BE_COMMAND,
	BE_SESSION,
	BE_ADMIN,
	BE_ENROL,
	BE_AUDIT,
	BE_UPKEEP,
	BE_ACT_KINDS
};

struct be_record_change {
	const char *name;
	struct cb_span value;
	bool remove;
};

struct be_row_change {
	enum be_table table;
	bool remove;			/* values: the key only */
	const struct be_value *values;	/* all columns */
};

struct be_answer {
	uint64_t sequence;
	uint8_t request[CR_HASH];
	/* The command has begun, or its answer is not to be kept: `sealed` is
	 * what was answered before it, and the same sequence may follow. */
	bool begun;
	struct cb_span sealed;
};

/* Of the act's card, for its device and session. */
struct be_lease_change {
	enum { BE_TAKE, BE_RELEASE } what;
	uint8_t node[WIRE_ID];
	bool take_over;		/* if the card allows it */
	/* Out: the number that later acts must have; from whom it was taken
	 * (or who has it, where that was CB_E_BUSY). */
	uint64_t fence;
	bool had;
	uint8_t had_device[WIRE_ID], had_session[WIRE_ID];
};

/* What a new organisation begins with, whose own row is among those of the
 * platform's act: rows, the wraps of its keys among them, and entries. */
struct be_founding {
	uint8_t organisation[WIRE_ID];
	const struct be_row_change *rows;
	size_t rows_n;
	const struct cb_span *entries;
	size_t entries_n;
};

/* What the id of an act begins with that nobody ordered; PROTOCOL.md, "Ids". */
#define BE_ACT_TIME 6

static inline void
be_act_time(uint8_t out[BE_ACT_TIME], uint64_t ms)
{
	for (int i = 0; i < BE_ACT_TIME; i++)
		out[i] = (uint8_t)(ms >> (8 * (BE_ACT_TIME - 1 - i)));
}

struct be_act {
	uint8_t id[WIRE_ID];
	enum be_act_kind kind;
	uint64_t now;
	uint8_t organisation[WIRE_ID];	/* zeros: the platform */
	/* What a person ordered. Else zeros; then the id begins with `now`
	 * (be_act_time), by which it is forgotten. */
	uint8_t request[CR_HASH];
	const uint8_t *card;		/* NULL: none */
	const uint8_t *device, *session; /* of a command or lease */
	/* Of acts with records, and to release. */
	uint64_t fence;
	struct be_lease_change *lease;
	const struct be_record_change *records;
	size_t records_n;
	const struct be_row_change *rows;
	size_t rows_n;
	const struct cb_span *entries;	/* of the organisation's chain */
	size_t entries_n;
	const struct cb_span *platform;	/* of the platform's */
	size_t platform_n;
	const struct be_answer *answer;	/* to device and session */
	const uint8_t *token;		/* CR_HASH bytes: used up by this */
	const struct be_founding *founding;	/* NULL: none */
	/* So many others of who brings it come soon, and wait for none of
	 * this: the commit may wait a moment for them. At most 255. */
	uint8_t more;

	/* Out. CB_E_BUSY: the fence is old, or somebody else has the card;
	 * CB_E_DENIED: not allowed, or done before; CB_E_ARG: breaks a rule
	 * of a table; CB_E_ABSENT: what it changes is not there. */
	enum cb_err err;
	/* The commit failed: look the id up, do not do it again. */
	bool unknown;
	uint64_t number;	/* of its last entry in that chain; 0: none */
	struct cb_why why;
};

/* Each of them whole or not at all, in order, with one commit; durable when
 * this returns. CB_OK: `err` of each says what became of it. Else none was
 * done, but for those that say `unknown`. */
CB_MUST_USE enum cb_err be_store_commit_batch(
    struct be_store *st, struct be_act *acts, size_t n, struct cb_why *why);
/* One by itself; its own error. */
CB_MUST_USE enum cb_err be_store_act(struct be_store *st, struct be_act *act);
/* Was the organisation's act of this id done? Kept for BE_KEEP_MS.
 * CB_E_DENIED: the id is that of an act with another request. */
CB_MUST_USE enum cb_err be_store_outcome(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t id[WIRE_ID],
    const uint8_t request[CR_HASH], bool *done, struct cb_why *why);
/* Forgets answers and ids older than BE_KEEP_MS, and tokens that are over. */
CB_MUST_USE enum cb_err be_store_tidy(
    struct be_store *st, uint64_t now, struct cb_why *why);

/* ---- leases -------------------------------------------------------------- */

struct be_lease {
	uint8_t organisation[WIRE_ID], card[WIRE_ID];
	uint64_t fence;
	bool held;	/* else what follows is of nobody */
	uint8_t device[WIRE_ID], session[WIRE_ID], node[WIRE_ID];
	uint64_t since;
};
/* A card that nobody has had yet has fence 0. CB_E_ABSENT: no such card. */
CB_MUST_USE enum cb_err be_store_lease(struct be_store *st,
    const uint8_t card[WIRE_ID], struct be_lease *out, struct cb_why *why);
/* The lease of a session. CB_E_ABSENT: it has none. */
CB_MUST_USE enum cb_err be_store_session(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t device[WIRE_ID],
    const uint8_t session[WIRE_ID], struct be_lease *out, struct cb_why *why);
typedef enum cb_err be_lease_fn(void *ctx, const struct be_lease *lease);
/* Sessions of an organisation, in order of card, behind card `after` (NULL:
 * from the first). */
CB_MUST_USE enum cb_err be_store_sessions(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t *after, size_t limit,
    be_lease_fn *fn, void *ctx, struct cb_why *why);

/* ---- answers and tokens -------------------------------------------------- */

enum be_found {
	BE_NO_ANSWER,
	BE_ANSWER,	/* appended to out */
	BE_OTHER,	/* another request was answered under this sequence */
	BE_GIVEN,	/* it was given after a restart, once */
	BE_BEGUN,	/* it was run, perhaps in part; there is no answer */
};
/* `look_up` (an id; NULL: nothing is given): once, as after a restart, but
 * again to the same look-up, which may not have heard it; that it was given
 * is durable before it is told. */
CB_MUST_USE enum cb_err be_store_answer(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t device[WIRE_ID],
    const uint8_t session[WIRE_ID], uint64_t sequence,
    const uint8_t request[CR_HASH], const uint8_t *look_up,
    enum be_found *found, struct cb_buf *out, struct cb_why *why);

#define BE_MAC_MAX 64
struct be_token {
	uint8_t organisation[WIRE_ID];
	char purpose[33];
	uint8_t subject[WIRE_ID];
	unsigned class;
	uint64_t until;
	uint8_t mac[BE_MAC_MAX];
	size_t mac_n;
};
/* A token that can be used now. CB_E_ABSENT: there is none such; whether it
 * was used, is over or never was is not told. */
CB_MUST_USE enum cb_err be_store_token(struct be_store *st,
    const uint8_t hash[CR_HASH], uint64_t now, struct be_token *out,
    struct cb_why *why);

/* ---- the books ----------------------------------------------------------- */

/* Where a chain ends. */
CB_MUST_USE enum cb_err be_store_tip(struct be_store *st,
    const uint8_t organisation[WIRE_ID], struct wire_chain *out,
    struct cb_why *why);
/* Chains that have grown since their last head that was stored. */
typedef enum cb_err be_tip_fn(void *ctx, const struct wire_chain *tip);
CB_MUST_USE enum cb_err be_store_grown(
    struct be_store *st, be_tip_fn *fn, void *ctx, struct cb_why *why);
/* A head that the vault has signed; for exports. */
CB_MUST_USE enum cb_err be_store_head_add(struct be_store *st,
    const struct wire_head *head, struct cb_span signed_head,
    struct cb_why *why);

/* Entries from `from` on (0: the last `limit`), in order: number, bytes, hash,
 * signed head or NULL. */
CB_MUST_USE enum cb_err be_store_entries(struct be_store *st,
    const uint8_t organisation[WIRE_ID], uint64_t from, size_t limit,
    be_row_fn *fn, void *ctx, struct cb_why *why);

/* The greatest number of its root record that an entry about a card tells;
 * 0: none does. It is in the last one that tells any: no smaller one is entered
 * behind it. */
CB_MUST_USE enum cb_err be_store_card_number(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    uint64_t *number, struct cb_why *why);

struct be_verdict {
	uint64_t entries;	/* that are whole */
	uint64_t signed_to;
	uint64_t bad;		/* the first bad entry; 0: none */
};
/* Walks a whole chain, with the heads in the database and those known from
 * elsewhere. CB_E_FORMAT: it is not whole. */
CB_MUST_USE enum cb_err be_store_verify(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const uint8_t public[CR_KEY],
    const struct wire_head *known, size_t known_n, struct be_verdict *out,
    struct cb_why *why);

#endif
