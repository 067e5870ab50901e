// SPDX-License-Identifier: GPL-2.0
/*
 * http_request.c - what a handler may ask of its request: target, headers, body, and who sent it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "http.h"
#include "http_internal.h"

/**
 * cask_http_context() - the context of the server's options
 * @rq: a request
 *
 * Return: options.context.
 */
void *cask_http_context(const struct cask_http_request *rq)
{
	return rq->server->options.context;
}

/**
 * cask_http_method() - the method, as sent
 * @rq: a request
 *
 * Return: borrowed.
 */
const char *cask_http_method(const struct cask_http_request *rq)
{
	return rq->method;
}

/**
 * cask_http_target() - the request target, as sent, not decoded
 * @rq: a request
 *
 * Return: borrowed.
 */
const char *cask_http_target(const struct cask_http_request *rq)
{
	return rq->target;
}

/**
 * cask_http_path() - the path of the target, not decoded
 * @rq: a request
 *
 * Return: borrowed.
 */
const char *cask_http_path(const struct cask_http_request *rq)
{
	return rq->path;
}

/**
 * cask_http_raw_query() - the query of the target with its question mark, not decoded
 * @rq: a request
 *
 * Return: borrowed; "" when there is none.
 */
const char *cask_http_raw_query(const struct cask_http_request *rq)
{
	return rq->query;
}

/**
 * cask_http_param() - what a {name} of the pattern matched, not decoded
 * @rq: a request
 * @index: of the {name}, from 0
 *
 * Return: borrowed.
 */
const char *cask_http_param(const struct cask_http_request *rq, unsigned int index)
{
	return rq->params[index];
}

/**
 * cask_http_query() - a parameter of the query, decoded
 * @rq: a request
 * @name: of the parameter
 *
 * Return: borrowed, or NULL when absent or without a value.
 */
const char *cask_http_query(const struct cask_http_request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND, name);
}

/**
 * cask_http_header() - the first header with a name
 * @rq: a request
 * @name: in any case
 *
 * Return: borrowed, or NULL when absent.
 */
const char *cask_http_header(const struct cask_http_request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

struct counting {
	const char *name;
	unsigned int count;
};

static enum MHD_Result count(void *cls, enum MHD_ValueKind kind, const char *key,
			     const char *value)
{
	struct counting *c = cls;

	if (!strcasecmp(key, c->name))
		c->count++;
	return MHD_YES;
}

/**
 * cask_http_header_count() - how often a header was sent
 * @rq: a request
 * @name: in any case
 *
 * Return: the number of its lines.
 */
unsigned int cask_http_header_count(const struct cask_http_request *rq, const char *name)
{
	struct counting c = { .name = name };

	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, count, &c);
	return c.count;
}

/**
 * cask_http_body() - the whole body
 * @rq: a request
 * @ret_size: its bytes, 0 without a body
 *
 * Return: borrowed; not NULL, not zero-terminated.
 */
const uint8_t *cask_http_body(const struct cask_http_request *rq, size_t *ret_size)
{
	*ret_size = rq->body_size;
	return rq->body ? rq->body : (const uint8_t *)"";
}

/**
 * cask_http_socket() - the connection's descriptor
 * @rq: a request
 *
 * Return: borrowed; -1 if there is none.
 */
int cask_http_socket(const struct cask_http_request *rq)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

/**
 * cask_http_peer_of() - who connected, on a UNIX socket
 * @fd: of a connection
 * @ret: credentials at the time of connect()
 *
 * Return: 0, or -errno on other sockets: a TCP socket answers too, with nobody.
 */
int cask_http_peer_of(int fd, struct ucred *ret)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size))
		return -errno;
	if (credentials.pid == 0 && credentials.uid == (uid_t)-1)
		return -ENOTSUP;
	*ret = credentials;
	return 0;
}

/**
 * cask_http_peer() - who connected, on a UNIX socket
 * @rq: a request
 * @ret: credentials at the time of connect()
 *
 * Return: 0, or -errno on other sockets.
 */
int cask_http_peer(const struct cask_http_request *rq, struct ucred *ret)
{
	return cask_http_peer_of(cask_http_socket(rq), ret);
}

/**
 * cask_http_peer_in() - whether who connected, on a UNIX socket, is in a group
 * @rq: a request
 * @group: the first of the peer's or any other, at the time of connect()
 *
 * Return: whether it is; not on other sockets.
 */
bool cask_http_peer_in(const struct cask_http_request *rq, gid_t group)
{
	_cleanup_free_ gid_t *groups = NULL;
	int fd = cask_http_socket(rq);
	struct ucred peer;
	socklen_t size = 0;

	if (cask_http_peer_of(fd, &peer))
		return false;
	if (peer.gid == group)
		return true;
	/* They cannot change meanwhile. */
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) || errno != ERANGE)
		return false;
	groups = malloc(size);
	if (!groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		return false;
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/**
 * cask_http_hold() - send the answer when what was done before will last
 * @rq: a request whose handler has not returned
 */
void cask_http_hold(struct cask_http_request *rq)
{
	rq->held.connection = rq->connection;
	rq->held.wanted = rq->server->held;
}

/**
 * cask_http_set_who() - name the authenticated peer, for the request's line in the log
 * @rq: a request
 * @who: copied, cut at 71 bytes
 */
void cask_http_set_who(struct cask_http_request *rq, const char *who)
{
	strncpy(rq->who, who, sizeof(rq->who) - 1);
}
