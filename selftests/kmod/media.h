/* SPDX-License-Identifier: GPL-2.0 */
/* media.h - what tests of media share: a class that the kernel has a key of, and media of it. */
#ifndef CASK_SELFTESTS_MEDIA_H
#define CASK_SELFTESTS_MEDIA_H

#include <sys/resource.h>

#include "medium.h"
#include "world.h"

#define SLOT		8192u
#define THIRD		(CASK_MEDIUM_SECOND + 2 * SLOT)
#define THIRD_SIZE	65536u

/**
 * struct media - a class, and a medium of it
 * @w: its distributor's; w->path is the content that licenses are for
 * @class_id: of the class
 * @class_key: of the class
 * @class_license: of this device
 * @path: an image that is a medium
 * @number: of it
 */
struct media {
	struct world *w;
	uint8_t class_id[CASK_ID_SIZE];
	uint8_t class_key[CASK_KEY_SIZE];
	struct forge_license class_license;
	char path[80];
	uint8_t number[CASK_MEDIUM_NUMBER_SIZE];
};

/* With a content of 10,000 bytes; NULL, with a reason on stderr. */
struct media *media_new(void);
/* The same in a world that is there, which goes with it. */
struct media *media_of(struct world *w);
void media_free(struct media *m);
/* Have the license of the class, or not. */
int media_install_class(struct media *m);
void media_forget_class(struct media *m);

/* A file of zeros that is as long as a medium. */
void media_blank(const char *path);
/* CASK_IOC_MEDIUM_CREATE of a file; 0 or -errno. */
int media_create(struct media *m, const char *path, uint32_t flags, uint8_t *ret_number);
/* CASK_IOC_MEDIUM_OPEN of a file opened so; the descriptor or -errno. */
int media_open(struct media *m, const char *path, int flags);
/* CASK_IOC_MEDIUM_INFO, which does not fail. */
struct cask_medium_info media_info(int fd);
/* ioctls of a medium; 0 or -errno. */
int media_license(struct media *m, int fd, uint32_t index, struct cask_medium_license *ret);
int media_install(struct media *m, int fd, const void *statement, size_t len);
/* CASK_IOC_MEDIUM_EXPORT, _CHECKOUT or _CHECKIN of m->w->license. */
int media_lend(struct media *m, int fd, unsigned long cmd);
int media_restore(struct media *m, int fd, const void *backup, size_t len, uint32_t *ret_licenses);

/* Keys of a medium by its number. */
struct medium_keys media_keys(const struct media *m, const uint8_t *number);
/* What a license for a medium is for: any device (NULL), or one. */
struct license_medium media_target(const struct media *m, const uint8_t *number,
				   const uint8_t *device_key);
/* Make m->w->license for it and put it there; 0 or -errno. */
int media_grant(struct media *m, int fd, const struct license_medium *target);
/* The same with a count, asked for properly; this device's. */
int media_grant_counted(struct media *m, int fd, uint32_t opens);
/* CASK_IOC_OPEN of the content with the medium; the descriptor or -errno. */
int media_play(struct media *m, int fd);
/* Whether it plays, every byte; 0 or -errno. */
int media_check(struct media *m, int fd);

/* The image's bytes from there are replaced. */
void media_write(const char *path, uint64_t offset, const void *data, size_t len);
void media_copy(const char *from, const char *to);
/* Both slots of the second layer are zeros. */
void media_lose(const char *path);
/* As long as a file may be, for whoever asks: the disk is full, to him; 0 or -errno. */
int limit_files(rlim_t bytes);

#endif /* CASK_SELFTESTS_MEDIA_H */
