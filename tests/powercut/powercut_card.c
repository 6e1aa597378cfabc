/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Power cuts under a card.
 *
 *	powercut_card KIND [SEED [ROUNDS [TORN]]]
 *
 * In each round every changing command that this kind of card has is sent
 * once, in random order (but a key goes through its life from its making on).
 * Then the power is cut after every write, truncation, sync, creation and
 * removal that this has caused; the disk is made up as it may be (nothing
 * unsynced, all of it, TORN random parts of it), with and without the
 * journal; the card file is opened, and the card compared: it is as before or
 * after the command in flight, or before it with the try spent that it costs;
 * what was acknowledged is there; its passcodes open it and what they guard.
 * Without the journal it may also be refused as damaged while a command is in
 * flight, but never shows a try that was spent. Last, with syncs that do
 * nothing this must fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulator/nvm_file.h"
#include "tests/powercut/story.h"
#include "tests/powercut/vfs_powercut.h"

enum { STEPS_MAX = 2000, OPS_MAX = 32, PERFORM_MAX = 6 };

struct step {
	struct story_cmd cmd;
	struct story after;
	size_t acked;		/* events when it was answered */
};

struct run {
	const struct story_kind *kind;
	char card[64], image[64];
	struct step step[STEPS_MAX + 1]; /* [0]: before the first command */
	size_t steps;
	unsigned seen[OPS_MAX];
	unsigned images, refused, opened, spent, wrong;
	bool talk;
};

/* One disk: the cut at k lies after step `t` was answered. */
struct disk {
	struct run *run;
	size_t k, t;
	enum pc_survive how;
	uint64_t seed;
	bool journal;
};

static int
die(const char *what)
{
	fprintf(stderr, "powercut_card: %s\n", what);
	exit(2);
}

static void
complain(const struct disk *d, const char *what)
{
	struct run *run = d->run;

	run->wrong++;
	if (run->talk)
		printf("cut at %zu of %zu, survivors %d, seed %llu, journal "
		    "%d, after step %zu (%s): %s\n", d->k, pc_events(),
		    (int)d->how, (unsigned long long)d->seed, d->journal,
		    d->t, d->t < run->steps ? run->step[d->t + 1].cmd.name
					    : "none",
		    what);
}

static struct emu_card *
open_image(const struct disk *d, enum cb_err *r)
{
	if (pc_survivor(d->k, d->how, d->seed, d->run->image, d->journal) < 0)
		die("image");
	return story_open(d->run->image, r);
}

static struct emu_card *
open_again(void *disk)
{
	enum cb_err r;

	return open_image(disk, &r);
}

static void
look(struct disk *d)
{
	struct run *run = d->run;
	bool flight = d->t < run->steps && d->k > run->step[d->t].acked;
	const struct story *before = &run->step[d->t].after;
	const struct story *after = flight ? &run->step[d->t + 1].after :
	    before;
	const struct story_cmd *cmd = flight ? &run->step[d->t + 1].cmd : NULL;
	struct emu_card *card;
	struct story got;
	enum story_place place = STORY_NOWHERE;
	enum cb_err r;
	bool good;

	run->images++;
	card = open_image(d, &r);
	if (card == NULL) {
		if (r == CB_E_FORMAT && !d->journal && flight)
			run->refused++;
		else
			complain(d, cb_err_text(r));
		return;
	}
	/* What takes scrypt is looked at for some disks only, and wherever
	 * nothing else tells before from after. */
	good = story_read(card, run->kind, (d->how == PC_DROP &&
	    d->k % 8 == 0) || (flight && cmd->spends_unblock), &got);
	emu_card_free(&card);
	if (!good)
		complain(d, "cannot be read");
	else if ((place = story_where(&got, before, after, cmd)) ==
	    STORY_NOWHERE)
		complain(d, "neither before nor after");
	else if (run->talk && d->journal && (d->k % 12 == 0 ||
	    (d->how == PC_DROP && story_hides(before, after)))) {
		run->opened++;
		if (story_find(&got, before, after, cmd, open_again, d) ==
		    STORY_NOWHERE)
			complain(d, "does not open");
	}
	run->spent += place == STORY_SPENT;
}

static void
look_at_all(struct run *run, uint64_t seed, unsigned torn, size_t stride)
{
	struct disk d = { run, 0, 0, PC_DROP, seed, true };
	unsigned i;

	for (d.k = 0; d.k <= pc_events(); d.k += stride) {
		while (d.t < run->steps &&
		    run->step[d.t + 1].acked <= d.k)
			d.t++;
		for (i = 0; i < 2 * (2 + torn); i++) {
			d.how = i / 2 == 0 ? PC_DROP : i / 2 == 1 ? PC_KEEP :
			    PC_TORN;
			d.seed = seed + i / 2;
			d.journal = i % 2 == 0;
			look(&d);
		}
	}
}

