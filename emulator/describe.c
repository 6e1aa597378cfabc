/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card in words, for `card show`: who it is, its rules, its passcodes, its
 * files, and by name whatever nobody's credential guards at rest.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/hex.h"
#include "emulator/applets/applet.h"
#include "emulator/crypto/cert.h"

/* Files that are tried as unblock values. */
#define LOOKS_MAX 16

static enum cb_err say(struct cb_buf *out, const char *fmt, ...)
    CB_PRINTF(2, 3);

static enum cb_err
say(struct cb_buf *out, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return cb_buf_add(out, cb_span_str(line));
}

static const char *
type_word(uint8_t type)
{
	switch (type) {
	case EMU_DF:
		return "DF";
	case EMU_EF_TRANSPARENT:
		return "EF transparent";
	case EMU_EF_LINEAR:
		return "EF records";
	case EMU_OBJECT:
		return "data object";
	case EMU_KEY_DES:
		return "DES key";
	case EMU_KEY_RSA_PUBLIC:
		return "RSA public key";
	case EMU_KEY_RSA_PRIVATE:
		return "RSA private key";
	default:
		return "file";
	}
}

static const char *
role_word(uint8_t role)
{
	return role == EMU_ROLE_USER ? "holder's passcode"
	    : role == EMU_ROLE_SO    ? "SO passcode"
				     : "passcode";
}

static enum cb_err
say_head(const struct emu_card *card, struct cb_buf *out)
{
	const struct emu_policy *p = &card->policy;
	char atr[2 * CB_ATR_MAX + 1];
	enum cb_err r;

	cb_hex_encode(atr, sizeof(atr),
	    cb_span(card->info.atr, card->info.atr_n));
	if ((r = say(out, "Label:      %s\n", card->info.label)) != CB_OK ||
	    (r = say(out, "Serial:     %s\n", card->info.serial)) != CB_OK ||
	    (r = say(out, "Kind:       %s\n",
		 card->info.test ? "test: its keys and passcodes prove nothing"
				 : "live")) != CB_OK ||
	    (r = say(out, "Profile:    %s\n", card->info.profile)) != CB_OK ||
	    (r = say(out, "ATR:        %s (T=%d)\n", atr,
		 card->info.proto == EMU_T1)) != CB_OK ||
	    (r = say(out, "Size:       %u bytes, %u used\n", card->size,
		 card->used)) != CB_OK)
		return r;
	return say(out,
	    "Policy:     at most %u tries; passcodes of %u to %u %s; RSA of "
	    "%u bits or more;\n"
	    "            a login ends after %u s without use and after %u s; "
	    "scrypt N=2^%u r=%u p=%u\n",
	    p->tries, p->pin_min, p->pin_max,
	    p->pin_digits ? "digits" : "printable characters", p->rsa_min,
	    p->idle_s, p->total_s, p->scrypt_log2n, p->scrypt_r,
	    p->scrypt_p);
}

static enum cb_err
say_pins(struct emu_app *app, struct cb_buf *out)
{
	char rules[160];
	enum cb_err r;

	for (const struct emu_pin *p = app->pins; p != NULL; p = p->next) {
		r = say(out, "  %04X/%02X  %s: %u of %u tries left%s",
		    p->owner->fid, p->ref, role_word(p->role), p->tries,
		    p->tries_max, p->tries == 0 ? " (blocked)" : "");
		if (r == CB_OK && p->unblock_max != 0)
			r = say(out, "; unblock value: %u of %u",
			    p->unblock_tries, p->unblock_max);
		emu_pin_rules_text(app, p, rules, sizeof(rules));
		if (r == CB_OK)
			r = say(out, "%s%s\n", rules[0] != '\0' ? "; " : "",
			    rules);
		if (r != CB_OK)
			return r;
	}
	return CB_OK;
}

