/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What kind of card a report is of: facts with points, for a kind or against
 * it, and the kind with the most. The points say how rarely the fact is found
 * on cards of other kinds; a hundred is certain, less than SURE_MIN nothing.
 * What is true of iasecc is so of its flavours too, which have facts of their
 * own beside that.
 */
#include <stdio.h>
#include <string.h>

#include "cli/probe/kinds.h"
#include "cli/probe/probe.h"
#include "common/hex.h"
#include "common/tlv.h"

#define SURE_MIN 30
#define SURE_MAX 100
#define N(table) (sizeof(table) / sizeof((table)[0]))

/* ---- what can be seen ---------------------------------------------------- */

/* ATRs in digits, x for any. */
static const struct {
	const char *kind, *atr;
} atrs[] = {
	{ "authentic5", "3B7D1x0000003180718E6477E30x00829000" },
	{ "authentic5", "3B7B1800000031C06477E30300829000" },
	{ "authentic5", "3BFB1100008131FE450031C06477E910000090006A" },
	{ "authentic3", "3BDD18008131FE4580F9A0000000770100700A90008B" },
	{ "authentic3", "3BDB960080B1FE451F830031C064C7FC100007900072" },
	{ "iasecc-gemalto", "3B7F9600000031Bx6440xxxx1073940180829000" },
	{ "iasecc-oberthur",
	    "3BDDxx008131FE4580F9A0000000770108000790 00xx" },
	{ "iasecc", "3B7D1300004D44572D4941532D4341524432" },
	{ "iasecc", "3B7F1800000031B8645023ECC173940180829000" },
	{ "iasecc", "3BDF96008031FE450031B864041FECC173940180829000EC" },
	{ "gemsafe", "3B7B94000080 65B0830101748300 9000" },
	{ "gemsafe", "3B6B00008065B0830101748300 9000" },
	{ "gemsafe", "3B6D000080318065B0830102908300 9000" },
	{ "gemsafe", "3B6B00008065B0830103748300 9000" },
	{ "gemsafe", "3B7A9400008065A20101013D72D643" },
	{ "gemsafe", "3B7D94000080318065B0830101908300 9000" },
	{ "gemsafe", "3B7D96000080318065B083xxxxxx8300 9000" },
};

static bool
atr_fits(const struct report *r, const char *pattern)
{
	char hex[2 * CB_ATR_MAX + 1];
	size_t n = 0;

	cb_hex_encode(hex, sizeof(hex), cb_span(r->atr, r->atr_n));
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == ' ')
			continue;
		if (hex[n] == '\0' || (*pattern != 'x' && *pattern != hex[n]))
			return false;
		n++;
	}
	return hex[n] == '\0';
}

static bool
sees_atr(const struct report *r, const char *kind)
{
	for (size_t i = 0; i < N(atrs); i++)
		if (strcmp(atrs[i].kind, kind) == 0 &&
		    atr_fits(r, atrs[i].atr))
			return true;
	return false;
}

/* How historical bytes begin, which are the same in any protocol: with an
 * application identifier (F9: 7816-4, 12.1.1), or card service data and
 * pre-issuing data. */
static const struct {
	const char *kind, *historical;
} beginnings[] = {
	{ "authentic3", "80F9A0000000770100700A" },
	{ "iasecc-oberthur", "80F9A00000007701080007" },
	{ "iasecc-gemalto", "0031Bx6440xxxx10739401" },
};

static bool
sees_historical(const struct report *r, const char *kind)
{
	char hex[2 * CB_ATR_MAX + 1];
	struct cb_atr atr;

	if (cb_atr_parse(&atr, cb_span(r->atr, r->atr_n)) != CB_OK)
		return false;
	cb_hex_encode(hex, sizeof(hex), atr.historical);
	for (size_t i = 0; i < N(beginnings); i++) {
		const char *p = beginnings[i].historical;
		size_t n = 0;

		if (strcmp(beginnings[i].kind, kind) != 0)
			continue;
		while (p[n] != '\0' && hex[n] != '\0' &&
		    (p[n] == 'x' || p[n] == hex[n]))
			n++;
		if (p[n] == '\0')
			return true;
	}
	return false;
}

static bool
sees_app(const struct report *r, const char *name)
{
	return report_find_app(r, name) != NULL;
}

static bool
lacks_app(const struct report *r, const char *name)
{
	return report_find_app(r, name) == NULL;
}

/* "application:path" or "application:object"; of any application that begins
 * so, which answered. */
