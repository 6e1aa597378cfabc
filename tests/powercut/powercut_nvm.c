/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Power cuts under a card file's records.
 *
 *	powercut_nvm [SEED [TRANSACTIONS [TORN]]]
 *
 * Random transactions are recorded; then, for a cut after every single write,
 * truncation, sync, creation and removal, the disk is made up as it may be
 * (nothing unsynced, all of it, TORN random parts of it), opened as any card
 * file, and compared: it is as before or after the transaction in flight, and
 * nothing acknowledged is missing. The same without the journal: then it may
 * also be refused as damaged, but only while a transaction is in flight.
 * Undoing a journal is cut in the same way. Last, the same with syncs that do
 * nothing must not pass: it shows that this test can fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/emu.h"
#include "emulator/nvm_file.h"
#include "tests/powercut/vfs_powercut.h"

enum { NAMES = 20, VALUE_MAX = 3000, STEPS_MAX = 400 };

/* What a record holds: `n` bytes made from `seed`; n < 0: there is none. */
struct content {
	int n;
	uint32_t seed;
};

struct state {
	struct content name[NAMES];
};

struct run {
	char card[128], journal[144], image[128];
	struct state after[STEPS_MAX + 1];	/* [0]: at the start */
	size_t acked[STEPS_MAX + 1];		/* events when it returned */
	size_t steps;
	unsigned images, twice, refused, wrong;
	bool talk;
};

static int
die(const char *what)
{
	fprintf(stderr, "powercut_nvm: %s\n", what);
	exit(2);
}

static struct cb_span
value_of(const struct content *c, uint8_t room[VALUE_MAX])
{
	int i;

	for (i = 0; i < c->n; i++)
		room[i] = (uint8_t)((c->seed >> (i % 4 * 8)) +
		    (uint32_t)(i / 4));
	return cb_span(room, (size_t)c->n);
}

static void
name_of(unsigned i, char name[16])
{
	snprintf(name, 16, i % 2 != 0 ? "file/%04x" : "pin/%u", i);
}

/* One transaction of 1 to 4 changes; `s` follows. Every other one changes
 * values in place, which leaves all pages sound whichever of them arrive. */
static void
change(struct emu_nvm *nvm, struct state *s, uint64_t *random)
{
	uint8_t room[VALUE_MAX];
	char name[16];
	unsigned i, left = 1 + (unsigned)(pc_random(random) % 4);
	bool in_place = pc_random(random) % 2 == 0;
	struct content *c;
	enum cb_err r;

	if (nvm->ops->begin(nvm) != CB_OK)
		die("begin");
	for (; left > 0; left--) {
		i = (unsigned)(pc_random(random) % NAMES);
		c = &s->name[i];
		name_of(i, name);
		if (in_place && c->n >= 0) {
			c->seed = (uint32_t)pc_random(random);
			r = nvm->ops->put(nvm, name, value_of(c, room));
		} else if (pc_random(random) % 4 == 0) {
			c->n = -1;
			r = nvm->ops->del(nvm, name);
		} else {
			c->n = (int)(pc_random(random) %
			    (pc_random(random) % 4 == 0 ? VALUE_MAX : 200));
			c->seed = (uint32_t)pc_random(random);
			r = nvm->ops->put(nvm, name, value_of(c, room));
		}
		if (r != CB_OK)
			die("put or del");
	}
	if (nvm->ops->commit(nvm, EMU_NVM_NOW) != CB_OK)
		die("commit");
}

static enum cb_err
collect(void *ctx, const char *name, struct cb_span value)
{
	struct state *s = ctx;
	uint8_t room[VALUE_MAX];
	char want[16];
	unsigned i;

	for (i = 0; i < NAMES; i++) {
		name_of(i, want);
		if (strcmp(name, want) != 0)
			continue;
		s->name[i].n = (int)value.n;
		s->name[i].seed = 0;
		if (value.n > 0)
			memcpy(&s->name[i].seed, value.p,
			    value.n < 4 ? value.n : 4);
		return cb_span_equal(value_of(&s->name[i], room), value) ?
		    CB_OK : CB_E_INTERNAL;
	}
	return CB_E_INTERNAL;
}

static bool
alike(const struct state *a, const struct state *b)
{
	uint8_t left[VALUE_MAX], right[VALUE_MAX];
	unsigned i;

	for (i = 0; i < NAMES; i++) {
		if (a->name[i].n != b->name[i].n)
			return false;
		if (a->name[i].n > 0 &&
		    !cb_span_equal(value_of(&a->name[i], left),
		    value_of(&b->name[i], right)))
			return false;
	}
	return true;
}

static enum cb_err
read_image(const char *path, struct state *s)
{
	struct emu_nvm *nvm = NULL;
	enum cb_err r;
	unsigned i;

	for (i = 0; i < NAMES; i++)
		s->name[i] = (struct content){ -1, 0 };
	if ((r = emu_file_open(&nvm, path, 0, NULL)) == CB_OK)
		r = nvm->ops->each(nvm, collect, s);
	emu_nvm_free(&nvm);
	return r;
}

static void
complain(struct run *run, const char *what, size_t k, enum pc_survive how,
    uint64_t seed, bool journal)
{
	run->wrong++;
	if (run->talk)
		printf("cut at %zu of %zu, survivors %d, seed %llu, "
		    "journal %d: %s\n", k, pc_events(), (int)how,
		    (unsigned long long)seed, journal, what);
}

