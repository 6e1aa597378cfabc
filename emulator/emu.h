/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A smart card in software: bytes in, bytes out, with time and randomness
 * handed in. The only header of this room that other rooms include.
 *
 *	emu_file_open(&nvm, path, 0, &why)   a card file (or emu_mem_new)
 *	emu_card_open(&card, &nvm, env, &why)
 *	emu_card_power_on(card)              ATR in emu_card_info(card)
 *	emu_card_transmit(card, cmd, &rsp)   as often as wanted
 *	emu_card_power_off(card)             forgets what was verified
 *	emu_card_free(&card)
 *
 * A card is used by one thread at a time; different cards share nothing.
 * What a reply promises is durable before emu_card_transmit returns.
 */
#ifndef EMU_EMU_H
#define EMU_EMU_H

#include "common/atr.h"
#include "common/buf.h"
#include "common/log.h"

struct emu_card;
struct emu_nvm;

/* What has happened to a passcode, key or certificate: for whoever keeps a book
 * of it. Told within the command, before what it changes is durable: of TRIED
 * both the entry and the spent try must be, before the outcome is known. */
enum emu_event_kind {
	EMU_PASSCODE_TRIED,	/* a try is being spent */
	EMU_PASSCODE_RIGHT,	/* outcome */
	EMU_PASSCODE_WRONG,	/* outcome; left */
	EMU_PASSCODE_BLOCKED,	/* outcome: nothing was compared */
	EMU_PASSCODE_CREATED,
	EMU_PASSCODE_CHANGED,	/* by who knew the old one */
	EMU_PASSCODE_RESET,	/* by somebody else, or the unblock value */
	EMU_PASSCODE_REFILLED,	/* its counter begins anew */
	EMU_PASSCODE_REMOVED,
	EMU_UNBLOCK_TRIED,	/* as with a passcode */
	EMU_UNBLOCK_RIGHT,
	EMU_UNBLOCK_WRONG,
	EMU_UNBLOCK_BLOCKED,
	EMU_KEY_MADE,		/* data: SHA-256 of its SubjectPublicKeyInfo */
	EMU_KEY_IMPORTED,	/* the same; empty: it cannot be told */
	EMU_KEY_DELETED,
	EMU_KEY_SIGNED,		/* data: what was signed, a DigestInfo mostly */
	EMU_KEY_DECIPHERED,	/* data: SHA-256 of the cryptogram */
	EMU_CERTIFICATE_WRITTEN, /* data: SHA-256 of it */
};

struct emu_event {
	enum emu_event_kind kind;
	uint8_t app;		/* number of the application on the card */
	uint8_t reference;	/* of a passcode */
	uint8_t left;		/* tries */
	uint16_t fid;		/* of a file: key, certificate */
	uint16_t bits;		/* of a key */
	struct cb_span data;	/* borrowed for the call; never a secret */
};

/* Where a card takes time and randomness from, and tells what an operator
 * should know (a policy refusal, say). Tests hand in their own. */
struct emu_env {
	/* Fills n bytes; CB_E_CRYPTO if it cannot. */
	enum cb_err (*random)(void *ctx, uint8_t *p, size_t n);
	/* Milliseconds that only grow, also while the machine sleeps: for
	 * idle and total time of a login. */
	uint64_t (*mono_ms)(void *ctx);
	/* Seconds since 1970, for certificates made by emu_card_make. */
	int64_t (*utc)(void *ctx);
	/* One line for the log; never a secret. */
	void (*note)(void *ctx, enum cb_log_level level, const char *line);
	/* NULL: nobody keeps a book. */
	void (*event)(void *ctx, const struct emu_event *event);
	/* What stands between scrypt and the key that a passcode's wrap is
	 * under: a keyed function of whoever keeps the card, so that its
	 * records alone give nobody a way to try passcodes. NULL: nothing.
	 * Asked before a try is spent; anything but CB_OK fails the
	 * command, and costs none. */
	enum cb_err (*pepper)(
	    void *ctx, const uint8_t in[32], uint8_t out[32]);
	void *ctx;
};

/* The system's clocks, OpenSSL's generator, cb_log. */
extern const struct emu_env emu_env_system;