static bool
sees_in(const struct report *r, const char *what)
{
	const char *colon = strchr(what, ':');
	size_t n = (size_t)(colon - what);

	for (size_t i = 0; i < r->apps_n; i++) {
		const struct rep_app *app = &r->apps[i];

		if (app->sw != 0x9000 || strncmp(app->name, what, n) != 0)
			continue;
		if (rep_find_file(app, colon + 1) != NULL)
			return true;
		for (size_t j = 0; j < app->objects_n; j++)
			if (strcmp(app->objects[j].name, colon + 1) == 0)
				return true;
	}
	return false;
}

/* EF.ATR as IAS ECC has it: the root's name, and sizes of buffers. */
static bool
sees_atr_file(const struct report *r, const char *path)
{
	struct cb_span content, v;

	for (size_t i = 0; i < r->apps_n; i++) {
		const struct rep_file *f = rep_find_file(&r->apps[i], path);

		if (f == NULL)
			continue;
		content = cb_span(f->content.p, f->content.n);
		if (cb_tlv_find(content, 0x46, &v) == CB_OK &&
		    cb_tlv_find(content, 0x4F, &v) == CB_OK &&
		    cb_tlv_find(content, 0xE0, &v) == CB_OK && v.n >= 16)
			return true;
	}
	return false;
}

/* The form in which a root of IAS ECC tells of itself. */
static bool
sees_form(const struct report *r, const char *tag)
{
	char hex[3];

	for (size_t i = 0; i < r->apps_n; i++) {
		const struct rep_app *app = &r->apps[i];
		const struct rep_file *mf = rep_find_file(app, "3F00");

		if (probe_kind_of(app) == &probe_ias_root && mf != NULL &&
		    mf->fci.n > 0 &&
		    strcmp(cb_hex_encode(hex, sizeof(hex),
			cb_span(mf->fci.p, 1)), tag) == 0)
			return true;
	}
	return false;
}

/* ---- facts --------------------------------------------------------------- */

static const struct {
	const char *kind;
	int points;
	bool (*seen)(const struct report *r, const char *what);
	const char *what, *text;
} facts[] = {
	{ "authentic5", 30, sees_atr, "authentic5", "its ATR" },
	{ "authentic5", 50, sees_app, "authentic5", "its applet answers" },
	{ "authentic5", 10, sees_in, "authentic5:3F00", "its MF" },
	{ "authentic5", 10, sees_in, "authentic5:3F00/5011",
	    "the AWP file system" },
	{ "authentic5", -40, lacks_app, "authentic5",
	    "its applet does not answer" },

	{ "authentic3", 25, sees_atr, "authentic3", "its ATR" },
	{ "authentic3", 15, sees_historical, "authentic3",
	    "its historical bytes" },
	{ "authentic3", 45, sees_app, "authentic3", "its applet answers" },
	{ "authentic3", 15, sees_in, "authentic3:3F00/5015/5031",
	    "its PKCS#15 files" },
	{ "authentic3", 15, sees_in, "authentic3:5F01",
	    "its object about a passcode" },
	{ "authentic3", -40, lacks_app, "authentic3",
	    "its applet does not answer" },

	{ "iasecc", 20, sees_atr, "iasecc", "its ATR" },
	{ "iasecc", 15, sees_atr_file, "3F00/2F01", "EF.ATR" },
	{ "iasecc", 25, sees_app, "iasecc-root",
	    "the root that EF.ATR names answers" },
	{ "iasecc-oberthur", 20, sees_atr, "iasecc-oberthur", "its ATR" },
	{ "iasecc-oberthur", 15, sees_historical, "iasecc-oberthur",
	    "its historical bytes" },
	{ "iasecc-oberthur", 25, sees_app, "iasecc-oberthur",
	    "its root answers" },
	{ "iasecc-oberthur", 15, sees_app, "iasecc-awp",
	    "the application OT AWP" },
	{ "iasecc-oberthur", 5, sees_form, "62", "the form of its FCP" },
	{ "iasecc-gemalto", 20, sees_atr, "iasecc-gemalto", "its ATR" },
	{ "iasecc-gemalto", 15, sees_historical, "iasecc-gemalto",
	    "its historical bytes" },
	{ "iasecc-gemalto", 25, sees_app, "iasecc-gemalto",
	    "its root answers" },
	{ "iasecc-gemalto", 15, sees_app, "iasecc-generic",
	    "the application Generic" },
	{ "iasecc-gemalto", 5, sees_form, "6F", "the form of its FCP" },
	{ "iasecc", 15, sees_app, "iasecc-ecc-eid",
	    "the application ECC-eID" },
	{ "iasecc", 25, sees_in, "iasecc:BF8101.A0",
	    "its object about a passcode" },

	{ "gemsafe", 30, sees_atr, "gemsafe", "its ATR" },
	{ "gemsafe", 40, sees_app, "gemsafe", "its applet answers" },
	{ "gemsafe", 40, sees_app, "gemsafe-v3", "its V3 applet answers" },
	{ "gemsafe", 15, sees_in, "gemsafe:DF03", "its version" },
	{ "gemsafe", 15, sees_in, "gemsafe:3F00/1600/0004",
	    "its file of objects" },

	{ "piv", 70, sees_app, "piv", "its application answers" },
	{ "piv", 30, sees_in, "piv:5FC102", "the CHUID" },
};

