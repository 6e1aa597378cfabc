/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Files of an application: the tree and the contents. A file's content is a
 * set of numbered parts: a transparent EF has part 0 and, where somebody
 * without the right to read has written, patches 1.. on top of it; a record
 * EF has one part a record; a key file one a component. Each part is stored
 * plain, or sealed to the domains (pin.h) of whoever may use it.
 *
 * Owned by the application's tree; pointers live until the file is deleted.
 */
#ifndef EMU_FS_H
#define EMU_FS_H

#include "common/buf.h"
#include "emulator/pin.h"

struct emu_app;
struct emu_card;
struct emu_rsa;
struct emu_rsa_parts;
struct emu_domain;

enum emu_file_type {	/* first byte of the file descriptor, or ours */
	EMU_EF_TRANSPARENT = 0x01,
	EMU_EF_LINEAR = 0x04,	/* linear, variable records */
	EMU_PIN = 0x08,		/* no file, but it has access bytes */
	EMU_KEY_DES = 0x11,
	EMU_KEY_RSA_PUBLIC = 0x12,
	EMU_KEY_RSA_PRIVATE = 0x14,
	EMU_OBJECT = 0x18,	/* data that no FID selects, free to read */
	EMU_DF = 0x38,
};

#define EMU_GUARDS_MAX 8
#define EMU_NAME_MAX 16		/* bytes of a DF name (7816-4, 7.4.1) */

/* Operations that a file's access bytes speak of; an applet maps them to
 * positions. */
enum emu_op {
	EMU_OP_READ, EMU_OP_UPDATE, EMU_OP_APPEND, EMU_OP_ERASE, /* EF, key */
	EMU_OP_CREATE, EMU_OP_DELETE, EMU_OP_LIST, EMU_OP_CRYPTO, /* DF */
	EMU_OP_PIN_DEFINE, EMU_OP_PIN_CHANGE, EMU_OP_PIN_RESET,	/* DF */
	EMU_OP_PIN_VERIFY,
	EMU_OP_SIGN, EMU_OP_DECIPHER, EMU_OP_GENERATE,		/* key */
	EMU_OP_AUTH,		/* key: INTERNAL AUTHENTICATE */
};

struct emu_part {
	struct emu_part *next;	/* ascending no */
	uint16_t no;
	bool deleted;		/* a record slot without record */
	uint16_t size;		/* of the plain bytes */
	struct cb_buf stored;	/* sealed: as in nvm; plain: empty */
	struct cb_buf plain;	/* plain: the bytes; sealed: while open */
	bool open;		/* plain is valid */
};

struct emu_file {
	uint32_t id;		/* number within the application */
	uint16_t fid;
	uint8_t type;		/* enum emu_file_type */
	uint16_t size;		/* as created: bytes, records or bits */
	uint8_t access[EMU_ACCESS_MAX];
	uint8_t access_n;
	uint8_t name[EMU_NAME_MAX]; /* DF name, of a DF below the MF */
	uint8_t name_n;
	uint8_t sfi;		/* short EF identifier (1..30), or 0 */
	uint8_t template;	/* key: the only CRT that may name it, or 0 */
	bool commits;		/* key: to commit to content (A0/9E) */
	struct emu_file *parent, *child, *next; /* in order of creation */
	struct emu_part *parts;
	struct emu_rsa *rsa;	/* private key in use, while open */
	/* What was put into it since the last reset or logout; or NULL. */
	struct emu_rsa_parts *coming;
};

/* ---- tree --------------------------------------------------------------- */

struct emu_file *emu_fs_child(const struct emu_file *df, uint16_t fid);
/* RSA keys and data objects. Cards with EMU_SELECT_NO_KEYS number them beside
 * the files: the same among these alone, or among all but them. */
bool emu_fs_is_key(const struct emu_file *f);
struct emu_file *emu_fs_key(const struct emu_file *df, uint16_t no);
struct emu_file *emu_fs_no_key(const struct emu_file *df, uint16_t fid);
struct emu_file *emu_fs_short(const struct emu_file *df, uint8_t sfi);
/* The first DF below the MF whose name begins with this; NULL. */
struct emu_file *emu_fs_named(const struct emu_app *app, struct cb_span name);
struct emu_file *emu_fs_by_id(const struct emu_app *app, uint32_t id);
/* 0000, 3F00, 3FFF, FFFF (7816-4, 7.4.1). */
bool emu_fs_fid_reserved(uint16_t fid);
/* Next file of the tree in pre-order after f; NULL at the end. */
struct emu_file *emu_fs_next(const struct emu_file *f);
bool emu_fs_is_under(const struct emu_file *f, const struct emu_file *top);
/* Bytes of the card's size that a file takes while it is empty. */
uint32_t emu_fs_cost(const struct emu_file *f);
/* What a part takes beyond that: records, and patches until they are folded. */
uint32_t emu_part_cost(const struct emu_file *f, const struct emu_part *p);

/* Makes a file below `parent` (NULL: the MF). Transparent EFs are zero-filled.
 * SW_NO_SPACE, SW_MEMORY_FAILURE. Rights and duplicates are the caller's. */
uint16_t emu_fs_create(struct emu_app *app, struct emu_file *parent,
    const struct emu_file *model, struct emu_file **out);
