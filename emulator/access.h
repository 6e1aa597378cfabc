/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access rules. A card writes them as bytes, each kind of card in its own
 * way; an applet makes of them what all kinds mean: an operation is never
 * allowed, always, or while any one of some PINs is verified. What is done
 * with a rule is here: asking it, finding whose credential guards a content
 * at rest, saying it to people.
 */
#ifndef EMU_ACCESS_H
#define EMU_ACCESS_H

#include "emulator/card.h"

#define EMU_RULE_PINS 8

enum emu_rule_kind {
	EMU_NO_RULE,	/* the object knows no such operation: never */
	EMU_NEVER,
	EMU_ALWAYS,
	EMU_ANY_OF,	/* of the pins; none: of one that is not there yet */
};

struct emu_rule {
	enum emu_rule_kind kind;
	struct emu_pin *pins[EMU_RULE_PINS];
	unsigned pins_n;
};

/* Where an operation's bytes stand among the access bytes of a type. */
struct emu_position {
	uint8_t type;		/* enum emu_file_type */
	uint8_t op;		/* enum emu_op */
	uint8_t at;
};

/* NULL: the type knows no such operation. */
const struct emu_position *emu_position_find(
    const struct emu_position *table, size_t n, uint8_t type, enum emu_op op);

/* SW_OK or SW_SECURITY_STATUS: is it satisfied now? */
uint16_t emu_rule_check(const struct emu_rule *rule);
/* Is op on f allowed now? */
uint16_t emu_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op);
/* What is allowed with a PIN: by its own rules, or those of its DF. */
void emu_pin_rule(struct emu_app *app, const struct emu_pin *pin,
    enum emu_op op, struct emu_rule *out);
uint16_t emu_pin_allowed(
    struct emu_app *app, const struct emu_pin *pin, enum emu_op op);
/* May somebody set a new value without the old one? Only the holder of a PIN
 * that the rule names: "always" would be anybody's right. */
uint16_t emu_pin_named(
    struct emu_app *app, const struct emu_pin *pin, enum emu_op op);
/* Use of a private key: that, and CRYPTO of its DF. */
uint16_t emu_key_allowed(
    struct emu_app *app, const struct emu_file *f, enum emu_op op);
/* Domains of those who may read f's content (a key: use it). Returns how
 * many; 0: nobody's credential guards it. */
unsigned emu_guards(struct emu_app *app, const struct emu_file *f,
    struct emu_domain *out[EMU_GUARDS_MAX]);
/* One line for `card show`: the rules of a file, of a PIN, in words. */
void emu_rules_text(struct emu_app *app, const struct emu_file *f, char *out,
    size_t size);
void emu_pin_rules_text(struct emu_app *app, const struct emu_pin *pin,
    char *out, size_t size);

#endif
