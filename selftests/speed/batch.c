// SPDX-License-Identifier: GPL-2.0
/*
 * batch.c - lane "cask-batch": CASK_IOC_DECRYPT on a file that a license for a key
 * without a file opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "world.h"
#include "speed.h"

static struct world *world;
static int file = -1;
static struct cask_job jobs[JOBS_MAX];

static const uint32_t suites[] = {
	[SPEED_CTR] = CASK_SUITE_RAW_AES_128_CTR,
	[SPEED_CBC_DEC] = CASK_SUITE_RAW_AES_128_CBC,
	[SPEED_GCM] = CASK_SUITE_RAW_AES_128_GCM,
};

/* The session of a license that carries the key itself. */
static int open_raw(void)
{
	struct cask_open arg = { .content_fd = -1 };
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC);
	int ret;

	if (dev < 0)
		fail("/dev/cask");
	memcpy(arg.content_id, world->content_id, CASK_ID_SIZE);
	ret = ioctl(dev, CASK_IOC_OPEN, &arg);
	close(dev);
	return ret;
}

static void batch_begin(const struct task *t)
{
	errno = 0;
	world = world_new();
	if (!world)
		fail("cask-batch: no module");
	world->license.fields.operations = CASK_OPERATION_DECRYPT;
	world->license.fields.suite = suites[t->op];
	memcpy(world->content_key, t->key, sizeof(t->key));
	errno = -world_install(world, getuid());
	if (errno)
		fail("cask-batch: no license");
	file = open_raw();
	if (file < 0)
		fail("cask-batch: cannot open");
	memset(jobs, 0, sizeof(jobs));
}

/* What a caller fills in anew for each job. */
static inline void set_job(const struct task *t, unsigned int n, struct cask_job *job)
{
	job->src = (uintptr_t)t->jobs[n].src;
	job->dst = (uintptr_t)t->jobs[n].dst;
	job->len = t->op == SPEED_GCM ? t->bytes + TAG_SIZE : t->bytes;
	memcpy(job->iv, t->jobs[n].iv, t->op == SPEED_GCM ? CASK_GCM_IV_SIZE : sizeof(job->iv));
}

static uint64_t batch_run(const struct task *t)
{
	uint64_t begin = ticks(), end;
	struct cask_decrypt arg = { .jobs = (uintptr_t)jobs, .count = t->count };
	unsigned int n;
	int ret;

	for (n = 0; n < t->count; n++)
		set_job(t, n, &jobs[n]);
	ret = ioctl(file, CASK_IOC_DECRYPT, &arg);
	end = ticks();
	if (ret != (int)t->count)
		fail("cask-batch: %d of %u jobs, the first says %d", ret, t->count, jobs[0].result);
	return end - begin;
}

/* What goes on without its license was never measured with its policy. */
static void batch_end(const struct task *t)
{
	struct cask_decrypt arg = { .jobs = (uintptr_t)jobs, .count = t->count };
	int ret = agent_license_del(world->agent, world->a->root.pub.kid,
				    world->license.fields.id);

	errno = -ret;
	if (ret || ioctl(file, CASK_IOC_DECRYPT, &arg) != -1 || errno != EKEYREVOKED)
		fail("cask-batch: goes on without its license");
	close(file);
	world_free(world);
}

const struct lane lane_cask_batch = {
	.name = "cask-batch", .ops = OPS_CRYPTO, .begin = batch_begin, .run = batch_run,
	.end = batch_end,
};
