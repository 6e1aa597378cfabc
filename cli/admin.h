/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * `cardbridge admin`: what a person orders and reads at a backend. What its
 * files share: the options, the desk of the organisation that is meant, acts
 * made of rows, and how items of the desk are shown.
 */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "bridge/https/desk.h"
#include "cli/cli.h"
#include "wire/chain.h"
#include "wire/draft.h"

struct cli_admin_args {
	const char *server, *identity, *org;
	bool json;
	const char *name, *class, *valid, *role, *profile, *serial;
	const char *passcode_file, *so_passcode_file;
	const char *from, *count, *output, *key;
	struct cli_list cards, devices, heads;
	const char *draft;
	bool blank, test, take_over, to_org, yes;
};

/* admin.c: the tables of what can be said; each file has those of its own. */
extern const struct cli_cmd cli_admin_org_cmds[], cli_admin_device_cmds[],
    cli_admin_person_cmds[], cli_admin_card_cmds[], cli_admin_session_cmds[],
    cli_admin_audit_cmds[], cli_admin_draft_cmds[];
extern const size_t cli_admin_org_cmds_n, cli_admin_device_cmds_n,
    cli_admin_person_cmds_n, cli_admin_card_cmds_n, cli_admin_session_cmds_n,
    cli_admin_audit_cmds_n, cli_admin_draft_cmds_n;

#define CLI_ADMIN_AT(m) offsetof(struct cli_admin_args, m)
/* The rows that options of every command begin with; those that are of an
 * organisation. */
#define CLI_ADMIN_OPTS \
	{ "server", CLI_TEXT, CLI_ADMIN_AT(server), "URL", \
	    "the backend, https://HOST:PORT" }, \
	{ "identity", CLI_TEXT, CLI_ADMIN_AT(identity), "DIR", \
	    "whose order it is: a person's identity" }, \
	{ "json", CLI_FLAG, CLI_ADMIN_AT(json), NULL, "for programs" }
#define CLI_ADMIN_ORG_OPT \
	{ "org", CLI_TEXT, CLI_ADMIN_AT(org), "O", \
	    "the organisation's id or name" }
/* Of what orders something. */
#define CLI_ADMIN_DRAFT_OPT \
	{ "draft", CLI_TEXT, CLI_ADMIN_AT(draft), "FILE", \
	    "orders nothing yet: writes FILE, for another to approve" }
#define CLI_ADMIN_CMD(noun, verb, operands, summary, opts, min, max, run) \
	{ "admin " noun, verb, operands, summary, opts, \
	    sizeof(opts) / sizeof((opts)[0]), \
	    sizeof(struct cli_admin_args), min, max, run, CLI_NO_SOCKET, \
	    NULL, "admin" }

/* ---- the desk (admin_desk.c) --------------------------------------------- */

struct cli_admin {
	const struct cli_admin_args *args;
	struct wire_identity who;
	uint8_t organisation[WIRE_ID];	/* whose desk is open */
	struct br_desk *desk;
	struct cb_why why;
};

extern const uint8_t cli_platform[WIRE_ID];	/* zeros */

/* Reads the identity, and opens no desk yet. Exit code, said. */
int cli_admin_begin(struct cli_admin *s, const struct cli_admin_args *args);
/* The same, and opens the desk of the organisation that `org` says: id, name
 * or "platform"; NULL: the one of the identity, or where that is the platform
 * the only one that there is. */
int cli_admin_open(struct cli_admin *s, const struct cli_admin_args *args,
    const char *org);
/* The second half of it. */
int cli_admin_enter(struct cli_admin *s, const char *org);
int cli_admin_enter_id(
    struct cli_admin *s, const uint8_t organisation[WIRE_ID]);
/* Is it what --org calls the backend itself? */
bool cli_admin_is_platform(const char *org);
/* Opens the desk of the identity's own organisation. */
int cli_admin_open_own(
    struct cli_admin *s, const struct cli_admin_args *args);
