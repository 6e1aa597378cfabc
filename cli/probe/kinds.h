/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The kinds of cards that a probe knows, as tables: which applications are
 * selected, how their files are found and read, what of these may be told,
 * which passcodes are asked for their tries, which data objects there are. A
 * new kind is a file kind_*.c, rows in kinds.c, and facts in guess.c.
 */
#ifndef CLI_PROBE_KINDS_H
#define CLI_PROBE_KINDS_H

#include "cli/probe/show.h"

/* Files that may be there, where a directory does not list its own. */
struct probe_known {
	uint16_t df;		/* 0: where the application begins */
	uint16_t first, last;
};

/* What is done with a transparent or linear file: the first row that fits.
 * The last one fits all. */
struct probe_see {
	uint16_t df;		/* 0: any */
	uint16_t fid, mask;
	probe_show *show;	/* NULL: read, and nothing told */
	const char *blots;	/* what stays hidden, for the report's end */
	const char *never;	/* not read at all: why */
};

/* A passcode that is asked for its tries, its DF being current. */
struct probe_query {
	const char *owner;	/* path, or NULL: wherever the walk ended */
	uint8_t ref;
};

/* A data object, or one of a row of them. */
struct probe_object {
	const char *name, *suffix; /* in the report; its number between */
	uint8_t cla, ins, p1, p2;
	uint8_t data[12];
	uint8_t data_n;
	uint8_t number_at;	/* in data; 0: none, the number is P2's */
	uint8_t from, to;	/* 0: one object without a number */
	probe_show *show;
	const char *blots;
	/* What it says of a passcode; *pin has the number. NULL: nothing. */
	void (*pin)(struct cb_span data, struct rep_pin *pin);
	/* What it says of a key or another object beside the files, which has
	 * this identifier and its number in it. NULL: nothing. */
	enum cb_err (*file)(struct cb_span data, struct rep_file *f);
	uint16_t fid;
};

struct probe_kind {
	const char *name;
	uint8_t p1, p2;		/* of SELECT below the current DF */
	bool again;		/* where that form is refused, another one: */
	uint8_t again_p1, again_p2;
	bool by_path;		/* P1 wants the path from the MF */
	bool lists;		/* LIST FILES */
	bool part;		/* its files are below another's MF */
	uint16_t block;		/* of READ BINARY, at most 256 */
	const struct probe_known *known;
	size_t known_n;
	const struct probe_see *sees;
	const struct probe_query *queries;
	size_t queries_n;
	const struct probe_object *objects;
	size_t objects_n;
	/* What neither SELECT nor GET DATA shows, and its files tell of. */
	enum cb_err (*infer)(struct rep_app *app);
	/* What a reader of the report should know. */
	enum cb_err (*remark)(struct report *r, const struct rep_app *app);
};

#define PROBE_N(table) (sizeof(table) / sizeof((table)[0]))
#define PROBE_ROWS(table) .table = (table), .table##_n = PROBE_N(table)

extern const struct probe_kind probe_authentic5, probe_authentic3,
    probe_ias_root, probe_ias_app, probe_gemsafe, probe_piv, probe_reset;

/* PKCS#15 files, as AuthentIC v3 and IAS ECC have them. */
extern const struct probe_see probe_p15_sees[];
/* What is blotted, in words that several kinds use. */
extern const char probe_blots_certificates[], probe_blots_unknown[],
    probe_blots_serial[];

/* An application that is selected by name. */
struct probe_name {
	const char *name;	/* in the report */
	const char *aid;	/* hexadecimal */
	uint8_t p2;
	bool le;
	const struct probe_kind *kind; /* NULL: only whether it answers */
	const char *path;	/* where its files are */
};

extern const struct probe_name probe_names[];
extern const size_t probe_names_n;
/* Names that a card's own files tell: what begins so. */
extern const struct probe_name probe_told[];
extern const size_t probe_told_n;
extern const struct probe_name probe_told_root;

/* NULL: of none, or only its answer is known. */
const struct probe_kind *probe_kind_of(const struct rep_app *app);

#endif
