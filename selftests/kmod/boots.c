// SPDX-License-Identifier: GPL-2.0
/* boots.c - boots of one device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>

#include "boots.h"

#define ROOT_SECRET	"a root secret of forty-eight bytes, for tests...."

static int load(void)
{
	if (syscall(SYS_add_key, "logon", "cask:root", ROOT_SECRET, sizeof(ROOT_SECRET) - 1,
		    KEY_SPEC_SESSION_KEYRING) < 0)
		return -errno;
	return system("modprobe cask root=keyring") ? -EIO : 0;
}

struct world *boots_begin(struct forge_distributor *b)
{
	struct world *w = load() ? NULL : world_new();

	if (w && world_install_anchor(w, b, NULL)) {
		world_free(w);
		return NULL;
	}
	return w;
}

void boots_end(struct world *w)
{
	world_free(w);
	if (system("rmmod cask"))
		abort();
}

struct world *boots_new(struct forge_distributor **ret_b)
{
	struct forge_distributor *b;
	struct world *w;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) {
		perror("no session keyring");
		return NULL;
	}
	b = world_distributor("b", COSE_ALG_RS256);
	w = boots_begin(b);
	if (!w) {
		forge_distributor_free(b);
		return NULL;
	}
	world_content(w, 100);
	*ret_b = b;
	return w;
}

void boots_free(struct world *w, struct forge_distributor *b)
{
	boots_end(w);
	forge_distributor_free(b);
}

struct world *boots_next(struct world *old, struct forge_distributor *b)
{
	struct agent_disk *disk = malloc(sizeof(*disk));
	struct forge_license license = old->license;
	uint8_t id[CASK_ID_SIZE], key[CASK_KEY_SIZE];
	struct world *w;

	memcpy(id, old->content_id, sizeof(id));
	memcpy(key, old->content_key, sizeof(key));
	/* As it is: world_free() removes the license. */
	*disk = *old->disk;
	boots_end(old);
	w = boots_begin(b);
	if (!w)
		abort();
	*w->disk = *disk;
	free(disk);
	w->license = license;
	memcpy(w->content_id, id, sizeof(id));
	memcpy(w->content_key, key, sizeof(key));
	world_content(w, 100);
	return w;
}

int sign_time(struct world *w, const struct forge_distributor *d, time_t when)
{
	uint8_t other[CASK_ID_SIZE] = { 0x77 };
	struct forge_license proof = forge_license_default(d, other);
	struct forge_bytes l;
	int ret;

	proof.fields.created = when;
	proof.fields.id[0] ^= when;
	forge_license(d, &proof, w->device_key, w->content_key, &l);
	ret = agent_license_add(w->agent, l.data, l.size, 0);
	agent_license_del(w->agent, d->root.pub.kid, proof.fields.id);
	forge_free(&l);
	return ret;
}

time_t boot_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

void set_period(struct world *w, time_t now, time_t from, time_t to)
{
	w->license.fields.created = now;
	w->license.fields.not_before = from ? now + from : 0;
	w->license.fields.not_after = to ? now + to : 0;
}
