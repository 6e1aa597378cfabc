/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card from the inside: what card.c owns and the engine's other files and
 * the applets work on. Nothing outside emulator/ includes this.
 *
 * A card holds applications (struct emu_app), each with a file system, PINs
 * and key domains of its own; an applet (applets/applet.h) says how an
 * application's commands work. State that outlives power-off is mirrored in
 * records of the card's nvm; store.c is the only file that knows their form.
 *
 * Functions of the engine that carry out commands return a status word.
 */
#ifndef EMU_CARD_H
#define EMU_CARD_H

#include "common/apdu.h"
#include "common/sw.h"
#include "emulator/answers.h"
#include "emulator/crypto/crypto.h"
#include "emulator/emu.h"
#include "emulator/fs.h"
#include "emulator/nvm.h"
#include "emulator/pin.h"

#define EMU_APPS_MAX 4
#define EMU_AID_MAX 16
#define EMU_CHAIN_MAX 4096	/* most data a chain of commands may bring */
#define EMU_CPLC_N 42
#define EMU_HASH_MAX 32

struct emu_applet;

/* Rules in force on every road, whatever the middleware writes. */
struct emu_policy {
	uint8_t tries;		/* ceiling of every try counter */
	uint8_t pin_min, pin_max;	/* characters */
	bool pin_digits;	/* digits only; else printable ASCII */
	uint16_t rsa_min;	/* bits */
	uint32_t idle_s, total_s;	/* of a login; 0: no limit */
	uint8_t scrypt_log2n, scrypt_r, scrypt_p;
};

struct emu_app {
	struct emu_card *card;
	const struct emu_applet *applet;
	unsigned no;		/* its place on the card: "0/..." in nvm */
	uint8_t aid[EMU_AID_MAX];
	uint8_t aid_n;
	bool keep_verified;	/* also when it is selected again */
	bool bare_fcp;		/* control parameters: 6F, access bytes bare */
	bool silent_names;	/* SELECT by name answers a status word only */
	bool from_reset;	/* selected by a reset, not the card manager */

	struct emu_file *mf;
	struct emu_pin *pins;
	struct emu_domain *domains;
	uint32_t last_file, last_pin, last_domain; /* highest number in use */

	/* volatile */
	struct emu_file *df, *ef; /* current; ef NULL: none */
	uint32_t mse;		/* the applet's own: security environment */
	uint32_t mse_key;	/* number of the file it names, or 0 */
	uint8_t hash[EMU_HASH_MAX]; /* finished by PSO HASH, not yet signed */
	uint8_t hash_n;
};

struct emu_card {
	struct emu_nvm *nvm;
	const struct emu_env *env;
	struct emu_info info;
	struct emu_policy policy;
	uint8_t uuid[16];
	bool has_service;	/* who may set the holder's passcode anew */
	uint8_t service[EMU_KEY];	/* its public half */
	uint8_t cplc[EMU_CPLC_N];
	uint8_t cm_aid[EMU_AID_MAX];
	uint8_t cm_aid_n;
	uint32_t size;		/* bytes of file contents it can hold */
	uint16_t answers[EMU_ANS_N];
	struct emu_app apps[EMU_APPS_MAX];
	unsigned apps_n;

	/* volatile */
	bool powered;
	bool dead;		/* storage failed for good */
	enum emu_proto proto;
	struct emu_app *app;	/* selected; NULL: the card manager */
	struct cb_buf pending;	/* for GET RESPONSE */
	struct cb_buf chain;	/* collected data of a chain */
	uint8_t chain_cla, chain_ins, chain_p1, chain_p2;
	bool chaining;
	bool in_tx, tx_failed;
	uint64_t login_since, last_use; /* ms; while anything is verified */
	uint32_t used;		/* of size */
};

/* One command on its way through the engine. */
struct emu_call {
	struct emu_card *card;
	struct emu_app *app;	/* NULL: card manager */
	uint8_t cla, ins, p1, p2;
	struct cb_span data;	/* of a whole chain */
	uint32_t ne;		/* expected length, 0: none */
	struct cb_buf *rsp;	/* data only; the engine adds SW */
};

