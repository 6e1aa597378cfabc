/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Plays recorded conversations to a card and compares every answer byte for
 * byte. What cannot be the same (random, made of a key that was generated)
 * is named in a file of masks, with the reason:
 *
 *	TRACE | COMMAND | WHERE | REASON
 *
 * TRACE is a glob on the trace's file name, COMMAND on the command in
 * hexadecimal; WHERE is OFFSET+LENGTH of the answer's bytes, `data` (length
 * and status word must be the same), `learn` (likewise, and where the recorded
 * data comes again, what came instead of it may: a new key's modulus) or
 * `answer` (it only must come).
 *
 * usage: replay -r emu|bridge|pcsc -w WHERE [-m MASKS] [-x GLOB] TRACE...
 *
 * TRACE:N-M plays the parts from the Nth to the Mth "# command:" line only.
 * !TRACE prepares: its commands are sent, except those that match GLOB, and
 * the answers are not compared.
 */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/replay/road.h"

#define MASKS_MAX 64
#define LEARNT_MAX 16
#define MODULUS_MAX 256

struct mask {
	char trace[64], cmd[64], where[16];
};

/* What the recorded card answered, and what this one did instead. */
struct learnt {
	uint8_t want[MODULUS_MAX], got[MODULUS_MAX];
	size_t n;
};

/* What one argument asks for. */
struct part {
	const char *path;
	unsigned from, to;	/* of the trace's commands, 0: all */
	bool prepare;
};

static const char *skip;	/* glob: commands left out when preparing */
static struct mask masks[MASKS_MAX];
static size_t masks_n;
static struct learnt learnt[LEARNT_MAX];
static size_t learnt_n;

static bool
masks_read(const char *path)
{
	char line[512], reason[256];
	FILE *f = fopen(path, "re");
	unsigned no = 0;

	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		struct mask *m = &masks[masks_n];

		no++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (masks_n == MASKS_MAX ||
		    sscanf(line, "%63s | %63s | %15s | %255[^\n]", m->trace,
			m->cmd, m->where, reason) != 4) {
			fprintf(stderr, "%s:%u: not a mask\n", path, no);
			fclose(f);
			return false;
		}
		masks_n++;
	}
	fclose(f);
	return true;
}

static bool
same_shape(struct cb_span want, struct cb_span got)
{
	return want.n >= 2 && want.n == got.n &&
	    memcmp(want.p + want.n - 2, got.p + got.n - 2, 2) == 0;
}

static bool
learn(struct cb_span want, struct cb_span got)
{
	struct learnt *l = &learnt[learnt_n];

	if (!same_shape(want, got))
		return false;
	if (want.n - 2 > MODULUS_MAX || learnt_n == LEARNT_MAX)
		return false;
	l->n = want.n - 2;
	memcpy(l->want, want.p, l->n);
	memcpy(l->got, got.p, l->n);
	learnt_n++;
	return true;
}

/* Equal, or what was learnt to come instead. (Both: the host of the recording
 * writes the recorded modulus into a file that it reads later.) */
static bool
plain_equal(struct cb_span want, struct cb_span got)
{
	if (cb_span_equal(want, got))
		return true;
	for (size_t i = 0; i < learnt_n; i++) {
		const struct learnt *l = &learnt[i];

		if (l->n + 2 == want.n && same_shape(want, got) &&
		    memcmp(l->want, want.p, l->n) == 0 &&
		    memcmp(l->got, got.p, l->n) == 0)
			return true;
	}
	return false;
}

static bool
masked_equal(const char *trace, const char *cmd, struct cb_span want,
    struct cb_span got)
{
	uint8_t hidden[65538] = { 0 };
	bool any = false;