enum emu_proto { EMU_T0 = 0, EMU_T1 = 1 };

/* What a reader needs to know of the card in it. */
struct emu_info {
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
	enum emu_proto proto;	/* first protocol of the ATR */
	uint32_t max_apdu;	/* dwMaxAPDUDataSize: 256 where only short APDUs */
	bool test;		/* marked as test; otherwise live */
	char profile[32];
	char label[33];
	char serial[17];	/* hexadecimal */
};

/* ---- storage ---------------------------------------------------------- */

/* Empty memory (tests, cards that end with the process). */
CB_MUST_USE enum cb_err emu_mem_new(struct emu_nvm **out);
/* One more owner of such memory, which ends with the last one's emu_nvm_free:
 * a card that was freed can be opened again. One thread at a time. */
struct emu_nvm *emu_mem_again(struct emu_nvm *nvm);

enum {
	EMU_FILE_READONLY = 1,	/* look on; works while another has the file */
	EMU_FILE_CREATE = 2,	/* must not exist yet; made with mode 0600 */
};

/* A card file. CB_E_ABSENT; CB_E_DENIED; CB_E_BUSY: another process has it,
 * *why names it; CB_E_FORMAT: foreign, damaged or truncated; CB_E_LIMIT: from
 * a newer release. Nothing was written in any of these cases. */
CB_MUST_USE enum cb_err emu_file_open(struct emu_nvm **out, const char *path,
    unsigned flags, struct cb_why *why);
void emu_nvm_free(struct emu_nvm **nvm);

/* Keeps a card file this process's own between its openings: a bridge's cards
 * lie closed most of the time, but are the bridge's. While it is kept, this
 * process may open and free it as often as it wants; others find it in use.
 * Errors as emu_file_open; the contents are not looked at. */
struct emu_file_keep;
CB_MUST_USE enum cb_err emu_file_keep_new(struct emu_file_keep **out,
    const char *path, struct cb_why *why);
/* To be called after each such emu_nvm_free (or emu_card_free). CB_E_BUSY:
 * another process was faster; the next opening fails likewise. */
CB_MUST_USE enum cb_err emu_file_keep_again(
    struct emu_file_keep *keep, struct cb_why *why);
void emu_file_keep_free(struct emu_file_keep **keep);

/* ---- the card --------------------------------------------------------- */

/* Takes *nvm (and empties the pointer) also when it fails. env must outlive
 * the card. CB_E_FORMAT, CB_E_LIMIT: as emu_file_open. */
CB_MUST_USE enum cb_err emu_card_open(struct emu_card **out,
    struct emu_nvm **nvm, const struct emu_env *env, struct cb_why *why);
void emu_card_free(struct emu_card **card);
/* Valid until emu_card_free. */
const struct emu_info *emu_card_info(const struct emu_card *card);

/* Cold or warm reset: everything volatile is forgotten. */
void emu_card_power_on(struct emu_card *card);
void emu_card_power_off(struct emu_card *card);
/* For an ATR that offers both; CB_E_ARG if the ATR does not offer it. */
CB_MUST_USE enum cb_err emu_card_set_protocol(
    struct emu_card *card, enum emu_proto proto);

/* One command, one answer: *rsp is replaced by data and status word (always
 * at least two bytes on CB_OK). Anything but CB_OK means the card could not
 * answer at all (unpowered: CB_E_ARG; CB_E_NOMEM): never dress that as a
 * status word. */
CB_MUST_USE enum cb_err emu_card_transmit(
    struct emu_card *card, struct cb_span cmd, struct cb_buf *rsp);

/* Looks ahead: which GET RESPONSE would fetch what waits from byte `from` on,
 * and its answer. The card stays as it is. CB_E_ABSENT: nothing waits there. */
CB_MUST_USE enum cb_err emu_card_ahead(const struct emu_card *card,
    size_t from, struct cb_buf *cmd, struct cb_buf *rsp);
/* So many bytes of what waits have been given to the program. */
void emu_card_fetched(struct emu_card *card, size_t n);

/* When the card next wants emu_card_tick (in mono_ms; UINT64_MAX: never):
 * the end of a login's idle or total time. */