typedef uint16_t emu_cmd_fn(struct emu_call *c);

/* A row of a command table. Class bits for chaining are the dispatcher's. */
struct emu_cmd {
	uint8_t cla, ins;
	uint8_t p1, p1_mask, p2, p2_mask; /* (P & mask) == p */
	uint8_t flags;
	emu_cmd_fn *run;
	const char *name;
};

enum {
	EMU_NO_DATA = 1,	/* data field refused (6700) */
	EMU_DATA = 2,		/* data field demanded (6700) */
	EMU_NO_RESPONSE = 4,	/* never answers data without a data field:
				 * five bytes ending in 00 are case 1 */
	EMU_CHAIN = 8,		/* command chaining accepted */
	EMU_EXTENDED = 16,	/* extended form too, whatever max_apdu says */
};

/* dispatch.c: finds the row, in the order class, INS, P1-P2, Lc. */
uint16_t emu_dispatch(
    struct emu_card *card, const struct cb_apdu *in, struct cb_buf *rsp);

/* store.c: records in and out. emu_store_load fills an empty card from its
 * nvm. The put/del functions join the command's transaction (begun by the
 * first) and answer SW_OK or SW_MEMORY_FAILURE. */
CB_MUST_USE enum cb_err emu_store_load(
    struct emu_card *card, struct cb_why *why);
uint16_t emu_store_card(struct emu_card *card);
/* A hash of the card's mark (test or live), policy, without what scrypt costs,
 * and service: wraps are bound to it, so that a passcode opens nothing on a
 * card whose rules were edited, or whose new keys somebody wants to have. */
#define EMU_RULES_N 16
CB_MUST_USE enum cb_err emu_store_rules(
    const struct emu_card *card, uint8_t out[EMU_RULES_N]);
uint16_t emu_store_file(struct emu_app *app, const struct emu_file *f);
uint16_t emu_store_file_del(struct emu_app *app, const struct emu_file *f);
uint16_t emu_store_part(struct emu_app *app, const struct emu_file *f,
    uint16_t no, struct cb_span stored);
uint16_t emu_store_part_del(
    struct emu_app *app, const struct emu_file *f, uint16_t no);
uint16_t emu_store_pin(struct emu_app *app, const struct emu_pin *pin);
uint16_t emu_store_tries(struct emu_app *app, const struct emu_pin *pin);
uint16_t emu_store_pin_del(struct emu_app *app, const struct emu_pin *pin);
uint16_t emu_store_domain(struct emu_app *app, const struct emu_domain *d);
uint16_t emu_store_domain_del(
    struct emu_app *app, const struct emu_domain *d);
/* Makes what was put durable: now, or with the answer. SW_MEMORY_FAILURE:
 * nothing of it is. */
uint16_t emu_store_commit(struct emu_card *card, enum emu_nvm_by by);
void emu_store_rollback(struct emu_card *card);

/* card.c */
uint16_t emu_sw(const struct emu_card *card, enum emu_answer a);
/* Forgets a security environment and what was hashed in it. */
void emu_app_forget(struct emu_app *app);
/* Ends every login on the card and forgets what only they could open. */
void emu_card_logout(struct emu_card *card);
/* Frees applications and their contents (reload, free). */
void emu_card_unload(struct emu_card *card);
void emu_card_note(
    struct emu_card *card, const char *fmt, ...) CB_PRINTF(2, 3);

/* policy.c: SW_OK, or EMU_ANS_POLICY after a line in the log. `why` as in
 * emu.h may be NULL. */
uint16_t emu_policy_pin(
    struct emu_card *card, struct cb_span pin, struct cb_why *why);
uint16_t emu_policy_rsa(struct emu_card *card, unsigned bits);
uint8_t emu_policy_tries(struct emu_card *card, unsigned wanted);
/* Dear enough for a live card, whose file may be stolen. */
#define EMU_SCRYPT_LOG2N_LIVE 15
#define EMU_SCRYPT_R_LIVE 8
bool emu_policy_scrypt_live(const struct emu_policy *p);
/* The memory that it takes, in MiB. */
unsigned emu_policy_scrypt_mib(const struct emu_policy *p);

#endif
