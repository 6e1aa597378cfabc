/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A profile: what a card looks like, read from a text file (libconfig;
 * cardbridge-profile(5)) into plain tables. make.c lays a card out from them;
 * nothing here knows how a card behaves. Strings and tables belong to the
 * profile and live until emu_profile_free. References between tables are
 * indices, checked when the profile was read.
 */
#ifndef EMU_PROFILE_H
#define EMU_PROFILE_H

#include "emulator/card.h"

#define EMU_PF_ATRS_MAX 16
#define EMU_PF_SERIAL_MAX 8
#define EMU_PF_NONE (-1)

/* Bytes written in the content language: expressions to be put one after
 * another. emu_template_eval (template.h) makes bytes of them. */
struct emu_term {
	const char *text;
	unsigned line;
};

struct emu_terms {
	struct emu_term *p;
	unsigned n;		/* 0: nothing was said */
	const char *file;	/* for messages, with the terms' lines */
};

struct emu_pf_key {
	const char *name;
	unsigned bits;		/* RSA */
	const char *published;	/* section of a published keys file, or NULL */
	unsigned line;
};

struct emu_pf_cert {
	const char *name;
	unsigned key;		/* index into keys */
	unsigned usage;		/* bits of enum emu_cert_usage */
	unsigned line;
};

struct emu_pf_file {
	const char *path;	/* "3F00/5011/9001" */
	uint16_t fid;
	int parent;		/* index into files, always smaller; MF: NONE */
	uint8_t type;		/* enum emu_file_type */
	uint16_t size;		/* bytes, records or bits; see `fit` */
	bool fit;		/* transparent: as long as its content */
	uint8_t access[EMU_ACCESS_MAX];
	uint8_t access_n;
	uint8_t name[EMU_NAME_MAX]; /* of a df */
	uint8_t name_n;
	uint8_t sfi, template;
	bool commits;		/* these four as in struct emu_file */
	bool blank;		/* exists on a blank card too */
	bool blank_content;	/* and holds there what it always holds */
	struct emu_terms content;	/* transparent; n 0: zeros */
	struct emu_terms *records;	/* linear */
	unsigned records_n;
	int key;		/* RSA files: index into keys; NONE: empty */
	unsigned line;
};

struct emu_pf_pin {
	const char *name;
	unsigned owner;		/* index into files, a DF */
	uint8_t ref;		/* without bit 8 */
	enum emu_role role;
	uint8_t tries;
	uint8_t unblock_tries;	/* 0: no unblock value */
	uint8_t unblock_n;	/* bytes of it, drawn at random */
	uint8_t min, max;	/* characters; 0: as the policy says */
	uint8_t access[EMU_ACCESS_MAX];
	uint8_t access_n;
	bool blank;		/* exists on a blank card too */
	unsigned line;
};

struct emu_pf_app {
	const char *applet;
	uint8_t aid[EMU_AID_MAX];
	uint8_t aid_n;
	bool keep_verified;	/* when the application is selected again */
	bool bare_fcp, silent_names, from_reset; /* as in struct emu_app */
	struct emu_pf_file *files; /* parents first, in order of creation */
	unsigned files_n;
	struct emu_pf_pin *pins;
	unsigned pins_n;
	unsigned line;
};

struct emu_pf_atr {
	uint8_t p[CB_ATR_MAX];
	uint8_t n;
};

struct emu_profile {
	const char *name;
	const char *file;	/* where it was read from, for messages */
	const char *label;	/* unless somebody wishes another */
	unsigned label_max;	/* characters */
	unsigned serial_n;	/* bytes of a card serial */
	struct emu_pf_atr atrs[EMU_PF_ATRS_MAX]; /* the first unless wished */
	unsigned atrs_n;
	struct emu_terms cplc;	/* EMU_CPLC_N bytes */
	uint8_t cm_aid[EMU_AID_MAX];
	uint8_t cm_aid_n;
	uint32_t size;		/* of the card, bytes */
	unsigned size_line;
	uint32_t max_apdu;
	struct emu_policy live, test;
	uint16_t answers[EMU_ANS_N];	/* defaults filled in */
	struct emu_pf_key *keys;
	unsigned keys_n;
	struct emu_pf_cert *certs;
	unsigned certs_n;
	struct emu_pf_app apps[EMU_APPS_MAX];
	unsigned apps_n;
	struct config_t *text;	/* owns the strings */
	char *where;		/* owns `file` */
};

/* A file's index by path ("3F00/5011"), or NONE. */
int emu_pf_file_find(
    const struct emu_pf_app *app, const char *path, size_t n);

#endif