void cli_admin_end(struct cli_admin *s);

/* Says s->why, or else the error; exit code. */
int cli_admin_err(struct cli_admin *s, enum cb_err r, const char *what);

/* The items of a list, one by one; `filter` may be NULL. An error of f ends
 * it. Where the desk fails, s->why says why. */
typedef enum cb_err cli_admin_item_fn(
    void *ctx, const struct wire_fields *item);
CB_MUST_USE enum cb_err cli_admin_list(struct cli_admin *s,
    enum wire_desk_list list, const struct wire_fields *filter,
    cli_admin_item_fn *f, void *ctx);
/* The item with this id; it is borrowed from *keep. Exit code, said: what is
 * not there is called `noun`. */
int cli_admin_find(struct cli_admin *s, enum wire_desk_list list,
    const char *noun, const uint8_t id[WIRE_ID], struct cb_buf *keep,
    struct wire_fields *item);
/* A copy that lives in *keep. */
CB_MUST_USE enum cb_err cli_admin_keep(const struct wire_fields *item,
    struct cb_buf *keep, struct wire_fields *out);

/* Shows a list that is open; exit code, said. */
int cli_admin_show(struct cli_admin *s, enum wire_desk_list list,
    const struct wire_fields *filter);
/* Shows an item, and the list under it: in words with a title, in JSON as the
 * item's member `name`. */
int cli_admin_show_with(struct cli_admin *s, const struct wire_fields *item,
    enum wire_desk_list list, const struct wire_fields *filter,
    const char *title, const char *name);
/* Says that an act is done: its thing, and what it is now; or that it was
 * drafted. */
int cli_admin_told(const struct cli_admin *s, const uint8_t id[WIRE_ID],
    const char *noun, const char *words);

/* ---- acts (admin_act.c, admin_order.c) ----------------------------------- */

struct cli_act {
	const char *what;
	uint8_t organisation[WIRE_ID];	/* of its rows */
	uint8_t subject[WIRE_ID];
	struct wire_fields detail, secrets; /* borrow */
	struct cb_buf changes;
	uint16_t count;
};

void cli_act_init(struct cli_act *act, const char *what,
    const uint8_t organisation[WIRE_ID], const uint8_t subject[WIRE_ID]);
void cli_act_clear(struct cli_act *act);

/* Each adds a row. CB_E_ARG: a value that no row has; CB_E_LIMIT: more rows
 * than an act has. */
enum cli_row { CLI_ROW_PUT, CLI_ROW_REMOVE };
enum cli_state { CLI_IN_USE = 1, CLI_STOPPED = 2, CLI_ENDED = 3 };
enum cli_subject { CLI_TO_DEVICE = 1, CLI_TO_ORG = 3 };
CB_MUST_USE enum cb_err cli_act_policy(
    struct cli_act *act, const char *name, struct cb_span value);
CB_MUST_USE enum cb_err cli_act_role(
    struct cli_act *act, const uint8_t person[WIRE_ID], enum wire_role role);
CB_MUST_USE enum cb_err cli_act_factor(struct cli_act *act,
    struct cb_span id, struct cb_span person, enum cli_state state,
    struct cb_span fingerprint);
/* The device of this item of the desk. */
CB_MUST_USE enum cb_err cli_act_device(struct cli_act *act,
    const struct wire_fields *device, enum cli_state state);
CB_MUST_USE enum cb_err cli_act_revocation(struct cli_act *act,
    struct cb_span subject, uint64_t since, struct cb_span fingerprint);
CB_MUST_USE enum cb_err cli_act_card(struct cli_act *act,
    const uint8_t card[WIRE_ID], enum cli_state state, uint64_t version);
CB_MUST_USE enum cb_err cli_act_assignment(struct cli_act *act,
    enum cli_row row, const uint8_t card[WIRE_ID],
    const uint8_t subject[WIRE_ID], enum cli_subject kind, uint64_t until);
