// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - a file as a disk (loop), with dm-log-writes over it that logs to another file. Both are
 * mapped, too: what the disk holds is looked at and changed while nobody has it open.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cuts.h"

#define NAME	"cask-cuts"

static uint8_t *map(const char *path, int *ret_fd, size_t *ret_size)
{
	struct stat st;
	void *p;

	*ret_fd = open(path, O_RDWR | O_CLOEXEC);
	if (*ret_fd < 0 || fstat(*ret_fd, &st))
		fail("%s: %s", path, strerror(errno));
	p = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, *ret_fd, 0);
	if (p == MAP_FAILED)
		fail("%s: %s", path, strerror(errno));
	*ret_size = st.st_size;
	return p;
}

/* It goes when the last one that has it open does. */
static void attach(int fd, char loop[32])
{
	const struct loop_config config = { .fd = fd, .info = { .lo_flags = LO_FLAGS_AUTOCLEAR } };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number, dev;

	number = ioctl(control, LOOP_CTL_GET_FREE);
	snprintf(loop, 32, "/dev/loop%d", number);
	dev = open(loop, O_RDWR | O_CLOEXEC);
	if (control < 0 || number < 0 || dev < 0 || ioctl(dev, LOOP_CONFIGURE, &config))
		fail("%s: %s", loop, strerror(errno));
	close(control);
	/* dev stays open. */
}

/**
 * device_open() - have a disk and a place for the log
 * @d: set up
 * @image: file, whole sectors long
 * @log: another
 */
void device_open(struct device *d, const char *image, const char *log)
{
	int fd;

	d->disk = map(image, &fd, &d->size);
	attach(fd, d->loops[0]);
	close(fd);
	d->log = map(log, &fd, &d->log_size);
	attach(fd, d->loops[1]);
	close(fd);
	d->control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (d->control < 0)
		fail("/dev/mapper/control: %s", strerror(errno));
}

/* A request to the device mapper, and what follows it. */
union request {
	struct dm_ioctl head;
	char bytes[1024];
};

static void request(struct device *d, unsigned long number, const char *what, union request *r)
{
	r->head.version[0] = DM_VERSION_MAJOR;
	r->head.data_size = sizeof(*r);
	r->head.data_start = sizeof(r->head);
	strcpy(r->head.name, NAME);
	if (ioctl(d->control, number, r))
		fail("device mapper: %s: %s", what, strerror(errno));
}

static void load_table(struct device *d)
{
	union request r = { .head = { .target_count = 1 } };
	struct dm_target_spec spec = { .length = d->size / SECTOR, .target_type = "log-writes" };

	memcpy(r.bytes + sizeof(r.head), &spec, sizeof(spec));
	snprintf(r.bytes + sizeof(r.head) + sizeof(spec), 100, "%s %s", d->loops[0], d->loops[1]);
	request(d, DM_TABLE_LOAD, "table", &r);
}

/**
 * device_record() - have all writes to @d->path logged from now on
 * @d: open, not recording
 */
void device_record(struct device *d)
{
	union request r = { 0 };

	request(d, DM_DEV_CREATE, "create", &r);
	snprintf(d->path, sizeof(d->path), "/dev/dm-%u", minor(r.head.dev));
	load_table(d);
	memset(&r, 0, sizeof(r));
	request(d, DM_DEV_SUSPEND, "resume", &r);
}

/**
 * device_mark() - mark the log
 * @d: recording
 * @text: what to write there: no blanks
 */
void device_mark(struct device *d, const char *text)
{
	union request r = { 0 };
	struct dm_target_msg m = { 0 };

	memcpy(r.bytes + sizeof(r.head), &m, sizeof(m));
	snprintf(r.bytes + sizeof(r.head) + sizeof(m), 200, "mark %s", text);
	request(d, DM_TARGET_MSG, "mark", &r);
}

/**
 * device_stop() - record no more; nobody has it open
 * @d: recording
 *
 * Return: what was written.
 */
struct recording *device_stop(struct device *d)
{
	union request r = { 0 };

	request(d, DM_DEV_REMOVE, "remove", &r);
	return recording_new(d->log, d->log_size);
}
