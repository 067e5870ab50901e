/* SPDX-License-Identifier: GPL-2.0 */
/*
 * medium.h - the commands of cask-medium, and what they share.
 */
#ifndef CASK_MEDIUM_MEDIUM_H
#define CASK_MEDIUM_MEDIUM_H

#include "program.h"

/* What a backup is called, behind the medium's number in hex. */
#define BACKUP_SUFFIX	".caskbackup"

extern const struct command command_create;
extern const struct command command_show;
extern const struct command command_label;
extern const struct command command_verify;
extern const struct command command_get;
extern const struct command command_backup;
extern const struct command command_restore;
extern const struct command command_record;
extern const struct command command_mount;
extern const struct command command_export;
extern const struct command command_checkout;
extern const struct command command_checkin;

/**
 * struct medium - a medium that is open
 * @path: image file or block device, allocated
 * @fd: of it
 * @handle: from cask_medium_open(), or -1
 * @head: its first layer, not authenticated before @handle is there
 */
struct medium {
	char *path;
	int fd;
	int handle;
	struct cask_medium_head head;
};

/* open.c */
int medium_open_file(const struct context *c, const char *path, int flags, struct medium *ret);
int medium_open(struct context *c, const char *path, int flags, struct medium *ret);
void medium_close(struct medium *m);
int medium_failed(const struct context *c, const char *path, int error);
int medium_state_error(uint32_t state);
int medium_get_class(struct context *c, const uint8_t class_id[CASK_ID_SIZE],
		     const uint8_t issuer[CASK_KID_SIZE]);

/* run.c */
/* A file that is open, whatever has its name by now; mke2fs and e2fsck open it anew. */
#define RUN_FD		3
#define RUN_FILE	"/proc/self/fd/3"

int run_program(const char *const *words, int fd, int *ret_status);

/* content.c */
int content_install(struct context *c, const struct medium *m, struct cask_medium_wish *wish);

/* backup.c */
/**
 * struct backup_form - how a backup is made
 * @derivation: enum cask_derivation
 * @locks: enum cask_locks
 * @apparatus: who is to restore it; all zero: this one
 */
struct backup_form {
	uint32_t derivation;
	uint32_t locks;
	uint8_t apparatus[CASK_X25519_SIZE];
};

int backup_make(const struct context *c, const struct medium *m, const struct backup_form *form,
		const char *path);
char *backup_path(const struct medium *m, const char *path);

#endif /* CASK_MEDIUM_MEDIUM_H */