struct cli_act_token {
	const char *name;	/* WIRE_TOKEN_DEVICE, WIRE_TOKEN_PERSON */
	uint64_t class, until;
	uint8_t hash[CR_HASH];	/* SHA-256 of the token */
};
CB_MUST_USE enum cb_err cli_act_token(struct cli_act *act, enum cli_row row,
    const struct cli_act_token *token);

/* Orders it at the open desk: challenge, signature, ORDER. *made is borrowed
 * until the desk is asked again. With --draft: writes it to that file, and
 * *made has nothing. Exit code, said. */
int cli_admin_order(
    struct cli_admin *s, const struct cli_act *act, struct wire_fields *made);
/* The second half: an act that was read from a file, which gets challenge,
 * person and certificate here; `approval` may be empty. */
int cli_admin_send(struct cli_admin *s, struct wire_act *act,
    struct cb_span approval, const struct wire_fields *secrets,
    struct wire_fields *made);

/* ---- drafts (admin_draft.c, admin_explain.c, admin_approve.c) ------------ */

/* An act of a file, which somebody has signed; who it was has been checked. */
struct cli_draft {
	const char *path;
	struct wire_draft file;
	struct wire_act act;	/* borrows from it, as the following */
	struct wire_fields detail;
	uint8_t request[CR_HASH];
};

/* Exit codes, said. The file is new, and its owner's alone. */
int cli_draft_write(struct cli_admin *s, struct wire_act *act);
int cli_draft_read(
    struct cli_admin *s, const char *path, struct cli_draft *out);
void cli_draft_clear(struct cli_draft *draft);
/* Adds the approval of who `s` is, in the place of one that they gave before;
 * the file is written anew. */
int cli_draft_approve(
    struct cli_admin *s, struct cli_draft *draft, uint64_t until);
/* *out: one that is good, borrowed, or empty where the file has none. Where
 * none of those that it has is good, it is said why. */
int cli_draft_approval(const struct cli_admin *s,
    const struct cli_draft *draft, struct cb_span *out);

/* What the act does, in plain words. CB_E_FORMAT: this program has no words
 * for something in it. */
CB_MUST_USE enum cb_err cli_explain(struct cli_admin *s,
    const struct cli_draft *draft, struct cb_buf *out);
struct cli_what {
	const char *what, *summary;
	bool for_registrar;
	const char *noun, *done;
};
/* NULL: no act that this program knows. */
const struct cli_what *cli_what_find(struct cb_span what);

/* ---- cards (admin_card.c, admin_passcode.c) ------------------------------ */

/* What --device says. */
#define CLI_ADMIN_DEVICES_MAX (WIRE_ACT_CHANGES - 2)
struct cli_admin_devices {
	uint8_t ids[CLI_ADMIN_DEVICES_MAX][WIRE_ID];
	size_t n;
};
/* Exit code, said. `needed`: one, or --to-org. */
int cli_admin_devices(const struct cli_admin_args *a, bool needed,
    struct cli_admin_devices *out);
