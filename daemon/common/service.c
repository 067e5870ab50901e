// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - being a service: say when ready (sd_notify(3)'s protocol, so
 * that machines without libsystemd are served too), wait for the order to stop.
 */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cleanup.h"
#include "log.h"
#include "service.h"

static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

/**
 * cask_service_block_signals() - keep SIGTERM and SIGINT for cask_service_wait()
 *
 * To be called before any thread is started.
 */
void cask_service_block_signals(void)
{
	sigset_t set;

	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/**
 * cask_service_wait() - sleep until SIGTERM or SIGINT
 *
 * Return: the signal.
 */
int cask_service_wait(void)
{
	sigset_t set;
	int number;

	stop_signals(&set);
	while (sigwait(&set, &number))
		;
	return number;
}

/**
 * cask_service_notify() - tell the service manager, if there is one
 * @state: as in sd_notify(3), "READY=1" for example
 */
void cask_service_notify(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	_cleanup_close_ int fd = -1;
	size_t length;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return;
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
			     offsetof(struct sockaddr_un, sun_path) + length) < 0)
		cask_warn("service manager: %m");
}
