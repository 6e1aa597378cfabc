/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A profile that is being made of a report: the shipped one's settings, and
 * what the files of this folder do to them. The first failure is remembered;
 * later calls do nothing.
 */
#ifndef CLI_DESCRIBE_DRAFT_H
#define CLI_DESCRIBE_DRAFT_H

#include <libconfig.h>

#include "cli/describe/describe.h"

#define DRAFT_REF_MASK 0x1F	/* of a reference, without the bit for local */

struct draft {
	const struct report *r;
	config_t text;
	config_setting_t *root;
	struct cb_buf *out;
	struct describe_notes *notes;
	enum cb_err err;
};

/* draft.c: an assumption; text of the profile. */
void draft_note(struct draft *d, const char *fmt, ...) CB_PRINTF(2, 3);
void draft_put(struct draft *d, const char *fmt, ...) CB_PRINTF(2, 3);
/* Settings of a group; NULL, "" and -1 where there is none. */
config_setting_t *draft_member(config_setting_t *group, const char *name);
const char *draft_text(config_setting_t *group, const char *name);
/* The element of a list that has this member. */
config_setting_t *draft_find(
    config_setting_t *list, const char *member, const char *v);
int draft_number(config_setting_t *group, const char *name);
void draft_set_text(struct draft *d, config_setting_t *group,
    const char *name, const char *v);
void draft_set_number(struct draft *d, config_setting_t *group,
    const char *name, int v);
/* A setting that is not there is false already. */
void draft_set_bool(struct draft *d, config_setting_t *group,
    const char *name, bool v);
/* Bytes as profiles have them: "00 FF". */
const char *draft_hex(const struct rep_access *a, char out[3 * REP_ACCESS_MAX]);
/* A list of the card's without its elements, where it was. */
config_setting_t *draft_emptied(struct draft *d, const char *name);
void draft_add_text(struct draft *d, config_setting_t *list, const char *text);
/* Raises a rule of both policies to what the card has, or lowers it. */
void draft_policy(struct draft *d, const char *rule, int v, bool at_least);

/* identity.c: name, ATR, production data. */
void draft_name(struct draft *d);
void draft_atr(struct draft *d);
void draft_cplc(struct draft *d);
/* The label has as many characters as the card's. */
void draft_label(struct draft *d, size_t n);
/* settings.c */
void draft_settings(
    struct draft *d, config_setting_t *app, const struct rep_app *tree);
/* tree.c: what the report has of an application of the profile, NULL where
 * that is nothing: one table of files and passcodes. Changes the profile's
 * names and paths to the card's. */
struct rep_app *draft_tree(struct draft *d, config_setting_t *app);
void draft_tree_free(struct rep_app **tree);
/* pins.c */
void draft_pins(struct draft *d, config_setting_t *app,
    const struct rep_app *found, bool blank);
/* keys.c: the key pair of a private or public key's file, one of its own where
 * the shipped profile has none. NULL: there is no key in the file. */
config_setting_t *draft_key(struct draft *d, const struct rep_app *tree,
    const struct rep_file *f, config_setting_t *files);
/* directory.c: PKCS#15 files with something hidden. */
bool draft_is_directory(const struct rep_app *tree, const struct rep_file *f);
void draft_directory(struct draft *d, const struct rep_app *tree,
    const struct rep_file *f, config_setting_t *files);
/* files.c: is there nothing but what a blank card has? */
bool draft_is_blank(config_setting_t *files, const struct rep_app *found);
/* Writes the list, in the order of the report. */
void draft_files(struct draft *d, config_setting_t *files,
    const struct rep_app *found, bool blank);

#endif