/* Of an item: exit code, said. */
int cli_admin_card_lives(const struct wire_fields *card);
int cli_admin_card_new(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
int cli_admin_card_unblock(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
/* Those two of a draft: get their passcodes, are ordered, and told. */
int cli_admin_card_new_drafted(
    struct cli_admin *s, struct cli_draft *draft, struct cb_span approval);
int cli_admin_card_unblock_drafted(
    struct cli_admin *s, struct cli_draft *draft, struct cb_span approval);

/* ---- words and values (admin_words.c) ------------------------------------ */

/* Exit codes, said; `what` is the option or operand. */
int cli_admin_id(const char *text, const char *what, uint8_t out[WIRE_ID]);
int cli_admin_number(const char *text, const char *what, uint64_t *out);
/* "30m", "24h", "7d", or "90s": milliseconds. */
int cli_admin_duration(const char *text, const char *what, uint64_t *out);
/* The number of a word of a table (from 1; entry 0 is not used). */
int cli_admin_word(const char *text, const char *what,
    const char *const *words, uint64_t *out);
int cli_admin_name(const char *text, const char *what);
/* KEY=VALUE taken apart: *value is behind the "=", NULL where there is none;
 * the length of KEY. */
size_t cli_admin_pair(const char *text, const char **value);
uint64_t cli_admin_now(void);	/* ms since 1970 */

#define CLI_ADMIN_HEX "0123456789abcdefABCDEF"
extern const char *const cli_admin_classes[], *const cli_admin_roles[],
    *const cli_admin_states[], *const cli_admin_kinds[],
    *const cli_admin_subjects[];
/* The word of a number, from 1, of one of these. */
#define CLI_NO_WORD "?"
const char *cli_word(const char *const *words, uint64_t n);

/* Policies as people write them and as rows have them. */
struct cli_policy {
	const char *name;
	struct cb_span value;
	uint8_t number[4];	/* where value is one */
};
/* CLI_USAGE and said: no such policy, or not a value of it. */
int cli_policy_parse(
    struct cli_policy *out, const char *name, size_t n, const char *value);
/* Is it one, with a value that it can have? */
bool cli_policy_known(struct cb_span name, struct cb_span value);
/* Appends the text of a value. */
CB_MUST_USE enum cb_err cli_policy_text(struct cb_buf *b,
    struct cb_span name, struct cb_span value);

/* ---- printing (admin_print.c) -------------------------------------------- */

struct cli_print;

/* A list: begun, given items (as a cli_admin_item_fn) and ended. NULL: no
 * memory. */
struct cli_print *cli_print_new(enum wire_desk_list list, bool json);
CB_MUST_USE enum cb_err cli_print_item(
    void *print, const struct wire_fields *item);
/* Exit code, said: `code` where it is not CLI_OK, and then nothing is shown. */
int cli_print_end(struct cli_print **print, int code);
/* The same of a list in JSON, which becomes the member `name` of an item. */
int cli_print_with(struct cli_print **print, const struct wire_fields *item,
    const char *name, int code);
/* One item as lines, or as an object of JSON. */
int cli_print_one(const struct wire_fields *item, bool json);
/* One object of a few texts: names and values in turn, NULL ends it. */
int cli_print_texts(const char *name, ...) __attribute__((sentinel));
/* "2026-11-28 16:05" (UTC) into out; nothing of 0. */
#define CLI_TIME_MAX 32
void cli_print_time(char out[CLI_TIME_MAX], uint64_t ms);
/* In lower-case digits, in *b; a string. NULL: no memory. */
const char *cli_print_hex(struct cb_buf *b, struct cb_span bytes);

/* ---- the books (admin_books.c) ------------------------------------------- */

struct cli_entry {
	uint64_t number;
	struct cb_span bytes, hash;
	struct cb_span head;	/* signed; empty: none */
};
typedef enum cb_err cli_entry_fn(void *ctx, const struct cli_entry *entry);
/* Entries from `first`, at most `most` (0: to the end). */
CB_MUST_USE enum cb_err cli_books_read(struct cli_admin *s, uint64_t first,
    uint64_t most, cli_entry_fn *f, void *ctx);
/* The last `most` of when it begins, and what is entered meanwhile. */
CB_MUST_USE enum cb_err cli_books_last(
    struct cli_admin *s, uint64_t most, cli_entry_fn *f, void *ctx);
/* The public key of the books: of --key, or of the identity's directory, where
 * it is kept at first use, and compared if a desk is open. Exit code, said. */
int cli_books_key(struct cli_admin *s, uint8_t out[CR_KEY]);
/* The last head that the vault knows of the books that the open desk reads,
 * verified; *out is empty where it has signed none. Exit code, said. */
int cli_books_head(struct cli_admin *s, const uint8_t public[CR_KEY],
    struct cb_buf *out, struct wire_head *head);
/* Whose books the open desk reads. */
struct wire_owner cli_admin_owner(const struct cli_admin *s);
/* admin_verify.c */
int cli_admin_verify(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

#endif