/* Deletes a file without children, its parts, and PINs and domains it owns. */
uint16_t emu_fs_delete(struct emu_app *app, struct emu_file *f);
/* Frees memory only. */
void emu_fs_free(struct emu_app *app);

/* ---- parts -------------------------------------------------------------- */

struct emu_part *emu_part_find(const struct emu_file *f, uint16_t no);
/* Writes a part, sealed to f's guards where it has any. */
uint16_t emu_part_put(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span plain);
/* Reads it: *plain is borrowed until the next change or logout.
 * SW_RECORD_NOT_FOUND: no such part; SW_SECURITY_STATUS: sealed, and nobody
 * who could open it is logged in; SW_DATA_NOT_USABLE: damaged. */
uint16_t emu_part_get(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span *plain);
uint16_t emu_part_del(struct emu_app *app, struct emu_file *f, uint16_t no);
/* Keeps the slot, forgets the bytes (it then reads as zeros). */
uint16_t emu_part_blank(struct emu_app *app, struct emu_file *f, uint16_t no);
/* Seals everything under `top` anew whose guards have changed and which is
 * readable now (after a PIN came or went). */
uint16_t emu_parts_reseal(struct emu_app *app, struct emu_file *top);
/* True where a part is sealed to this domain and no other. */
bool emu_parts_only_for(struct emu_app *app, const struct emu_domain *d);
/* Wipes every opened part and key that no open domain opens. */
void emu_parts_close(struct emu_app *app);
/* Wipes the opened copies of f's sealed parts (they open again on demand). */
void emu_parts_shut(struct emu_file *f);
/* store.c: a part as it came from nvm; CB_E_FORMAT. */
CB_MUST_USE enum cb_err emu_part_load(
    struct emu_file *f, uint16_t no, struct cb_span stored);
/* True where the file's content needs no credential of anybody at rest. */
bool emu_file_unguarded(struct emu_app *app, struct emu_file *f);

/* ---- transparent and record EFs ----------------------------------------- */

/* Is its content one string of bytes, in part 0? */
static inline bool
emu_ef_bytes(const struct emu_file *f)
{
	return f->type == EMU_EF_TRANSPARENT || f->type == EMU_OBJECT;
}

uint16_t emu_ef_read(struct emu_app *app, struct emu_file *f, uint32_t off,
    uint32_t ne, struct cb_buf *out);
uint16_t emu_ef_write(struct emu_app *app, struct emu_file *f, uint32_t off,
    struct cb_span data);

/* Slots including deleted ones; longest record present. */
unsigned emu_ef_records(const struct emu_file *f);
uint16_t emu_ef_longest(const struct emu_file *f);
uint16_t emu_ef_record_read(struct emu_app *app, struct emu_file *f,
    uint8_t no, uint32_t ne, struct cb_buf *out);
uint16_t emu_ef_record_update(struct emu_app *app, struct emu_file *f,
    uint8_t no, struct cb_span data);
uint16_t emu_ef_record_append(
    struct emu_app *app, struct emu_file *f, struct cb_span data);
uint16_t emu_ef_record_delete(
    struct emu_app *app, struct emu_file *f, uint8_t no);

/* ---- keys --------------------------------------------------------------- */

/* The key of a private key file, loaded when first used after a login and
 * kept while its guards are open. EMU_ANS_KEY_INCOMPLETE, SW_SECURITY_STATUS. */
uint16_t emu_key_private(
    struct emu_app *app, struct emu_file *f, struct emu_rsa **out);
/* Is there a component for each part of a private, of a public key? */
bool emu_key_filled(const struct emu_file *f);
/* Deletes all components. */
uint16_t emu_key_empty(struct emu_app *app, struct emu_file *f);
/* Puts in a component that came from outside. */
uint16_t emu_key_put(struct emu_app *app, struct emu_file *f, uint16_t no,
    struct cb_span value);
/* That was done: is the key whole now, that is told. `key`: which it is; NULL:
 * what its components make. */
void emu_key_imported(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key);
/* Wipes what was remembered for that. */
void emu_key_forget(struct emu_file *f);
/* The file is about to lose what it holds: was that a key, it is told. */
void emu_key_dropped(const struct emu_app *app, const struct emu_file *f);
/* Writes all components of a key into a private key file / into a public. */
uint16_t emu_key_store_private(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key);
uint16_t emu_key_store_public(
    struct emu_app *app, struct emu_file *f, const struct emu_rsa *key);
/* Makes a key of the file's length (e empty: 65537), stores the private half
 * and gives the key to the caller. SW_WRONG_DATA: an exponent we refuse. */
uint16_t emu_key_generate(struct emu_app *app, struct emu_file *f,
    struct cb_span e, struct emu_rsa **out);
/* PERFORM SECURITY OPERATION with a private key, all but the rights:
 * SW_WRONG_LENGTH; EMU_ANS_BAD_PADDING; as emu_key_private. */
uint16_t emu_key_sign(struct emu_app *app, struct emu_file *f,
    struct cb_span data, struct cb_buf *out);
uint16_t emu_key_decipher(struct emu_app *app, struct emu_file *f,
    struct cb_span cryptogram, struct cb_buf *out);

#endif