uint64_t emu_card_deadline(const struct emu_card *card);
void emu_card_tick(struct emu_card *card);

/* ---- passcodes outside APDUs (cardbridge card passwd) ------------------ */

/* Changes / unblocks the holder's passcode, with the rules, counters and
 * policy of the card. *tries_left is set on CB_E_DENIED (wrong value; 0 when
 * blocked). CB_E_ARG: the policy refuses the new value, *why says how. */
CB_MUST_USE enum cb_err emu_card_passwd(struct emu_card *card,
    struct cb_span old_pin, struct cb_span new_pin, unsigned *tries_left,
    struct cb_why *why);
CB_MUST_USE enum cb_err emu_card_unblock(struct emu_card *card,
    struct cb_span unblock, struct cb_span new_pin, unsigned *tries_left,
    struct cb_why *why);
/* By the service that the card was made with (emu_make.service), whatever has
 * become of passcode and unblock value; nobody is logged in afterwards.
 * CB_E_ABSENT: the card has none; CB_E_CRYPTO: not by this secret half;
 * CB_E_ARG: the policy refuses the new value; CB_E_INTERNAL: it could not be
 * sealed. Nothing was changed in any of these cases, and who is logged in stays
 * so. */
#define EMU_SERVICE_N 32
CB_MUST_USE enum cb_err emu_card_service_unblock(struct emu_card *card,
    const uint8_t secret[EMU_SERVICE_N], struct cb_span new_pin,
    struct cb_why *why);

/* Tries that the holder's passcode has left. CB_E_ABSENT: it has none yet. */
CB_MUST_USE enum cb_err emu_card_tries(
    struct emu_card *card, unsigned *tries_left);

/* ---- looking at a card (cardbridge card show) -------------------------- */

/* Appends a description for people: identity, policy, passcodes and tries,
 * file tree with access bytes and sizes, certificates' facts, and by name
 * whatever nothing guards at rest. Never contents of guarded files. */
CB_MUST_USE enum cb_err emu_card_describe(
    const struct emu_card *card, struct cb_buf *out);

/* ---- making a card ----------------------------------------------------- */

struct emu_profile;

/* Reads a profile (text, see the manual cardbridge-profile(5)). *why names
 * file, line and what is wrong. */
CB_MUST_USE enum cb_err emu_profile_read(
    struct emu_profile **out, const char *path, struct cb_why *why);
void emu_profile_free(struct emu_profile **p);
const char *emu_profile_name(const struct emu_profile *p);
/* Do its cards (blank ones) have a holder's passcode from the start? */
bool emu_profile_has_user_pin(const struct emu_profile *p, bool blank);
/* Appends a passcode drawn at random that the profile's policy accepts. */
CB_MUST_USE enum cb_err emu_profile_draw_pin(const struct emu_profile *p,
    bool test, const struct emu_env *env, struct cb_buf *out);

/* Published with every test card: they protect nothing. */
extern const char emu_test_pin[], emu_test_so_pin[];

struct emu_make {
	bool test;		/* mark as test, certificates of the test CA */
	bool blank;		/* 10.1: before personalisation */
	unsigned tries;		/* 0: the profile's */
	const char *serial;	/* hex, NULL: drawn */
	const char *label;	/* NULL: the profile's */
	const char *atr;	/* hex, NULL: the profile's first */
	const char *keys_from;	/* file of published keys, NULL: fresh ones */
	struct cb_span user_pin, so_pin; /* user_pin as the profile has one */
	unsigned scrypt_log2n;	/* 0: 15; less only with test */
	/* X25519, the public half of a service that may set the holder's
	 * passcode anew, EMU_SERVICE_N bytes; NULL: nobody may */
	const uint8_t *service;
	struct cb_buf *unblock;	/* gets the unblock value that was drawn, to be
				 * shown once; NULL: nobody wants it */
};

/* Lays a new card out into an empty *nvm (borrowed). CB_E_ARG: *why says
 * which wish the profile or the policy refuses. */
CB_MUST_USE enum cb_err emu_card_make(struct emu_nvm *nvm,
    const struct emu_profile *profile, const struct emu_make *wish,
    const struct emu_env *env, struct cb_why *why);

#endif
