// SPDX-License-Identifier: GPL-2.0
/*
 * pairs.c - the pairwise secrets of devices that asked lately: a multiplication on the curve costs
 * more than all else that a request of a device is checked by.
 *
 * Each follows from the pairwise key, which lies in the same memory. A device has one place, by its
 * key; those that share one only take it from each other.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "pairs.h"
#include "pairwise.h"
#include "server.h"

#define PLACES	16384	/* a power of two, of at most two bytes; 1 MiB of them */

/**
 * struct place - what was derived last of those that belong here
 * @taken: something was
 * @device_key: for whom
 * @secret: S
 */
struct place {
	bool taken;
	uint8_t device_key[CASK_X25519_SIZE];
	uint8_t secret[32];
};

/**
 * struct pairs - all of them
 * @lock: protects @places
 * @places: by device key
 */
struct pairs {
	pthread_mutex_t lock;
	struct place places[PLACES];
};

/**
 * pairs_new() - none yet
 * @ret_pairs: to be freed with pairs_free()
 *
 * Return: 0 or -ENOMEM.
 */
int pairs_new(struct pairs **ret_pairs)
{
	struct pairs *pairs = calloc(1, sizeof(*pairs));

	if (!pairs)
		return -ENOMEM;
	pthread_mutex_init(&pairs->lock, NULL);
	*ret_pairs = pairs;
	return 0;
}

/**
 * pairs_free() - wipe them all
 * @pairs: may be NULL
 */
void pairs_free(struct pairs *pairs)
{
	if (!pairs)
		return;
	pthread_mutex_destroy(&pairs->lock);
	crypto_wipe(pairs, sizeof(*pairs));
	free(pairs);
}

static struct place *place_of(struct pairs *pairs, const uint8_t device_key[CASK_X25519_SIZE])
{
	return &pairs->places[(device_key[0] | device_key[1] << 8) & (PLACES - 1)];
}

static bool look_up(struct pairs *pairs, const uint8_t device_key[CASK_X25519_SIZE],
		    uint8_t ret_secret[32])
{
	const struct place *place = place_of(pairs, device_key);
	bool found;

	pthread_mutex_lock(&pairs->lock);
	found = place->taken && !memcmp(place->device_key, device_key, sizeof(place->device_key));
	if (found)
		memcpy(ret_secret, place->secret, sizeof(place->secret));
	pthread_mutex_unlock(&pairs->lock);
	return found;
}

static void remember(struct pairs *pairs, const uint8_t device_key[CASK_X25519_SIZE],
		     const uint8_t secret[32])
{
	struct place *place = place_of(pairs, device_key);

	pthread_mutex_lock(&pairs->lock);
	place->taken = true;
	memcpy(place->device_key, device_key, sizeof(place->device_key));
	memcpy(place->secret, secret, sizeof(place->secret));
	pthread_mutex_unlock(&pairs->lock);
}

/**
 * pairs_derive() - S of an enrolled device
 * @server: with its pairwise key loaded
 * @device_key: as it is on record; whoever only says so must not drive out who is
 * @ret_secret: the caller wipes it
 *
 * Return: as pairwise_derive().
 */
int pairs_derive(const struct server *server, const uint8_t device_key[CASK_X25519_SIZE],
		 uint8_t ret_secret[32])
{
	int ret;

	if (server->pairs && look_up(server->pairs, device_key, ret_secret))
		return 0;
	ret = pairwise_derive(server->pairwise, device_key, ret_secret);
	if (!ret && server->pairs)
		remember(server->pairs, device_key, ret_secret);
	return ret;
}
