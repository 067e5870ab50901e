// SPDX-License-Identifier: GPL-2.0
/*
 * crypto_api.c - lane "crypto-api": the kernel's ciphers alone, measured by the
 * benchmark's module, which checks its plaintext itself.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "speed.h"

static int device = -1;
static struct speed_measure last;

const char *crypto_api_driver(void)
{
	return last.driver;
}

static void api_begin(const struct task *t)
{
	device = open("/dev/cask-speed", O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail("/dev/cask-speed");
}

static uint64_t api_run(const struct task *t)
{
	last = (struct speed_measure){
		.op = t->op, .bytes = t->bytes, .count = t->count,
	};
	if (ioctl(device, SPEED_IOC_MEASURE, &last))
		fail("crypto-api");
	return last.insns;
}

static void api_end(const struct task *t)
{
	close(device);
}

const struct lane lane_crypto_api = {
	.name = "crypto-api", .ops = OPS_CRYPTO, .begin = api_begin, .run = api_run, .end = api_end,
};
