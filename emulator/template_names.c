/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Names of the content language: what card.label, key.auth.modulus,
 * cert.auth.der and pin.user.unblock stand for.
 */
#include <string.h>

#include "emulator/template_eval.h"

/* Takes the part of *w up to the next dot; empty when there is none left. */
static struct tpl_word
word_part(struct tpl_word *w)
{
	const char *dot = w->n > 0 ? memchr(w->p, '.', w->n) : NULL;
	struct tpl_word part = *w;

	if (dot != NULL) {
		part.n = (size_t)(dot - w->p);
		w->p = dot + 1;
		w->n -= part.n + 1;
	} else {
		w->p += w->n;
		w->n = 0;
	}
	return part;
}

enum cb_err
tpl_find_key(struct tpl_eval *e, struct tpl_word w, unsigned *out)
{
	const struct emu_profile *p = e->t->profile;

	for (unsigned i = 0; i < p->keys_n; i++) {
		if (tpl_word_is(w, p->keys[i].name)) {
			*out = i;
			return CB_OK;
		}
	}
	return tpl_fail(e, "there is no key \"%.*s\" in this profile", (int)w.n,
	    w.p);
}

enum cb_err
tpl_find_cert(struct tpl_eval *e, struct tpl_word w, unsigned *out)
{
	const struct emu_profile *p = e->t->profile;

	for (unsigned i = 0; i < p->certs_n; i++) {
		if (tpl_word_is(w, p->certs[i].name)) {
			*out = i;
			return CB_OK;
		}
	}
	return tpl_fail(e, "there is no certificate \"%.*s\" in this profile",
	    (int)w.n, w.p);
}

static enum cb_err
name_card(struct tpl_eval *e, struct tpl_word what, struct cb_span *out)
{
	if (tpl_word_is(what, "serial")) {
		*out = e->t->serial;
		return CB_OK;
	}
	if (tpl_word_is(what, "label"))
		*out = e->t->label;
	else if (tpl_word_is(what, "user"))
		*out = e->t->user;
	else
		return tpl_fail(e, "a card has label, serial and user");
	e->unsure |= e->check;
	return CB_OK;
}

static enum cb_err
name_key(struct tpl_eval *e, struct tpl_word name, struct tpl_word what,
    struct cb_span *out)
{
	static const uint8_t zeros[512];
	unsigned i = 0, bytes;
	enum cb_err r;

	if ((r = tpl_find_key(e, name, &i)) != CB_OK)
		return r;
	if (tpl_word_is(what, "modulus")) {
		bytes = e->t->profile->keys[i].bits / 8;
		if (e->check)
			*out = cb_span(zeros,
			    bytes < sizeof(zeros) ? bytes : sizeof(zeros));
		else
			*out = e->t->keys[i].modulus;
		return CB_OK;
	}
	if (tpl_word_is(what, "exponent")) {
		*out = e->check ? CB_SPAN_EMPTY : e->t->keys[i].exponent;
		e->unsure |= e->check;
		return CB_OK;
	}
	return tpl_fail(e, "a key has modulus and exponent");
}

static enum cb_err
name_cert(struct tpl_eval *e, struct tpl_word name, struct tpl_word what,
    struct cb_span *out)
{
	static const struct emu_tpl_cert none;
	const struct emu_tpl_cert *c;
	unsigned i = 0;
	enum cb_err r;

	if ((r = tpl_find_cert(e, name, &i)) != CB_OK)
		return r;
	c = e->check ? &none : &e->t->certs[i];
	if (tpl_word_is(what, "der"))
		*out = c->der;
	else if (tpl_word_is(what, "subject"))
		*out = c->subject;
	else if (tpl_word_is(what, "issuer"))
		*out = c->issuer;
	else if (tpl_word_is(what, "serial"))
		*out = c->serial;
	else
		return tpl_fail(
		    e, "a certificate has der, subject, issuer and serial");
	e->unsure |= e->check;
	return CB_OK;
}

/* What of a pin is one byte. */
static const struct {
	const char *name;
	size_t off;
} pin_bytes[] = {
	{ "reference", offsetof(struct emu_pf_pin, ref) },
	{ "min", offsetof(struct emu_pf_pin, min) },
	{ "max", offsetof(struct emu_pf_pin, max) },
};

static enum cb_err
name_pin(struct tpl_eval *e, struct tpl_word name, struct tpl_word what,
    struct cb_span *out)
{
	static const uint8_t zeros[UINT8_MAX];
	const struct emu_pf_app *app = e->t->app;
	const struct emu_pf_pin *pin = NULL;
	unsigned i = 0;

	for (; app != NULL && i < app->pins_n; i++) {
		if (tpl_word_is(name, app->pins[i].name)) {
			pin = &app->pins[i];
			break;
		}
	}
	if (pin == NULL)
		return tpl_fail(e, "there is no pin \"%.*s\" here", (int)name.n,
		    name.p);
	for (size_t k = 0; k < sizeof(pin_bytes) / sizeof(pin_bytes[0]); k++) {
		if (!tpl_word_is(what, pin_bytes[k].name))
			continue;
		*out = cb_span((const uint8_t *)pin + pin_bytes[k].off, 1);
		return CB_OK;
	}
	/* A passcode itself has no name: no file may hold one. */
	if (!tpl_word_is(what, "unblock"))
		return tpl_fail(e, "of a pin, only unblock, reference, min and "
		    "max may be written");
	if (pin->unblock_tries == 0)
		return tpl_fail(
		    e, "pin \"%s\" has no unblock value", pin->name);
	*out = e->check ? cb_span(zeros, pin->unblock_n) : e->t->unblock[i];
	return CB_OK;
}

enum cb_err
tpl_put_name(struct tpl_eval *e, struct tpl_word w, struct cb_buf *out)
{
	struct tpl_word rest = w, kind = word_part(&rest), name;
	struct cb_span value = CB_SPAN_EMPTY;
	enum cb_err r;

	if (tpl_word_is(kind, "card") && rest.n > 0) {
		r = name_card(e, rest, &value);
	} else {
		name = word_part(&rest);
		if (tpl_word_is(kind, "key"))
			r = name_key(e, name, rest, &value);
		else if (tpl_word_is(kind, "cert"))
			r = name_cert(e, name, rest, &value);
		else if (tpl_word_is(kind, "pin"))
			r = name_pin(e, name, rest, &value);
		else
			r = tpl_fail(e,
			    "\"%.*s\" is neither hexadecimal digits nor a name "
			    "(card.label, key.K.modulus, cert.C.der, "
			    "pin.P.unblock)", (int)w.n, w.p);
	}
	return r == CB_OK ? cb_buf_add(out, value) : r;
}

