/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card on the bench: an environment whose clock, randomness and log belong
 * to the test, non-volatile memory that counts and fails on demand, and
 * conversations written as text.
 *
 * A command is a line of words: hexadecimal bytes; HH*N, a byte N times;
 * <text>, a passcode field (64 bytes, FF behind the text); {text}, one of 8
 * bytes; 'text', its characters; #, the number of bytes up to the end or to |. A wanted answer
 * is hexadecimal with HH*N as well; `?N` in front stands for N bytes that may
 * be anything, `?` for any number of them.
 */
#ifndef TEST_EMULATOR_RIG_H
#define TEST_EMULATOR_RIG_H

#include <check.h>

#include "emulator/card.h"

enum rig_kind {
	RIG_PERSONAL,	/* laid out as authentic5.profile says, T=1 */
	RIG_T0,		/* the same in T=0 */
	RIG_BLANK,	/* before that */
	RIG_A3,		/* as authentic3.profile says, T=1 */
	RIG_A3_T0,
	RIG_A3_BLANK,
	RIG_IAS,	/* as iasecc-oberthur.profile says, T=1 */
	RIG_IAS_GEM,	/* as iasecc-gemalto.profile says, T=0 */
	RIG_IAS_BLANK,
	RIG_KINDS
};

#define RIG_PIN "123456"
#define RIG_SO_PIN "87654321"

/* Non-volatile memory between a card and records that outlive it. */
struct rig_nvm {
	struct emu_nvm base;
	struct emu_nvm *inner;	/* the rig's, not freed with the card */
	unsigned begins, ops;	/* ops: begin, put, del and commit */
	unsigned commits[2];	/* by enum emu_nvm_by */
	unsigned fail_at;	/* the op that fails; 0: none */
	bool broken;		/* everything after it fails too */
	bool unreadable;	/* each fails */
};

struct rig {
	struct emu_env env;
	uint64_t now;		/* milliseconds */
	uint64_t seed;
	unsigned random_calls, random_fail_at;
	char notes[4096], events[4096];
	uint8_t event_data[256]; /* of the last one */
	struct rig_nvm *nvm;	/* the card's; valid while it is open */
	struct emu_nvm *records;
	struct emu_card *card;
	struct cb_buf rsp;
};

/* An unchecked fixture: makes one card of each kind, from which rig_open takes
 * copies. */
void rig_setup(void);

/* Where valgrind looks, scrypt costs a card of the rig next to nothing; a
 * fixture of those who try it as it is. */
void rig_scrypt_cheap(void);
void rig_scrypt_whole(void);

/* A card of its own, powered. */
void rig_open(struct rig *r, enum rig_kind kind);
void rig_close(struct rig *r);
/* Storage in front of other storage, which outlives it. */
struct emu_nvm *rig_watch(struct emu_nvm *inner, struct rig_nvm **out);
/* The environment alone, for emu_card_make. */
void rig_env_init(struct rig *r);
/* Lets go of the card, and opens it again from its records. */
void rig_reopen(struct rig *r);
enum cb_err rig_try_open(struct rig *r, struct cb_why *why);
/* `cut` bytes at the end of a record, what stands there instead, and what
 * comes of opening a card with it. */
struct record_end {
	const char *record;
	size_t cut;
	const char *put;
	enum cb_err want;
};
void rig_record_end(enum rig_kind kind, const struct record_end *end);
/* Starts from these records (taken over). */
void rig_open_records(struct rig *r, struct emu_nvm *records);

/* The answer as hexadecimal; a ring of 4 results. */
const char *rig_send(struct rig *r, const char *cmd);
uint16_t rig_sw(struct rig *r, const char *cmd);
/* printf for commands. */
const char *rig_fmt(const char *fmt, ...) CB_PRINTF(1, 2);
void rig_bytes(struct cb_buf *out, const char *cmd);

/*
 * A conversation, ended by a row without command. Besides commands:
 *	@reset	@off	@on	@wait MS	@tick	@t0	@t1
 *	@reopen			the card from its records
 *	@import S  @import-public S	key S into the current file
 *	@put-key NO S			key S as AuthentIC v3's object NO
 *	@ias-key NO S			key S into IAS ECC's objects NO
 *	@notes			the answer column is what the log must say
 *				(- : nothing), which is then forgotten
 *	@events			the same with events: all of them, a space in
 *				front of each
 *	@disk	@no-disk	whether the step before wrote
 */
