// SPDX-License-Identifier: GPL-2.0
/*
 * cut-power.c - record what is written to a disk, and cut the power anywhere in it.
 * usage: cut-power IMAGE LOG DIRECTORY	files of disk and log, and where to mount the disk
 *
 * Commands on stdin, a line each, answers on stdout:
 *
 *	record			the disk is at the path answered, and its writes are recorded
 *	mark TEXT		mark what was written so far
 *	stop			record no more: the number of the recording; it begins where the
 *				disk was then, and there the disk is again
 *	list N FROM TO		the entries between two marks: "entries FLAGS,SECTOR,SECTORS..."
 *	cut N FROM TO EVERY	cut the power between two marks ("-": the beginning) of recording N, in
 *				every EVERYth new state of the disk
 *
 * A state is mounted, and what its files are is summed up. Of each sum that comes up in a cut, "tree
 * SUM ENTRY HOW WHICH" is said, and commands are carried out until "next": the disk is in that state.
 * A disk that cannot be mounted has the sum "unmountable". At the end of a cut "done STATES NEW MOUNTED"
 * is said: states passed, those not passed before, and those that were tried.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "cuts.h"

#define RECORDINGS_MAX	8
#define BUCKETS		65536
#define UNMOUNTABLE	((struct sum){ 0, 0 })

/**
 * struct tried - a state of the disk that has been mounted
 * @next: in the same bucket
 * @disk: what it is known by
 * @tree: what its files were
 */
struct tried {
	struct tried *next;
	struct sum disk, tree;
};

static struct device device;
static struct image image;
static const char *directory;
static struct recording *recordings[RECORDINGS_MAX];
static size_t recording_count;
static struct tried *tried[BUCKETS];

/**
 * fail() - end with a message
 * @format: as printf
 */
