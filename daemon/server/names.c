// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - the names that clients may call the server by in Host.
 *
 * A signed request is for one server: its key pair may serve under other names
 * too, and a request that was made for one of them is not to be taken here.
 */
#include <string.h>
#include <strings.h>
#include <openssl/x509v3.h>

#include "names.h"

#define NAME_MAX_SIZE 256	/* of a DNS name, or an address, with its zero */

/* Host without its port, and an IPv6 address without its brackets. */
static bool host_of(const char *authority, char name[NAME_MAX_SIZE])
{
	bool bracket = *authority == '[';
	size_t size;

	authority += bracket;
	size = strcspn(authority, bracket ? "]" : ":");
	if (!size || size >= NAME_MAX_SIZE)
		return false;
	memcpy(name, authority, size);
	name[size] = 0;
	return true;
}

static bool listed(const char *names, const char *name)
{
	size_t length = strlen(name);

	while (*names) {
		size_t size = strcspn(names, " \t,");

		if (size == length && !strncasecmp(names, name, size))
			return true;
		names += size;
		names += strspn(names, " \t,");
	}
	return false;
}

/**
 * names_include() - whether a request may be for this server
 * @server: serving
 * @authority: Host as sent; any port
 *
 * By the configuration's names, else by the TLS certificate; with neither, behind
 * a proxy, every name will do.
 *
 * Return: whether.
 */
bool names_include(const struct server *server, const char *authority)
{
	char name[NAME_MAX_SIZE];

	if (!*server->config.names && !server->certificate)
		return true;
	if (!host_of(authority, name))
		return false;
	if (*server->config.names)
		return listed(server->config.names, name);
	return X509_check_host(server->certificate, name, 0, 0, NULL) == 1 ||
	       X509_check_ip_asc(server->certificate, name, 0) == 1;
}