/* Of the kind, or of what it is a flavour of. */
static bool
is_about(const char *fact, const char *kind)
{
	size_t n = strlen(fact);

	return strncmp(fact, kind, n) == 0 &&
	    (kind[n] == '\0' || kind[n] == '-');
}

static int
points(const struct report *r, const char *kind)
{
	int sum = 0;

	for (size_t i = 0; i < r->facts_n; i++)
		if (is_about(r->facts[i].kind, kind))
			sum += r->facts[i].points;
	return sum < 0 ? 0 : sum > SURE_MAX ? SURE_MAX : sum;
}

/* ---- remarks ------------------------------------------------------------- */

static const struct {
	const char *kind;
	bool (*seen)(const struct report *r, const char *what);
	const char *what, *text;
} remarks[] = {
	{ "authentic5", sees_atr, "authentic5", "OpenSC 0.20 and later list "
	    "this card, log in and decrypt, but refuse to sign" },
	{ "authentic3", sees_atr, "authentic3", "OpenSC signs with this card; "
	    "it cannot make or import keys on it since 0.20" },
	{ "iasecc", NULL, NULL, "OpenSC 0.23 signs with RSA-PKCS, "
	    "where the access byte of a key allows INTERNAL AUTHENTICATE" },
	{ "gemsafe", sees_app, "gemsafe", "OpenSC signs with SHA-1 only on "
	    "this applet, and reads it only" },
	{ "gemsafe", sees_app, "gemsafe-v3",
	    "OpenSC signs with SHA-256 on this applet, and reads it only" },
	{ "piv", sees_app, "piv", "OpenSC's driver PIV-II takes this card" },
	{ "unknown", NULL, NULL, "cardbridge knows no card like this; the "
	    "names it answered and its ATR are what there is to go by" },
};

/* The first of several with as many points. */
static const char *const kinds[] = { "authentic5", "authentic3", "iasecc",
	"iasecc-oberthur", "iasecc-gemalto", "gemsafe", "piv" };

static enum cb_err
add_remarks(struct report *r)
{
	enum cb_err e = CB_OK;
	bool known = strcmp(r->guess, "unknown") == 0 ||
	    strcmp(r->guess, "piv") == 0;

	for (size_t i = 0; i < N(kinds); i++)
		known |= sees_atr(r, kinds[i]);
	if (!known)
		e = report_remark(r, "OpenSC does not know this ATR: it takes "
		    "the card with a card_atr block in opensc.conf that names "
		    "the driver");
	for (size_t i = 0; i < N(remarks) && e == CB_OK; i++)
		if (is_about(remarks[i].kind, r->guess) &&
		    (remarks[i].seen == NULL ||
			remarks[i].seen(r, remarks[i].what)))
			e = report_remark(r, "%s", remarks[i].text);
	for (size_t i = 0; i < r->apps_n && e == CB_OK; i++) {
		const struct probe_kind *kind = probe_kind_of(&r->apps[i]);

		if (kind != NULL && kind->remark != NULL)
			e = kind->remark(r, &r->apps[i]);
	}
	return e;
}

enum cb_err
probe_guess(struct report *r)
{
	enum cb_err e = CB_OK;

	for (size_t i = 0; i < N(facts) && e == CB_OK; i++) {
		bool against = facts[i].points < 0;

		/* What is against a kind matters where something is for it. */
		if (facts[i].seen(r, facts[i].what) &&
		    (!against || points(r, facts[i].kind) > 0))
			e = report_add_fact(r, facts[i].kind, facts[i].points,
			    facts[i].text);
	}
	(void)snprintf(r->guess, sizeof(r->guess), "unknown");
	r->sure = SURE_MIN - 1;
	for (size_t i = 0; i < N(kinds); i++) {
		unsigned sum = (unsigned)points(r, kinds[i]);

		if (sum > r->sure) {
			(void)snprintf(
			    r->guess, sizeof(r->guess), "%s", kinds[i]);
			r->sure = sum;
		}
	}
	if (strcmp(r->guess, "unknown") == 0)
		r->sure = 0;
	return e == CB_OK ? add_remarks(r) : e;
}