	for (size_t i = 0; i < masks_n; i++) {
		const struct mask *m = &masks[i];
		size_t off = 0, n = want.n >= 2 ? want.n - 2 : 0;

		if (fnmatch(m->trace, trace, 0) != 0 ||
		    fnmatch(m->cmd, cmd, 0) != 0)
			continue;
		if (strcmp(m->where, "answer") == 0)
			return true;
		if (strcmp(m->where, "learn") == 0)
			return learn(want, got);
		if (strcmp(m->where, "data") != 0 &&
		    sscanf(m->where, "%zu+%zu", &off, &n) != 2)
			return false;
		for (size_t k = off; k < off + n && k < want.n; k++)
			hidden[k] = 1;
		any = true;
	}
	if (!any)
		return plain_equal(want, got);
	if (want.n != got.n)
		return false;
	for (size_t k = 0; k < want.n; k++)
		if (!hidden[k] && want.p[k] != got.p[k])
			return false;
	return true;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* One trace. Returns how many exchanges were played, or -1. */
static long
play(const struct road *road, const struct part *part)
{
	const char *path = part->path;
	struct cb_buf cmd = CB_BUF_INIT, want = CB_BUF_INIT,
		      got = CB_BUF_INIT;
	struct cb_why why = { "" };
	const char *trace = base_name(path);
	char *line = NULL, cmd_text[1024] = "";
	size_t size = 0;
	unsigned no = 0, command = 0;
	long played = 0;
	bool sent = false;
	ssize_t n;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((n = getline(&line, &size, f)) >= 0) {
		no++;
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		if (strncmp(line, "# command:", 10) == 0)
			command++;
		if (part->from != 0 &&
		    (command < part->from || command > part->to))
			continue;
		if (strcmp(line, "# power on") == 0) {
			if (!road->reset(&why))
				goto fail;
		} else if (line[0] == '>') {
			cb_buf_clear(&cmd);
			snprintf(cmd_text, sizeof(cmd_text), "%s", line + 2);
			if (cb_hex_decode(&cmd, line + 1, (size_t)n - 1) !=
			    CB_OK)
				goto fail;
			sent = !part->prepare || skip == NULL ||
			    fnmatch(skip, cmd_text, 0) != 0;
			if (sent && !road->send(cb_buf_span(&cmd), &got, &why))
				goto fail;
		} else if (line[0] == '<' && sent && !part->prepare) {
			cb_buf_clear(&want);
			if (cb_hex_decode(&want, line + 1, (size_t)n - 1) !=
			    CB_OK)
				goto fail;
			played++;
			if (!masked_equal(trace, cmd_text,
				cb_buf_span(&want), cb_buf_span(&got))) {
				char hex[1200];

				cb_hex_encode(hex, sizeof(hex),
				    cb_buf_span(&got));
				fprintf(stderr,
				    "# %s:%u: on the road %s\n# > %s\n# "
				    "expected %s\n# answered %s\n",
				    path, no, road->name, cmd_text, line + 2,
				    hex);
				played = -1;
				break;
			}
		}
	}
	goto out;
fail:
	fprintf(stderr, "# %s:%u: %s\n", path, no, why.text);
	played = -1;
out:
	cb_buf_free(&cmd);
	cb_buf_free(&want);
	cb_buf_free(&got);
	free(line);
	fclose(f);
	return played;
}

static struct part
part_parse(char *arg)
{
	struct part part = { .path = arg };
	char *colon;

	if (arg[0] == '!') {
		part.prepare = true;
		part.path = ++arg;
	}
	if ((colon = strrchr(arg, ':')) != NULL &&
	    sscanf(colon, ":%u-%u", &part.from, &part.to) >= 1) {
		*colon = '\0';
		if (part.to == 0)
			part.to = part.from;
	}
	return part;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		const struct road *road;
	} roads[] = { { "emu", &road_emu }, { "bridge", &road_bridge },
		{ "pcsc", &road_pcsc } };
	const struct road *road = NULL;
	const char *where = NULL;
	struct cb_why why = { "" };
	int c, bad = 0;

	while ((c = getopt(argc, argv, "r:w:m:x:")) != -1) {
		switch (c) {
		case 'r':
			for (size_t i = 0; i < 3; i++)
				if (strcmp(roads[i].name, optarg) == 0)
					road = roads[i].road;
			break;
		case 'w':
			where = optarg;
			break;
		case 'x':
			skip = optarg;
			break;
		case 'm':
			if (!masks_read(optarg))
				return 2;
			break;
		default:
			return 2;
		}
	}
	if (road == NULL || where == NULL || optind == argc) {
		fprintf(stderr, "usage: replay -r emu|bridge|pcsc -w WHERE "
				"[-m MASKS] [-x GLOB] TRACE...\n");
		return 2;
	}
	if (!road->open(where, &why)) {
		fprintf(stderr, "# %s: %s\n", where, why.text);
		return 1;
	}
	for (int i = optind; i < argc && bad == 0; i++) {
		struct part part = part_parse(argv[i]);
		long played = play(road, &part);

		if (played < 0)
			bad = 1;
		else if (!part.prepare)
			printf("# %s: %ld answers on the road %s\n",
			    base_name(part.path), played, road->name);
	}
	road->close();
	return bad;
}