static enum cb_err
say_file(struct emu_app *app, struct emu_file *f, struct cb_buf *out)
{
	const bool key = f->type == EMU_KEY_RSA_PRIVATE ||
	    f->type == EMU_KEY_RSA_PUBLIC || f->type == EMU_KEY_DES;
	char access[2 * EMU_ACCESS_MAX + 1], rules[160] = "", cert[256];
	int depth = 1;
	enum cb_err r;

	for (const struct emu_file *up = f->parent; up != NULL;
	    up = up->parent)
		depth++;
	cb_hex_encode(access, sizeof(access), cb_span(f->access, f->access_n));
	emu_rules_text(app, f, rules, sizeof(rules));
	r = say(out, "%*s%04X  %-15s", 2 * depth, "", f->fid,
	    type_word(f->type));
	if (r == CB_OK && key)
		r = say(out, " %5u bits ", f->size);
	else if (r == CB_OK && f->type == EMU_EF_LINEAR)
		r = say(out, " %2u of %2u  ", emu_ef_records(f), f->size);
	else if (r == CB_OK && emu_ef_bytes(f))
		r = say(out, " %5u bytes", f->size);
	else if (r == CB_OK)
		r = say(out, "            ");
	if (r == CB_OK)
		r = say(out, "  %s  %s\n", access, rules);
	if (r == CB_OK && f->type == EMU_EF_TRANSPARENT && f->parts != NULL &&
	    f->parts->stored.n == 0 && f->parts->open &&
	    emu_cert_text(cb_buf_span(&f->parts->plain), cert,
		sizeof(cert)) == CB_OK)
		r = say(out, "%*scertificate: %s\n", 2 * depth + 6, "", cert);
	return r;
}

/* An EF with something in it that nobody may read, as the card lies. */
static bool
is_hidden(struct emu_app *app, const struct emu_file *f)
{
	if ((f->type != EMU_EF_TRANSPARENT && f->type != EMU_EF_LINEAR) ||
	    emu_allowed(app, f, EMU_OP_READ) == SW_OK)
		return false;
	for (const struct emu_part *p = f->parts; p != NULL; p = p->next)
		for (size_t i = 0; i < p->plain.n; i++)
			if (p->plain.p[i] != 0)
				return true;
	return false;
}

/* What a thief of the card file could use without any passcode. */
static enum cb_err
say_unguarded(struct emu_app *app, struct cb_buf *out)
{
	unsigned looks = 0;	/* each costs scrypt */
	enum cb_err r = CB_OK;

	for (struct emu_file *f = app->mf; r == CB_OK && f != NULL;
	    f = emu_fs_next(f)) {
		const struct emu_pin *pin;

		if (!emu_file_unguarded(app, f))
			continue;
		if ((f->type == EMU_KEY_RSA_PRIVATE ||
			f->type == EMU_KEY_DES) &&
		    f->parts != NULL)
			r = say(out,
			    "NOT PROTECTED AT REST: %s %04X: no passcode "
			    "guards it\n",
			    type_word(f->type), f->fid);
		else if (is_hidden(app, f))
			r = say(out,
			    "NOT PROTECTED AT REST: %s %04X: the card lets "
			    "nobody read it, but no passcode guards it\n",
			    type_word(f->type), f->fid);
		else if (f->type == EMU_EF_TRANSPARENT && f->parts != NULL &&
		    f->size >= EMU_UNBLOCK_MIN && f->size <= EMU_UNBLOCK_MAX &&
		    looks++ < LOOKS_MAX &&
		    (pin = emu_pin_opened_by(app,
			 cb_buf_span(&f->parts->plain))) != NULL)
			r = say(out,
			    "NOT PROTECTED AT REST: EF %04X can be read by "
			    "anybody and holds the unblock value of the %s "
			    "%02X:\n"
			    "  whoever has this file can set a new passcode "
			    "and use the keys. pkcs15-init makes cards like "
			    "this.\n",
			    f->fid, role_word(pin->role), pin->ref);
	}
	return r;
}

enum cb_err
emu_card_describe(const struct emu_card *card, struct cb_buf *out)
{
	enum cb_err r;

	if ((r = say_head(card, out)) != CB_OK)
		return r;
	for (unsigned i = 0; i < card->apps_n; i++) {
		/* The tree's walkers take a writable application; none of
		 * them writes here. */
		struct emu_app app = card->apps[i];

		if ((r = say(out, "Application %s\n", app.applet->name)) !=
			CB_OK ||
		    (r = say_pins(&app, out)) != CB_OK)
			return r;
		for (struct emu_file *f = app.mf; f != NULL;
		    f = emu_fs_next(f))
			if ((r = say_file(&app, f, out)) != CB_OK)
				return r;
		if ((r = say_unguarded(&app, out)) != CB_OK)
			return r;
	}
	return CB_OK;
}
