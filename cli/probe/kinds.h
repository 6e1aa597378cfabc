/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The kinds of cards that a probe knows, as tables: which applications are
 * selected, how their files are found and read, what of these may be told,
 * which passcodes are asked for their tries, which data objects there are. A
 * new kind is rows in kinds.c, and one in guess.c.
 */
#ifndef CLI_PROBE_KINDS_H
#define CLI_PROBE_KINDS_H

#include "cli/probe/show.h"

/* Files that may be there, where a directory does not list its own. */
struct probe_known {
	uint16_t df, first, last;
};

/* What is done with a transparent or linear file: the first row that fits. */
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
};

struct probe_kind {
	const char *name;
	uint8_t p1, p2;		/* of SELECT below the current DF */
	bool by_path;		/* P1 wants the path from the MF */
	bool lists;		/* LIST FILES */
	uint16_t block;		/* of READ BINARY, at most 256 */
	const struct probe_known *known;
	size_t known_n;
	const struct probe_see *sees;
	size_t sees_n;
	const struct probe_query *queries;
	size_t queries_n;
	const struct probe_object *objects;
	size_t objects_n;
};

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

#endif