struct step {
	const char *cmd, *want;
};
void rig_play(struct rig *r, const char *name, const struct step *steps);

/* A table of conversations, each for a card of its own. */
struct story {
	const char *name;
	enum rig_kind kind;
	const struct step *steps;
};
void rig_story(const struct story *story);
/* One of them without a table. */
void rig_tell(enum rig_kind kind, const char *name, const struct step *steps);
/* The same for a card of another profile (taken over). */
void rig_tell_of(struct emu_profile *p, enum rig_kind kind, const char *name,
    const struct step *steps);
/* One command that is refused, and then touches no disk, or not. Ends with
 * the card. */
void rig_allows(struct rig *r, const char *name, const char *cmd, bool pass,
    const char *want, const char *refused);
/* A command that must answer 9000. */
void rig_must(struct rig *r, const char *cmd);
Suite *rig_suite(const char *name, TCase **tc);
/* For what tries so much that valgrind would take minutes. */
TCase *rig_slow(Suite *s);

/* Everything that the card holds in memory and that outlives power-off is the
 * same in both. */
void rig_same(const struct emu_card *a, const struct emu_card *b);
/* The card in memory is the one in its records. */
void rig_coherent(struct rig *r);
/* Copies records; the result is the caller's. */
struct emu_nvm *rig_copy(struct emu_nvm *from);
/* All records' names and values, one after another. */
void rig_dump(struct emu_nvm *from, struct cb_buf *out);
/* One record, put without asking the card (NULL: deleted). */
void rig_put(struct emu_nvm *into, const char *name, const char *hex);
void rig_put_bytes(
    struct emu_nvm *into, const char *name, struct cb_span value);
void rig_get(struct emu_nvm *from, const char *name, struct cb_buf *out);

/* Components p q qi dp dq n e of a published key ("s80"), or of one of the
 * rig's own ("512", "1024"); borrowed. */
struct cb_span rig_key(const char *section, const char *component);
/* Commands that put a private (public) key into the current file. */
void rig_import(struct rig *r, const char *section, bool public);
/* PUT DATA 3FFF, in a chain where it is long; the first answer that is not
 * 9000, or the last. */
uint16_t rig_put_data(struct rig *r, struct cb_span object);
/* PUT DATA of AuthentIC v3 with all components, chained; the last answer. */
uint16_t rig_put_key(struct rig *r, uint8_t no, const char *section);
/* PUT DATA of IAS ECC, component by component; the first that is not 9000. */
uint16_t rig_ias_key(struct rig *r, uint8_t no, const char *section);
/* True where `signature` is one of `data` under that key, PKCS#1 v1.5. */
bool rig_verify(
    const char *section, struct cb_span signature, struct cb_span data);
/* That the answer is a signature of `data`, a line of words, and not of
 * anything else. */
void rig_signed(struct rig *r, const char *section, const char *data);
/* Data of any length: CLA to P2, and in a chain where they are longer than a
 * command, whose first part is so long. The last answer's status word. */
uint16_t rig_chain(
    struct rig *r, uint32_t head, size_t first, struct cb_span data);
/* What OpenSSL encrypts, of any length, comes back bare; broken, it is 6A80.
 * `key` is the function's. */
typedef uint16_t rig_decipher_fn(
    struct rig *r, const char *key, struct cb_span cryptogram);
void rig_deciphers(struct rig *r, const char *section,
    rig_decipher_fn *decipher, const char *key);
/* PKCS#1 v1.5, type 2. */
void rig_encrypt(
    const char *section, struct cb_span plain, struct cb_buf *out);

/* A profile (authentic5) with text put in: instead of what is found, else at
 * the end. */
struct emu_profile *rig_profile(const char *find, const char *put);
struct emu_profile *rig_profile_of(
    const char *family, const char *find, const char *put);
/* A card made of it, powered. */
void rig_make(struct rig *r, struct emu_profile *p, enum rig_kind kind);
/* What rig_make wishes; keys_from is borrowed from a static. */
void rig_wish(struct emu_make *wish, enum rig_kind kind);

