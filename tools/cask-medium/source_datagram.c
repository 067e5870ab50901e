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
 * @list: allocated
 * @count: of @list
 */
struct ranges {
	struct range *list;
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

static int add(struct ranges *r, uint64_t from, uint64_t to)
{
	size_t at = 0;

	while (at < r->count && r->list[at].to < from)
		at++;
	if (at == r->count || r->list[at].from > to) {
		struct range *grown = reallocarray(r->list, r->count + 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->list = grown;
		memmove(&grown[at + 1], &grown[at], (r->count++ - at) * sizeof(*grown));
		grown[at] = (struct range){ from, to };
		return 0;
	}
	if (from < r->list[at].from)
		r->list[at].from = from;
	if (to > r->list[at].to)
		r->list[at].to = to;
	merge(r, at);
	return 0;
}

static int put(struct recording *r, struct ranges *ranges, const uint8_t *datagram, size_t size)
{
	uint64_t from = cask_le64(datagram), length = size - HEAD_SIZE;
	uint64_t end = r->size ? r->size : CASK_PLAIN_SIZE_MAX;

	if (from >= end)
		return 0;
	if (length > end - from)
		length = end - from;
	if (!length)
		return 0;
	if (pwrite(r->piece.fd, datagram + HEAD_SIZE, length, from) != (ssize_t)length)
		return cask_error_file(r->error, errno ? errno : EIO, r->piece.path);
	if (add(ranges, from, from + length))
		return cask_error_file(r->error, ENOMEM, r->piece.path);
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
	struct ranges ranges = { 0 };
	int ret = 0;

	while (!ret && !recording_whole(r)) {
		ssize_t n = recv(sock, datagram, sizeof(datagram), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = cask_error_set(r->error, RECORDING_ENDED,
					     errno == EAGAIN ? "the broadcast fell silent" :
					     "the broadcast broke off");
		else if (n > HEAD_SIZE)
			ret = put(r, &ranges, datagram, n);
	}
	free(ranges.list);
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
