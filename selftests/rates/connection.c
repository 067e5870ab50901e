// SPDX-License-Identifier: GPL-2.0
/*
 * connection.c - HTTP/1.1 over TLS or TCP, just as much as cask-server's answers need.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rates.h"
#include "text.h"

#define HEAD_MAX 4096

/**
 * struct rates_connection - to the server
 * @fd: the socket
 * @ssl: NULL: plain TCP
 */
struct rates_connection {
	int fd;
	SSL *ssl;
};

/**
 * rates_open_server() - prepare to connect
 * @server: gets authority, port and TLS
 * @authority: "localhost:PORT"; kept
 * @ca: PEM of who certified the server; NULL: no TLS
 */
void rates_open_server(struct rates_server *server, const char *authority, const char *ca)
{
	const char *colon = strrchr(authority, ':');

	if (!colon)
		rates_die("authority: %s", authority);
	server->authority = authority;
	server->port = atoi(colon + 1);
	if (!ca)
		return;
	server->tls = SSL_CTX_new(TLS_client_method());
	if (!server->tls || SSL_CTX_load_verify_locations(server->tls, ca, NULL) != 1)
		rates_die("TLS: %s", ca);
	SSL_CTX_set_verify(server->tls, SSL_VERIFY_PEER, NULL);
}

static SSL *shake_hands(const struct rates_server *server, int fd)
{
	SSL *ssl = SSL_new(server->tls);

	if (!ssl || SSL_set1_host(ssl, "localhost") != 1 || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_connect(ssl) != 1)
		rates_die("TLS: no connection");
	return ssl;
}

/**
 * rates_connect() - a connection of one client
 * @server: prepared
 *
 * Return: to be given to rates_disconnect().
 */
struct rates_connection *rates_connect(const struct rates_server *server)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(server->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct rates_connection *c = calloc(1, sizeof(*c));
	int on = 1;

	if (!c)
		rates_die("no memory");
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)))
		rates_must(-errno, "connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (server->tls)
		c->ssl = shake_hands(server, c->fd);
	return c;
}

/**
 * rates_disconnect() - close it
 * @c: the connection
 */
void rates_disconnect(struct rates_connection *c)
{
	if (c->ssl)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

static void put(struct rates_connection *c, const char *data, size_t size)
{
	while (size) {
		ssize_t n = c->ssl ? SSL_write(c->ssl, data, size) : write(c->fd, data, size);

		if (n <= 0)
			rates_die("the server does not read");
		data += n;
		size -= n;
	}
}

static size_t get(struct rates_connection *c, char *data, size_t size)
{
	ssize_t n = c->ssl ? SSL_read(c->ssl, data, size) : read(c->fd, data, size);

	if (n <= 0)
		rates_die("the server does not answer");
	return n;
}

static void read_location(const char *head, struct rates_answer *answer)
{
	static const char name[] = "\r\nLocation: /v1/licenses/";
	const char *at = strstr(head, name);
	char id[TEXT_HEX_SIZE(CASK_ID_SIZE)] = "";

	if (!at)
		return;
	strncpy(id, at + strlen(name), sizeof(id) - 1);
	rates_must(text_from_hex(id, answer->license, sizeof(answer->license)), "Location");
}

/* Where the body is to go on from; the rest of @head behind @end is its beginning. */
static size_t read_head(char *head, size_t size, char *end, struct rates_answer *answer)
{
	const char *length;
	size_t begun;

	*end = 0;
	end += strlen("\r\n\r\n");
	begun = head + size - end;
	length = strcasestr(head, "\r\nContent-Length: ");
	if (sscanf(head, "HTTP/1.1 %u", &answer->status) != 1 || !length)
		rates_die("no answer: %s", head);
	answer->size = strtoull(length + strlen("\r\nContent-Length: "), NULL, 10);
	if (answer->size > RATES_BODY_MAX || begun > answer->size)
		rates_die("an answer of %zu bytes", answer->size);
	memcpy(answer->body, end, begun);
	read_location(head, answer);
	return begun;
}

/**
 * rates_talk() - send a request and wait for the whole answer
 * @c: the connection, which stays open
 * @request: to send
 * @answer: what came
 */
void rates_talk(struct rates_connection *c, const struct rates_request *request,
		struct rates_answer *answer)
{
	char head[HEAD_MAX + 1], *end = NULL;
	size_t size = 0;

	put(c, request->bytes, request->size);
	while (!end) {
		if (size == HEAD_MAX)
			rates_die("a long answer");
		size += get(c, head + size, HEAD_MAX - size);
		head[size] = 0;
		end = strstr(head, "\r\n\r\n");
	}
	for (size = read_head(head, size, end, answer); size < answer->size;)
		size += get(c, answer->body + size, answer->size - size);
	answer->body[answer->size] = 0;
}
