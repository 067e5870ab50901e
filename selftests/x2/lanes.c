// SPDX-License-Identifier: GPL-2.0
/*
 * lanes.c - a player that takes every way to plaintext but read(), then stays with all of it open.
 *
 *	x2-lanes FD PACKET READY KID...
 *
 * FD is an opened film: splice and sendfile, by two files that are opened anew, must give what pread
 * gives. Each KID is of a key without a file: batches under it must succeed. PACKET is sealed under
 * the one for AES-128-GCM; CTR and CBC decrypt anything. Then it writes "ready" to READY and waits
 * for a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/cask.h>

#include "file.h"
#include "text.h"

#define PACKET_LIMIT	(1 << 17)
/* One of which a pipe and a socket have room for. */
#define PIECE		(16 << 10)
#define PIECES		8
#define JOBS		4

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "x2-lanes: %s: %m\n", what);
	exit(1);
}

/* --- a film --- */

static void must_be(int film, off_t at, int from, size_t size, const char *how)
{
	static uint8_t want[PIECE], got[PIECE];

	if (!size || pread(film, want, size, at) != (ssize_t)size ||
	    cask_file_fill(from, got, size) != (ssize_t)size || memcmp(want, got, size))
		die(how);
}

/* A file of its own, with a block of its own, that stays open. */
static int open_anew(int film)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", film);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

static void do_splice(int film)
{
	int fd = open_anew(film), ends[2];
	off_t at = 0;

	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	for (int i = 0; i < PIECES; i++) {
		off_t begin = at;
		ssize_t n = splice(fd, &at, ends[1], NULL, PIECE, 0);

		must_be(film, begin, ends[0], n < 0 ? 0 : n, "splice");
	}
}

static void do_sendfile(int film)
{
	int fd = open_anew(film), ends[2];
	off_t at = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die("socketpair");
	for (int i = 0; i < PIECES; i++) {
		off_t begin = at;
		ssize_t n = sendfile(ends[1], fd, &at, PIECE);

		must_be(film, begin, ends[0], n < 0 ? 0 : n, "sendfile");
	}
}

/* --- keys without a file --- */

static int open_key(const char *kid)
{
	struct cask_open arg = { .content_fd = -1 };
	int device = open("/dev/cask", O_RDONLY | O_CLOEXEC), fd;

	if (device < 0 || text_from_hex(kid, arg.content_id, sizeof(arg.content_id)))
		die(kid);
	fd = ioctl(device, CASK_IOC_OPEN, &arg);
	if (fd < 0)
		die(kid);
	close(device);
	return fd;
}

/* Of CTR and CBC without the tag, which is a whole block. */
static void do_batch(int fd, const uint8_t *packet, size_t size)
{
	static uint8_t plain[PACKET_LIMIT];
	struct cask_job jobs[JOBS];
	struct cask_decrypt arg = { .jobs = (uintptr_t)jobs, .count = JOBS };

	memset(jobs, 0, sizeof(jobs));
	for (int i = 0; i < JOBS; i++) {
		jobs[i].src = (uintptr_t)packet;
		jobs[i].dst = (uintptr_t)plain;
		jobs[i].len = size;
	}
	if (ioctl(fd, CASK_IOC_DECRYPT, &arg) != JOBS)
		die("CASK_IOC_DECRYPT");
}

int main(int argc, char **argv)
{
	uint8_t *packet;
	size_t size;
	FILE *ready;
	int film;

	if (argc < 5)
		die("usage");
	film = atoi(argv[1]);
	if (cask_file_read(argv[2], PACKET_LIMIT, &packet, &size))
		die(argv[2]);
	do_splice(film);
	do_sendfile(film);
	for (int i = 4; i < argc; i++)
		do_batch(open_key(argv[i]), packet, size);
	ready = fopen(argv[3], "w");
	if (!ready || fputs("ready\n", ready) < 0 || fclose(ready))
		die(argv[3]);
	pause();
	return 0;
}
