/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any text, read as a report. What is one must come round, and a profile made
 * of it, or a reason why not.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/describe/describe.h"
#include "tests/fuzz/fuzz.h"

#define SHIPPED(name) FUZZ_TOP "/data/profiles/" name ".profile"

static const struct {
	const char *guess, *shipped;
} kinds[] = {
	{ "authentic3", SHIPPED("authentic3") },
	{ "iasecc", SHIPPED("iasecc") },
	{ "iasecc-oberthur", SHIPPED("iasecc-oberthur") },
	{ "iasecc-gemalto", SHIPPED("iasecc-gemalto") },
};

static const char *
shipped(const struct report *r)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(r->guess, kinds[i].guess) == 0)
			return kinds[i].shipped;
	return SHIPPED("authentic5");
}

static void
come_round(const struct report *r)
{
	struct cb_buf text = CB_BUF_INIT_MAX(16 << 20);
	struct report *back = NULL;
	struct cb_why why = { "" };

	if (report_write(r, &text) != CB_OK || cb_put_u8(&text, 0) != CB_OK ||
	    report_parse(&back, (char *)text.p, "again", &why) != CB_OK)
		abort();
	report_free(&back);
	cb_buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct describe_notes notes = { NULL, 0 };
	struct cb_buf profile = CB_BUF_INIT;
	struct report *r = NULL;
	struct cb_why why = { "" };
	char *text = malloc(n + 1);

	if (text == NULL)
		return 0;
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	if (report_parse(&r, text, "report", &why) == CB_OK) {
		come_round(r);
		(void)!describe_report(
		    r, shipped(r), &profile, &notes, &why);
	} else if (why.text[0] == '\0') {
		abort();	/* refused without a word */
	}
	free(notes.p);
	free(text);
	cb_buf_free(&profile);
	report_free(&r);
	return 0;
}