/* ---- words for commands -------------------------------------------------- */

/* A key of 512 bits whose third number begins with a zero byte: hosts leave
 * that out. */
#define SHORT_P \
	"E7D46EAAC7AD5FE2F1056B3F4FDAE52B23B6F32A87BB4451E055025EB5C8BBEB"
#define SHORT_Q \
	"DB923EB7D4A3B598C4933EBF1B3C5A2936C1BF5D469D44645178F5782BAE6955"
#define SHORT_QI \
	"75AC23D4DCA30D08CA2727D18A6483188D8CCB43093BC06D45565C977C985B"
#define SHORT_DP \
	"6809C29C6BBDD7B13DDEE3B16701E22489039A7EF4A8CAD13FAE86C0C02DD47F"
#define SHORT_DQ \
	"458426C132DC65E9290B69493E093C8E61DCB386878DD11265CD030279E9ED45"
#define SHORT_SIGNS_77 \
	"67931CBDE8F38376459E3641C84A53F68B3DB024FE5862EA11D4714987CAD769" \
	"DD1FBC40E23D29B3E661D8B3B9CF4967C5C8DB82BE165B716297FC8AA98CC2F5"

#define AID_CM "A0000000030000"
#define AID_A5 "A000000077010303000000F100000002"
#define SELECT_CM "00A4040C # " AID_CM
#define SELECT_A5 "00A4040C # " AID_A5
#define CD(fid) "00A4000C 02 " fid
#define UP "00A40300 00"
#define VERIFY_USER "00200081 # <" RIG_PIN ">"
#define VERIFY_SO "00200004 # <" RIG_SO_PIN ">"
#define LOGOUT_USER "802E0021"
/* type and second byte, FID, size, access bytes */
#define CREATE(type, fid, size, access) \
	"00E00000 18 6216 8202 " type " 8302 " fid " 8502 " size " 8608 " access
#define FREE "00*8"

/* AuthentIC v3. */
#define AID_A3 "A0000000770100700A1000F100000100"
#define SELECT_A3 "00A40400 # " AID_A3
#define DOWN(fid) "00A40000 02 " fid " 00"
#define A3_VERIFY_1 "00200001 # {" RIG_PIN "}"
#define A3_VERIFY_2 "00200002 # {" RIG_SO_PIN "}"
#define A3_CREATE(fid, size, rules) \
	"00E00000 17 6215 8002 " size " 820101 8302 " fid " 8608 " rules
/* mechanism, number, rules */
#define A3_KEY(mech, no, rules) \
	"00DB3FFF 16 A114 8001 " mech " 8301 " no " 860C " rules
#define A3_MSE_SIGN(no) "002241B6 06 800111 8301 " no
#define A3_MSE_DECIPHER(no) "002241B8 06 800111 8301 " no

/* IAS ECC. */
#define AID_IAS_ROOT "A000000077010800070000FE00000100"
#define AID_IAS "E828BD080FF2504F5420415750"
#define IAS_ROOT "00A4040C # " AID_IAS_ROOT
#define IAS_APP "00A4040C # " AID_IAS
#define IAS_VERIFY_USER "00200001 # '" RIG_PIN "'"
#define IAS_VERIFY_PUK "00200002 # '" RIG_SO_PIN "'"
/* GET DATA of a part whose tag has one byte, two */
#define IAS_GET1(object, part) \
	"00CB3FFF 0A 4D08 7006 " object " 02 " part " 80 00"
#define IAS_GET2(object, part) \
	"00CB3FFF 0B 4D09 7007 " object " 03 " part " 80 00"
/* both halves of a key: number, access bytes (after 8C), bytes of modulus */
#define IAS_PRIVATE(no, access, bytes) \
	"00DB3FFF # 7018 BF90" no "14 A012 A109 8C07 " access \
	" 9E0100 8002 " bytes
#define IAS_PUBLIC(no, access, bytes) \
	"00DB3FFF # 7012 BFA0" no "0E A00C A106 8C04 " access " 8002 " bytes
#define IAS_MSE(crt, key, algorithm) \
	"002241" crt " 06 8401 " key " 8001 " algorithm

#endif