/* Commands until `op` has been carried out. */
static void
perform(struct run *run, struct emu_card *card, unsigned op, uint64_t *random)
{
	struct step *s;
	unsigned i;

	for (i = 0; i < PERFORM_MAX && run->steps < STEPS_MAX; i++) {
		s = &run->step[++run->steps];
		s->after = s[-1].after;
		story_plan(&s->after, op, random, &s->cmd);
		if (!story_run(card, run->kind, &s->cmd))
			die("the card does not answer as it must");
		s->acked = pc_events();
		run->seen[s->cmd.op]++;
		if (s->cmd.op == op)
			break;
	}
}

/* Each op as often as it must come, in random order. */
static size_t
shuffle(const struct story_kind *kind, unsigned order[STEPS_MAX],
    uint64_t *random)
{
	unsigned op, times, other;
	size_t n = 0, i, k;

	for (op = 0; op < story_ops(kind); op++)
		for (times = story_op_times(kind, op); times > 0; times--)
			order[n++] = op;
	for (i = n - 1; i > 0; i--) {
		k = (size_t)(pc_random(random) % (i + 1));
		other = order[i];
		order[i] = order[k];
		order[k] = other;
	}
	return n;
}

static void
record(struct run *run, uint64_t seed, unsigned rounds, bool syncs)
{
	unsigned order[STEPS_MAX];
	uint64_t random = seed;
	struct emu_card *card;
	size_t i, n;
	enum cb_err r;

	unlink(run->card);
	if (!story_make(run->card, run->kind, &run->step[0].after))
		die("no card");
	pc_record(run->card, syncs);
	if ((card = story_open(run->card, &r)) == NULL ||
	    !story_start(card, run->kind))
		die("no card");
	for (; rounds > 0; rounds--) {
		n = shuffle(run->kind, order, &random);
		for (i = 0; i < n; i++)
			perform(run, card, order[i], &random);
	}
	pc_stop();
	emu_card_free(&card);
	run->step[0].acked = 0;
}

static unsigned
never_sent(const struct run *run, unsigned rounds)
{
	unsigned op, n = 0;

	for (op = 0; op < story_ops(run->kind); op++)
		n += run->seen[op] < rounds * story_op_times(run->kind, op);
	return n;
}

int
main(int argc, char **argv)
{
	static struct run run = { .talk = true }, lying;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	unsigned rounds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	unsigned torn = argc > 4 ? (unsigned)strtoul(argv[4], NULL, 10) : 2;
	char dir[] = "/tmp/powercut.XXXXXX";
	unsigned never;
	size_t cuts;

	run.kind = argc > 1 ? story_kind_find(argv[1]) : NULL;
	if (run.kind == NULL || rounds == 0 || mkdtemp(dir) == NULL ||
	    pc_register() != SQLITE_OK)
		die("usage: powercut_card KIND [SEED [ROUNDS [TORN]]]");
	emu_file_set_vfs(PC_VFS);
	snprintf(run.card, sizeof(run.card), "%s/card", dir);
	snprintf(run.image, sizeof(run.image), "%s/image", dir);
	lying = run;
	lying.talk = false;
	record(&run, seed, rounds, true);
	look_at_all(&run, seed, torn, 1);
	never = never_sent(&run, rounds);
	cuts = pc_events();
	record(&lying, seed, rounds, false);
	look_at_all(&lying, seed, torn, 7);
	printf("powercut_card: %s, seed %llu, %zu commands, %zu cuts, "
	    "%u disks, %u with a try spent early, %u opened with passcodes, "
	    "%u refused without their journal, %u kinds of command never "
	    "sent, %u wrong; without syncs %u of %u wrong, as must be\n",
	    run.kind->name, (unsigned long long)seed, run.steps, cuts,
	    run.images, run.spent, run.opened, run.refused, never, run.wrong,
	    lying.wrong,
	    lying.images);
	pc_record("/dev/null", false);
	unlink(run.card);
	unlink(run.image);
	snprintf(run.card, sizeof(run.card), "%s/image-journal", dir);
	unlink(run.card);
	rmdir(dir);
	/* A right PIN costs a try until it is found right: else none was spent
	 * before the comparison. */
	return run.wrong == 0 && never == 0 && run.spent > 0 &&
	    lying.wrong > 0 ? 0 : 1;
}