/* One disk. The cut at k lies after transaction `t` was acknowledged. */
static void
look(struct run *run, size_t k, size_t t, enum pc_survive how,
    uint64_t seed, bool journal)
{
	struct state got;
	enum cb_err r;
	bool flight = t < run->steps && k > run->acked[t];

	if (pc_survivor(k, how, seed, run->image, journal) < 0)
		die("image");
	run->images++;
	r = read_image(run->image, &got);
	if (r == CB_E_FORMAT && !journal && flight) {
		run->refused++;
		return;
	}
	if (r != CB_OK)
		complain(run, cb_err_text(r), k, how, seed, journal);
	else if (!alike(&got, &run->after[t]) &&
	    !(flight && alike(&got, &run->after[t + 1])))
		complain(run, "neither before nor after", k, how, seed,
		    journal);
}

static void
look_at_all(struct run *run, uint64_t seed, unsigned torn)
{
	size_t k, t = 0;
	unsigned i;

	for (k = 0; k <= pc_events(); k++) {
		while (t < run->steps && run->acked[t + 1] <= k)
			t++;
		for (i = 0; i < 2; i++) {
			look(run, k, t, PC_DROP, 0, i != 0);
			look(run, k, t, PC_KEEP, 0, i != 0);
		}
		for (i = 0; i < torn; i++) {
			look(run, k, t, PC_TORN, seed + i, true);
			look(run, k, t, PC_TORN, seed + i, false);
		}
	}
}

static void
record(struct run *run, uint64_t seed, size_t steps, bool syncs)
{
	struct emu_nvm *nvm = NULL;
	uint64_t random = seed;
	size_t t;
	unsigned i;

	unlink(run->card);
	unlink(run->journal);
	for (i = 0; i < NAMES; i++)
		run->after[0].name[i] = (struct content){ -1, 0 };
	if (emu_file_open(&nvm, run->card, EMU_FILE_CREATE, NULL) != CB_OK)
		die("create");
	change(nvm, &run->after[0], &random);
	pc_record(run->card, syncs);
	/* The file that was recorded is the one that is open. */
	emu_nvm_free(&nvm);
	if (emu_file_open(&nvm, run->card, 0, NULL) != CB_OK)
		die("open");
	run->steps = steps;
	run->acked[0] = pc_events();
	for (t = 1; t <= steps; t++) {
		run->after[t] = run->after[t - 1];
		change(nvm, &run->after[t], &random);
		run->acked[t] = pc_events();
	}
	pc_stop();
	emu_nvm_free(&nvm);
}

/* A cut while the journal of an earlier cut is being undone. */
static void
cut_twice(struct run *run, uint64_t seed)
{
	uint64_t random = seed;
	size_t k, n, t = 0;
	struct state want, got;

	record(run, seed, 6, true);
	k = (size_t)(pc_random(&random) % (pc_events() + 1));
	while (t < run->steps && run->acked[t + 1] <= k)
		t++;
	if (pc_survivor(k, PC_TORN, seed, run->card, true) < 0)
		die("image");
	pc_record(run->card, true);
	if (read_image(run->card, &want) != CB_OK)
		die("undoing");
	pc_stop();
	for (n = 0; n <= pc_events(); n++) {
		if (pc_survivor(n, PC_TORN, seed + n, run->image, true) < 0)
			die("image");
		run->images++;
		run->twice++;
		if (read_image(run->image, &got) != CB_OK ||
		    !alike(&want, &got))
			complain(run, "undone otherwise", n, PC_TORN, seed,
			    true);
	}
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	size_t steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 24;
	unsigned torn = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 3;
	struct run run = { .talk = true }, lying = { .talk = false };
	char dir[] = "/tmp/powercut.XXXXXX";
	unsigned i;
	size_t cuts;

	if (steps == 0 || steps > STEPS_MAX || mkdtemp(dir) == NULL ||
	    pc_register() != SQLITE_OK)
		die("usage: powercut_nvm [SEED [TRANSACTIONS [TORN]]]");
	emu_file_set_vfs(PC_VFS);
	snprintf(run.card, sizeof(run.card), "%s/card", dir);
	snprintf(run.journal, sizeof(run.journal), "%s/card-journal", dir);
	snprintf(run.image, sizeof(run.image), "%s/image", dir);
	record(&run, seed, steps, true);
	look_at_all(&run, seed, torn);
	cuts = pc_events();
	for (i = 0; i < 20; i++)
		cut_twice(&run, seed * 1000 + i);
	memcpy(lying.card, run.card, sizeof(run.card));
	memcpy(lying.journal, run.journal, sizeof(run.journal));
	memcpy(lying.image, run.image, sizeof(run.image));
	record(&lying, seed, steps, false);
	look_at_all(&lying, seed, torn);
	printf("powercut_nvm: seed %llu, %zu transactions, %zu cuts, %u disks "
	    "(%u of them of cuts while undoing), %u refused without their "
	    "journal, %u wrong; without syncs %u of %u wrong, as must be\n",
	    (unsigned long long)seed, steps, cuts, run.images, run.twice,
	    run.refused, run.wrong, lying.wrong, lying.images);
	pc_record("/dev/null", false);
	unlink(run.card);
	unlink(run.journal);
	unlink(run.image);
	snprintf(run.card, sizeof(run.card), "%s/image-journal", dir);
	unlink(run.card);
	rmdir(dir);
	return run.wrong == 0 && lying.wrong > 0 ? 0 : 1;
}
