/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * card describe: a report becomes a profile, which is read once as card new
 * will read it before anybody gets it.
 */
#include <sys/mman.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/card.h"
#include "cli/describe/describe.h"

#define TEXT_MAX (1 << 20)	/* as profiles have it */

/* Does `card new` take it? */
static enum cb_err
check(struct cb_span text, struct cb_why *why)
{
	struct emu_profile *profile = NULL;
	struct cb_why found = { "" };
	enum cb_err r = CB_E_STORE;
	char path[48];
	int fd;

	if ((fd = memfd_create("profile", MFD_CLOEXEC)) < 0)
		return CB_E_NOMEM;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, text.p, text.n) == (ssize_t)text.n)
		r = emu_profile_read(&profile, path, &found);
	if (r != CB_OK)
		cb_why_set(why, "the profile that came of the report is none "
		    "that cardbridge can make a card of: %s",
		    found.text + (strncmp(found.text, path, strlen(path)) == 0
			? strlen(path) + 1 : 0));
	emu_profile_free(&profile);
	(void)close(fd);
	return r;
}

static int
write_profile(const char *path, struct cb_span text,
    const struct describe_notes *notes)
{
	int code = cli_output(path, text);

	if (code != CLI_OK)
		return code;
	(void)fprintf(stderr, "assumed, since the report does not tell:\n");
	for (size_t i = 0; i < notes->n; i++)
		(void)fprintf(stderr, "  %s\n", notes->p[i].text);
	return CLI_OK;
}

int
cli_card_describe(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv)
{
	const struct cli_card_describe_args *a = args;
	struct cb_buf text = CB_BUF_INIT_MAX(TEXT_MAX);
	struct describe_notes notes = { NULL, 0 };
	struct report *report = NULL;
	struct cb_why why = { "" };
	char *shipped = NULL;
	enum cb_err r;
	int code = CLI_OK;

	(void)cmd;
	(void)argc;
	if ((r = report_read(&report, argv[0], &why)) != CB_OK) {
		code = cli_fail_err(r, &why, argv[0]);
		goto out;
	}
	if ((shipped = cli_profile_path(report->guess)) == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
		goto out;
	}
	if (access(shipped, R_OK) != 0) {
		code = cli_fail(CLI_NO, "the report is of a card of the kind "
		    "\"%s\", which no profile of this release describes: keep "
		    "the report, it is what such a profile is made of",
		    report->guess);
		goto out;
	}
	if ((r = describe_report(report, shipped, &text, &notes, &why)) !=
		CB_OK || (r = check(cb_buf_span(&text), &why)) != CB_OK)
		code = cli_fail_err(r, &why, argv[0]);
	else
		code = write_profile(a->out, cb_buf_span(&text), &notes);
out:
	free(notes.p);
	free(shipped);
	report_free(&report);
	cb_buf_free(&text);
	return cli_flush(code);
}
