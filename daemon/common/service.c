// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - being a service: say when ready (sd_notify(3)'s protocol, so
 * that machines without libsystemd are served too), wait for the order to stop
 * and meanwhile say that all is well (sd_watchdog_enabled(3)).
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

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

/* Microseconds within which the service manager wants to hear of us, 0 if it does not. */
static uint64_t watchdog_usec(void)
{
	const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10);
}

/**
 * cask_service_watch() - sleep until SIGTERM or SIGINT, and feed the watchdog
 * @alive: whether the program does what it is there for; asked twice in each of
 *	the watchdog's periods, if there is one. It may take its time: what comes
 *	too late is as good as no
 *
 * Return: the signal.
 */
int cask_service_watch(bool (*alive)(void))
{
	uint64_t half = watchdog_usec() / 2;
	struct timespec period = { half / 1000000, half % 1000000 * 1000 };
	sigset_t set;
	int number;

	if (!half)
		return cask_service_wait();
	stop_signals(&set);
	for (;;) {
		number = sigtimedwait(&set, NULL, &period);
		if (number > 0)
			return number;
		if (errno == EAGAIN && alive())
			cask_service_notify("WATCHDOG=1");
	}
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
