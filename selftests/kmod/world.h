/* SPDX-License-Identifier: GPL-2.0 */
/*
 * world.h - what the tests of the module share: a distributor that the kernel
 * believes, licenses and files of it, and ways to break each.
 *
 * The kernel keeps the first provisioning key until the module goes, so all
 * programs of one boot take their keys from the same directory (CASK_TEST_KEYS).
 */
#ifndef CASK_SELFTESTS_WORLD_H
#define CASK_SELFTESTS_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <linux/cask.h>

#include "agent.h"
#include "forge.h"

#define BLOCK	4096u

/**
 * struct world - see above
 * @agent: has said HELLO, and is the disk of the secure area
 * @disk: empty at first, whatever the module has in memory
 * @a: installed distributor
 * @device_key: of this device
 * @device_id: of this device
 * @algs: what this kernel verifies, CASK_A_SIGNATURES
 * @block_size: of what world_content() writes; BLOCK unless a test says otherwise
 * @dir: of this test's own, removed with the world; others may look there
 * @content_id: of @path
 * @content_key: of @path
 * @root: who has the key from the header of what world_content() writes; NULL: nobody
 * @license: fields of the license to be made; world_install() makes it
 */
struct world {
	struct agent *agent;
	struct agent_disk *disk;
	struct forge_distributor *a;
	uint8_t device_key[CASK_X25519_SIZE];
	uint8_t device_id[CASK_KID_SIZE];
	uint32_t algs;
	uint32_t block_size;
	char *dir;
	char path[80];
	uint8_t content_id[CASK_ID_SIZE];
	uint8_t content_key[CASK_KEY_SIZE];
	const struct license_root *root;
	struct forge_license license;
};

/* NULL, with a reason on stderr, when the module is not there or refuses. */
struct world *world_new(void);
void world_free(struct world *w);

/* A distributor under the same provisioning key, made once by that name; not installed. */
struct forge_distributor *world_distributor(const char *name, enum cose_alg alg);
/* Install it with a scope; NULL: the default one, made once. Returns 0 or -errno. */
int world_install_anchor(struct world *w, struct forge_distributor *d,
			 const struct forge_scope *scope);

/* Write w->path: size bytes of world_plain(). */
void world_content(struct world *w, size_t size);
/* What byte i of the plaintext is. */
uint8_t world_plain(size_t i);
/* Make w->license for this device, hand it to the kernel for owner (-1: machine). */
int world_install(struct world *w, long owner);
/* Open w->path while the agent is served; returns the descriptor or -errno. */
int world_play(struct world *w);
/* Read the first byte of what is open at *fd, for served() as well; 0 or -errno. */
int read_first(void *fd);
/* Install it and open; only what has a period is served. */
int world_open(struct world *w);

/* CASK_IOC_OPEN on /dev/cask; the descriptor or -errno. */
int open_with(int dev, const struct cask_open *arg);
/* CASK_IOC_OPEN of a path; the descriptor or -errno. */
int open_path(const char *path, const uint8_t *license_id);
int open_fd(int fd, const uint8_t *license_id);
struct cask_info info_of(int fd);
/* Remove the license that was made last. */
void forget(struct world *w);
/* Run fn(arg) in a thread and be the disk meanwhile; what it returns. */
int served(struct world *w, int (*fn)(void *arg), void *arg);
/* An attribute of that license that is a number of 64 bits. */
uint64_t number_of(struct world *w, int attr);

/* Turning the clock forward is an event that can be awaited. */
void advance(time_t seconds);

/* Run fn(arg) in a child as uid; what it returns (0..255), or -1. */
int run_as(uid_t uid, int (*fn)(void *arg), void *arg);

/* Write a text to a file that is there; 0 or -errno. */
int write_file(const char *path, const char *text);
/* Set a parameter of the module; 0 or -errno. */
int set_param(const char *name, const char *value);

/* XOR the byte at offset of a file with mask. */
void flip(const char *path, uint64_t offset, uint8_t mask);
uint64_t size_of(const char *path);

#endif /* CASK_SELFTESTS_WORLD_H */
