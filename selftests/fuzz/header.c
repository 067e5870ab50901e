// SPDX-License-Identifier: GPL-2.0
/* header.c - the head of a .cask file as libcask reads it from a file. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cask.h"
#include "fuzz.h"

static bool ends(const char *text)
{
	return strnlen(text, CASK_TEXT_MAX + 1) <= CASK_TEXT_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct cask_header h;
	int ret;

	if (fd < 0)
		fd = memfd_create("header", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	ret = cask_header_read(fd, &h);
	fuzz_errno(ret);
	if (!ret && (!ends(h.media_type) || !ends(h.title) || !ends(h.url)))
		abort();
	return 0;
}
