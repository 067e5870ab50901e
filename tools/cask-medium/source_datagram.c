// SPDX-License-Identifier: GPL-2.0
/*
 * source_datagram.c - record from UDP, unicast or multicast.
 *
 * A datagram is where its bytes belong (u64, little-endian) and the bytes. It may be
 * lost, come twice or out of order: who broadcasts sends everything again and again, and
 * what is missing is taken when it comes by.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "parse.h"
#include "recording.h"

#define SILENT_SECONDS	60
#define SCHEME		"udp://"
#define HEAD_SIZE	8

/* What has come is 1 MiB of notes at most, whoever sends. A test has less. */
#ifndef RANGES_MAX
#define RANGES_MAX	65536
#endif

/**
 * struct range - bytes that have come
 * @from: the first
 * @to: behind the last
 */
struct range {
	uint64_t from;
	uint64_t to;
};

/**
 * struct ranges - what has come, ascending, with gaps between
 * @list: of which
 * @count: so many are used
 */
struct ranges {
	struct range list[RANGES_MAX];
	size_t count;
};

static void merge(struct ranges *r, size_t at)
{
	while (at + 1 < r->count && r->list[at + 1].from <= r->list[at].to) {
		if (r->list[at + 1].to > r->list[at].to)
			r->list[at].to = r->list[at + 1].to;
		memmove(&r->list[at + 1], &r->list[at + 2],
			(--r->count - at - 1) * sizeof(*r->list));
	}
}

/* Where there is no room the furthest is forgotten: it comes again when there is. */
static void insert(struct ranges *r, size_t at, uint64_t from, uint64_t to)
{
	if (at == RANGES_MAX)
		return;
	if (r->count == RANGES_MAX)
		r->count--;
	memmove(&r->list[at + 1], &r->list[at], (r->count++ - at) * sizeof(*r->list));
	r->list[at] = (struct range){ from, to };
}

static void add(struct ranges *r, uint64_t from, uint64_t to)
{
	size_t at = 0;

	while (at < r->count && r->list[at].to < from)
		at++;
	if (at == r->count || r->list[at].from > to) {
		insert(r, at, from, to);
		return;
	}
	if (from < r->list[at].from)
		r->list[at].from = from;
	if (to > r->list[at].to)
		r->list[at].to = to;
	merge(r, at);
}

/* Before the end is known anybody may name a place that no file has: it is behind the end. */
static int write_at(struct recording *r, const uint8_t *data, size_t size, uint64_t from)
{
	ssize_t n = pwrite(r->piece.fd, data, size, from);

	if (n == (ssize_t)size)
		return 0;
	if (n < 0 && errno == EFBIG && !r->size)
		return -EFBIG;
	return cask_error_file(r->error, n < 0 ? errno : ENOSPC, r->piece.path);
}

static int put(struct recording *r, struct ranges *ranges, const uint8_t *datagram, size_t size)
{
	uint64_t from = cask_le64(datagram), length = size - HEAD_SIZE;
	uint64_t end = r->size ? r->size : CASK_PLAIN_SIZE_MAX;
	int ret;

	if (from >= end)
		return 0;
	if (length > end - from)
		length = end - from;
	if (!length)
		return 0;
	ret = write_at(r, datagram + HEAD_SIZE, length, from);
	if (ret)
		return ret == -EFBIG ? 0 : -1;
	add(ranges, from, from + length);
	if (ranges->list[0].from)
		return 0;
	r->done = ranges->list[0].to;
	if (recording_grown(r))
		return -1;
	if (r->size && r->done > r->size)
		r->done = r->size;
	return 0;
}

/* What came from behind the end before that was known. */
static int finish(struct recording *r)
{
	return cask_piece_cut(&r->piece, r->size, r->error);
}

static int receive(struct recording *r, int sock)
{
	uint8_t datagram[65536];
	struct ranges *ranges = calloc(1, sizeof(*ranges));
	int ret = ranges ? 0 : cask_error_file(r->error, ENOMEM, r->piece.path);

	while (!ret && !recording_whole(r)) {
		ssize_t n = recv(sock, datagram, sizeof(datagram), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = cask_error_set(r->error, RECORDING_ENDED,
					     errno == EAGAIN ? "the broadcast fell silent" :
					     "the broadcast broke off");
		else if (n > HEAD_SIZE)
			ret = put(r, ranges, datagram, n);
	}
	free(ranges);
	return ret ? ret : finish(r);
}

static int join(int sock, const struct addrinfo *a)
{
	const struct sockaddr_in *four = (void *)a->ai_addr;
	const struct sockaddr_in6 *six = (void *)a->ai_addr;
	struct ipv6_mreq group6 = { 0 };
	struct ip_mreq group = { 0 };

	if (a->ai_family == AF_INET6) {
		group6.ipv6mr_multiaddr = six->sin6_addr;
		group6.ipv6mr_interface = six->sin6_scope_id;
		return IN6_IS_ADDR_MULTICAST(&six->sin6_addr) ?
		       setsockopt(sock, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group6, sizeof(group6)) : 0;
	}
	group.imr_multiaddr = four->sin_addr;
	return IN_MULTICAST(ntohl(four->sin_addr.s_addr)) ?
	       setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) : 0;
}

static int listen_at(const struct addrinfo *a)
{
	struct timeval silent = { .tv_sec = SILENT_SECONDS };
	int sock = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, err;

	if (sock < 0)
		return -errno;
	if (!setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &silent, sizeof(silent)) &&
	    !bind(sock, a->ai_addr, a->ai_addrlen) && !join(sock, a))
		return sock;
	err = -errno;
	close(sock);
	return err;
}

/* "udp://host:port", "udp://[address]:port", without host at any address. Returns a socket or a negative errno. */
static int listen_to(const char *url)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE }, *found;
	char host[256], *port;
	int sock;

	if (snprintf(host, sizeof(host), "%s", url + strlen(SCHEME)) >= (int)sizeof(host))
		return -EINVAL;
	port = strrchr(host, ':');
	if (!port || !port[1])
		return -EINVAL;
	*port++ = 0;
	if (host[0] == '[' && port - host > 3 && port[-2] == ']') {
		port[-2] = 0;
		memmove(host, host + 1, strlen(host));
	}
	if (getaddrinfo(*host ? host : NULL, port, &hints, &found))
		return -EADDRNOTAVAIL;
	sock = listen_at(found);
	freeaddrinfo(found);
	return sock;
}

/**
 * source_datagram() - record what is sent to an address, until all of it has come
 * @r: open; begins anew
 * @url: udp://HOST:PORT; of a multicast address the group is joined
 *
 * Return: 0 or -1.
 */
int source_datagram(struct recording *r, const char *url)
{
	int sock = listen_to(url), ret;

	if (sock < 0)
		return cask_error_file(r->error, -sock, url);
	ret = cask_piece_begin(&r->piece, "", r->error) ? -1 : receive(r, sock);
	close(sock);
	return ret;
}
