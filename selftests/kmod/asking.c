// SPDX-License-Identifier: GPL-2.0
/* asking.c - what is asked of the device about the world's content, while the agent is served. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "asking.h"

int call_asking(void *asking)
{
	struct asking *a = asking;
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;

	a->arg.content_fd = open(a->path, O_RDONLY | O_CLOEXEC);
	ret = ioctl(dev, a->number, &a->arg) < 0 ? -errno : 0;
	close(a->arg.content_fd);
	close(dev);
	return ret;
}

int open_asking(void *asking)
{
	struct asking *a = asking;
	int dev = open("/dev/cask", O_RDONLY | O_CLOEXEC), ret;

	a->arg.content_fd = open(a->path, O_RDONLY | O_CLOEXEC);
	ret = open_with(dev, &a->arg);
	close(a->arg.content_fd);
	close(dev);
	return ret;
}

int record_it(struct world *w)
{
	struct asking a = { .path = w->path, .arg.flags = CASK_OPEN_RECORD };

	return served(w, open_asking, &a);
}

int accept_it(struct world *w)
{
	struct asking a = { .path = w->path, .number = CASK_IOC_ACCEPT };

	return served(w, call_asking, &a);
}

int install_another(struct world *w)
{
	forget(w);
	w->license.fields.id[0]++;
	return world_install(w, getuid());
}