void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("cut-power: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

/**
 * get() - memory, zero
 * @size: bytes
 *
 * Return: the memory.
 */
void *get(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		fail("memory");
	return p;
}

static bool same(struct sum x, struct sum y)
{
	return x.a == y.a && x.b == y.b;
}

/* --- recording --- */

static void record(void)
{
	image_put(&image, device.disk);
	device_record(&device);
}

/* What was recorded makes the image what the disk is. */
static void compare(const struct recording *r)
{
	size_t depth = image_depth(&image), n;
	const struct entry *e;

	for (e = r->entries; e < r->entries + r->count; e++)
		image_write(&image, e->sector, e->sectors, e->data);
	for (e = r->entries; e < r->entries + r->count; e++)
		for (n = e->sector * SECTOR; n < (e->sector + e->sectors) * SECTOR; n += SECTOR)
			if (memcmp(image.data + n, device.disk + n, SECTOR))
				fail("sector %zu is not what was recorded", n / SECTOR);
	image_undo(&image, depth);
}

/* The disk is not what the image is where something was written: image_write() notes that. */
static struct recording *stop(void)
{
	struct recording *r = device_stop(&device);

	compare(r);
	return r;
}

/* --- trying a state --- */

static struct sum try(void)
{
	struct sum tree = UNMOUNTABLE;

	record();
	/* Read-only, the journal is replayed all the same. */
	if (!mount(device.path, directory, "ext4", MS_RDONLY, "")) {
		tree = tree_sum(directory);
		if (umount(directory))
			fail("umount: %s", strerror(errno));
	}
	recording_free(stop());
	return tree;
}

static struct tried *find(struct sum disk)
{
	struct tried *t = tried[disk.a % BUCKETS];

	while (t && !same(t->disk, disk))
		t = t->next;
	return t;
}

static struct sum remember(struct sum disk, struct sum tree)
{
	struct tried *t = get(sizeof(*t)), **bucket = &tried[disk.a % BUCKETS];

	*t = (struct tried){ .next = *bucket, .disk = disk, .tree = tree };
	*bucket = t;
	return tree;
}

/* --- cutting --- */

/**
 * struct cutting - a command "cut"
 * @every: which new states are tried
 * @states: passed
 * @fresh: of them, not tried by others
 * @mounted: of them, tried
 * @trees: that were told
 * @tree_count: of @trees
 */
struct cutting {
	unsigned long every, states, fresh, mounted;
	struct sum *trees;
	size_t tree_count;
};

/* New states of all commands, so that those that try few do not try the same. */
static unsigned long passed;

static void serve(void);

static void tell(struct cutting *c, struct sum tree, const struct cut *cut)
{
	size_t n;

	for (n = 0; n < c->tree_count; n++)
		if (same(c->trees[n], tree))
			return;
	c->trees = realloc(c->trees, (c->tree_count + 1) * sizeof(*c->trees));
	if (!c->trees)
		fail("memory");
	c->trees[c->tree_count++] = tree;
	if (same(tree, UNMOUNTABLE))
		printf("tree unmountable %zu %s %zu\n", cut->entry, cut->how, cut->which);
	else
		printf("tree %016llx%016llx %zu %s %zu\n", (unsigned long long)tree.a,
		       (unsigned long long)tree.b, cut->entry, cut->how, cut->which);
	serve();
}

static void visit(void *context, const struct cut *cut)
{
	struct cutting *c = context;
	struct sum disk = image.sum;
	struct tried *known = find(disk);
	struct sum tree;

	c->states++;
	if (known) {
		tree = known->tree;
	} else {
		c->fresh++;
		if (passed++ % c->every)
			return;
		c->mounted++;
		tree = remember(disk, try());
	}
	tell(c, tree, cut);
}

static size_t find_mark(const struct recording *r, const char *mark)
{
	return strcmp(mark, "-") ? recording_find(r, mark) : 0;
}

/**
 * struct part - of a recording
 * @recording: which
 * @from: first entry
 * @to: the one after the last
 * @every: as in struct cutting
 */
struct part {
	const struct recording *recording;
	size_t from, to;
	unsigned long every;
};

static struct part part(const char *arguments)
{
	struct part p = { .every = 1 };
	char from[64], to[64];
	size_t n;

	if (sscanf(arguments, "%zu %63s %63s %lu", &n, from, to, &p.every) < 3 || !p.every ||
	    n >= recording_count)
		fail("%s: what?", arguments);
	p.recording = recordings[n];
	p.from = find_mark(p.recording, from);
	p.to = find_mark(p.recording, to);
	return p;
}

static void list(const struct part *p)
{
	const struct entry *e;

	printf("entries");
	for (e = p->recording->entries + p->from; e < p->recording->entries + p->to; e++)
		printf(" %u,%llu,%llu", (unsigned int)e->flags, (unsigned long long)e->sector,
		       (unsigned long long)e->sectors);
	putchar('\n');
}

static void cut(const struct part *p)
{
	struct cutting c = { .every = p->every };

	states(&image, p->recording, p->from, p->to, visit, &c);
	free(c.trees);
	printf("done %lu %lu %lu\n", c.states, c.fresh, c.mounted);
}

/* --- commands --- */

static void finish_recording(void)
{
	if (recording_count == RECORDINGS_MAX)
		fail("too many recordings");
	recordings[recording_count] = stop();
	printf("%zu\n", recording_count++);
}

static void carry_out(const char *line)
{
	struct part p;

	if (!strcmp(line, "record")) {
		record();
		puts(device.path);
	} else if (!strncmp(line, "mark ", 5)) {
		device_mark(&device, line + 5);
		puts("ok");
	} else if (!strcmp(line, "stop")) {
		finish_recording();
	} else if (!strncmp(line, "list ", 5)) {
		p = part(line + 5);
		list(&p);
	} else if (!strncmp(line, "cut ", 4)) {
		p = part(line + 4);
		cut(&p);
	} else {
		fail("%s: what?", line);
	}
}

/* Recordings that were made meanwhile go with the state that they begin with. */
static void serve(void)
{
	size_t before = recording_count;
	char line[256];

	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "next"))
			break;
		carry_out(line);
		fflush(stdout);
	}
	while (recording_count > before)
		recording_free(recordings[--recording_count]);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		fail("usage: cut-power IMAGE LOG DIRECTORY");
	directory = argv[3];
	device_open(&device, argv[1], argv[2]);
	image_init(&image, device.disk, device.size);
	serve();
	return 0;
}
