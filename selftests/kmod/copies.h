/* SPDX-License-Identifier: GPL-2.0 */
/* copies.h - what tests of copies of licenses share: two media, and who asks for copies at once. */
#ifndef CASK_SELFTESTS_COPIES_H
#define CASK_SELFTESTS_COPIES_H

#include <pthread.h>
#include <stdatomic.h>

#include "counted.h"
#include "media.h"

#define EXPORT		CASK_IOC_MEDIUM_EXPORT
#define CHECKOUT	CASK_IOC_MEDIUM_CHECKOUT
#define CHECKIN		CASK_IOC_MEDIUM_CHECKIN

/**
 * struct copies - two media of a class, and a device that has licenses for them
 * @m: the class, and one medium
 * @w: its world
 * @fd: of that medium, read and write
 * @other: another medium of the class
 * @number: of @other
 * @second: of @other, read and write
 * @copy: a path in the same directory
 */
struct copies {
	struct media *m;
	struct world *w;
	int fd;
	char other[80];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
	int second;
	char copy[80];
};

/* 0, or -1 with a reason on stderr. */
int copies_begin(struct copies *c);
void copies_end(struct copies *c);
/* The first medium is taken out and put in again. */
void put_in_again(struct copies *c);

/* A license of this device that permits such copies, asked for properly. */
int grant(struct world *w, uint32_t exports, uint32_t checkouts, uint32_t at_once);
/* The only license on a medium. */
struct cask_medium_license only(struct media *m, int fd);

/* The image becomes the second layer, as whoever has the class can make it. */
void put_layer(struct media *m, const char *path, struct medium_image *image);
/* What is in slot 0 of the second layer, image 2 of a new one; returns its counter. */
uint64_t get_layer(struct media *m, const char *path, struct cask_records *ret);

/* Who asks for @cmd of the world's license on a medium, in a thread. */
struct racer {
	unsigned long cmd;
	int fd;
	struct cask_medium_lend arg;
	pthread_t thread;
	atomic_int tid;
	int ret;
	atomic_bool done;
};

void start_race(struct racer *r, const struct world *w);
/* 0 or -errno. */
int end_race(struct racer *r, struct world *w);

#endif /* CASK_SELFTESTS_COPIES_H */
