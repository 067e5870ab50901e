// SPDX-License-Identifier: GPL-2.0
/*
 * listen.c - listening sockets, made here or handed over by systemd
 * (sd_listen_fds(3): $LISTEN_PID and $LISTEN_FDS, descriptors from 3 on).
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "listen.h"
#include "log.h"

#define BACKLOG			128
#define FIRST_ACTIVATED_FD	3

static int bind_one(const struct addrinfo *ai)
{
	_cleanup_close_ int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC |
					SOCK_NONBLOCK, ai->ai_protocol);
	int one = 1, zero = 0;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, BACKLOG))
		return -errno;
	return steal_fd(&fd);
}

/**
 * cask_listen_tcp() - listen on an address
 * @host: name or number; NULL or "" for every address, IPv6 and IPv4
 * @port: 0 lets the kernel choose; cask_listen_describe() tells
 *
 * Return: a descriptor, or -errno of the last address tried.
 */
int cask_listen_tcp(const char *host, uint16_t port)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	char service[8];
	int ret, fd = -EADDRNOTAVAIL;

	if (!host || !*host) {
		/* One socket for both; where IPv6 is off, IPv4's. */
		fd = cask_listen_tcp("::", port);
		return fd >= 0 ? fd : cask_listen_tcp("0.0.0.0", port);
	}
	snprintf(service, sizeof(service), "%u", port);
	ret = getaddrinfo(host, service, &hints, &list);
	if (ret) {
		cask_err("%s: %s", host, gai_strerror(ret));
		return -EADDRNOTAVAIL;
	}
	for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
		fd = bind_one(ai);
	freeaddrinfo(list);
	return fd;
}

/* What a killed server left; connecting to a file of another kind is refused likewise. */
static int remove_dead(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return unlink(path) ? -errno : 0;
}

/**
 * cask_listen_unix() - listen on a path
 * @path: a socket there that nobody serves is replaced
 * @mode: permissions of the socket
 *
 * Return: a descriptor, -EADDRINUSE when somebody serves there, -EEXIST when
 * something else is there, or -errno.
 */
int cask_listen_unix(const char *path, mode_t mode)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)) || errno == EAGAIN)
		return -EADDRINUSE;
	if (errno == ECONNREFUSED) {
		ret = remove_dead(path);
		if (ret)
			return ret;
	}
	/* Born closed, so that nobody slips in before chmod(). */
	mask = umask(0777);
	ret = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (ret || chmod(path, mode) || listen(fd, BACKLOG))
		return -errno;
	return steal_fd(&fd);
}

/**
 * cask_listen_activated() - a socket that systemd opened for this process
 * @index: which, from 0
 *
 * Return: the descriptor, now close-on-exec and non-blocking; -ENOENT if there is none.
 */
int cask_listen_activated(unsigned int index)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int fd = FIRST_ACTIVATED_FD + index, flags;

	if (!pid || !count || strtol(pid, NULL, 10) != getpid() ||
	    strtoul(count, NULL, 10) <= index)
		return -ENOENT;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return fd;
}

/**
 * cask_listen_describe() - the address of a listening socket, for people and scripts
 * @fd: the socket
 * @text: "127.0.0.1:8443", "[::]:8443" or a path
 * @size: of @text; CASK_LISTEN_NAME_MAX suffices
 *
 * Return: 0 or -errno.
 */
int cask_listen_describe(int fd, char *text, size_t size)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	char host[256], port[8];

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return -errno;
	if (address.ss_family == AF_UNIX) {
		snprintf(text, size, "%s", ((struct sockaddr_un *)&address)->sun_path);
		return 0;
	}
	if (getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		return -EINVAL;
	snprintf(text, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}
