// SPDX-License-Identifier: GPL-2.0
/* copies.c - two media, and who asks for copies of licenses at the same time. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "copies.h"

int copies_begin(struct copies *c)
{
	c->m = media_new();
	if (!c->m)
		return -1;
	c->w = c->m->w;
	c->fd = media_open(c->m, c->m->path, O_RDWR);
	snprintf(c->other, sizeof(c->other), "%s/other", c->w->dir);
	snprintf(c->copy, sizeof(c->copy), "%s/copy", c->w->dir);
	media_blank(c->other);
	if (media_create(c->m, c->other, 0, c->number))
		abort();
	c->second = media_open(c->m, c->other, O_RDWR);
	return c->fd < 0 || c->second < 0 ? -1 : 0;
}

void copies_end(struct copies *c)
{
	close(c->second);
	close(c->fd);
	media_free(c->m);
}

void put_in_again(struct copies *c)
{
	close(c->fd);
	c->fd = media_open(c->m, c->m->path, O_RDWR);
}

int grant(struct world *w, uint32_t exports, uint32_t checkouts, uint32_t at_once)
{
	w->license.fields.max_exports = exports;
	w->license.fields.max_checkouts = checkouts;
	w->license.fields.at_once = at_once;
	return install(w, 0);
}

struct cask_medium_license only(struct media *m, int fd)
{
	struct cask_medium_license l;

	if (media_info(fd).licenses != 1 || media_license(m, fd, 0, &l))
		l.error = ~0U;
	return l;
}

/* --- second layers --- */

void put_layer(struct media *m, const char *path, struct medium_image *image)
{
	struct medium first = { .slot_size = SLOT, .third_offset = THIRD, .third_size = THIRD_SIZE };
	struct medium_keys keys = media_keys(m, m->number);
	uint8_t *layer;
	size_t size;

	if (medium_draw(image) || medium_layer(&first, &keys, image, &layer, &size))
		abort();
	media_write(path, CASK_MEDIUM_SECOND, layer, size);
	free(layer);
}

uint64_t get_layer(struct media *m, const char *path, struct cask_records *ret)
{
	struct medium_keys keys = media_keys(m, m->number);
	static uint8_t layer[SLOT];
	FILE *f = fopen(path, "r");
	uint64_t counter;

	if (!f || fseek(f, CASK_MEDIUM_SECOND, SEEK_SET) || fread(layer, sizeof(layer), 1, f) != 1 ||
	    medium_open(&keys, layer, sizeof(layer), ret, &counter))
		abort();
	fclose(f);
	return counter;
}

/* --- two at once --- */

static void *race(void *arg)
{
	struct racer *r = arg;

	atomic_store(&r->tid, gettid());
	r->ret = ioctl(r->fd, r->cmd, &r->arg) < 0 ? -errno : 0;
	atomic_store(&r->done, true);
	return NULL;
}

void start_race(struct racer *r, const struct world *w)
{
	memcpy(r->arg.license_id, w->license.fields.id, CASK_ID_SIZE);
	memcpy(r->arg.issuer, w->license.fields.issuer, CASK_KID_SIZE);
	if (pthread_create(&r->thread, NULL, race, r))
		abort();
}

int end_race(struct racer *r, struct world *w)
{
	while (!atomic_load(&r->done))
		agent_serve(w->agent, 20);
	pthread_join(r->thread, NULL);
	return r->ret;
}
