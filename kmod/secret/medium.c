// SPDX-License-Identifier: GPL-2.0
/*
 * medium.c - what the key of a class of media does: the first layer's MAC, and the locks
 * on the images of the second and on backups (Figs. 4, 7, 9-15).
 */
#include <linux/err.h>
#include <linux/random.h>
#include <crypto/algapi.h>

#include "secret.h"
#include "area/area.h"

/* The MAC of a first layer, into s->key. */
static int mac_first(struct scratch *s, struct cask_key *class_key, const u8 *data, size_t len)
{
	return cask_key_expand(class_key, CASK_INFO_FIRST, NULL, 0, s->prk) ?:
	       cask_hmac(s->prk, PRK_SIZE, data, len, s->key);
}

/**
 * cask_medium_mac() - authenticate a first layer
 * @class_key: of its class
 * @data: the first layer, up to the MAC
 * @len: bytes of @data
 * @mac: CASK_MAC_SIZE bytes, when 0 is returned
 *
 * Return: 0, -ENOMEM, or another error of the crypto API.
 */
int cask_medium_mac(struct cask_key *class_key, const u8 *data, size_t len, u8 *mac)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = mac_first(s, class_key, data, len);
	if (!ret)
		memcpy(mac, s->key, CASK_MAC_SIZE);
	cask_scratch_put(s);
	return ret;
}

/**
 * cask_medium_check() - whether a first layer is authentic
 * @class_key: of its class
 * @medium: the parsed first layer
 *
 * Return: 0, -EBADMSG when it is not; -ENOMEM or another error of the crypto API.
 */
int cask_medium_check(struct cask_key *class_key, const struct cask_medium_view *medium)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = mac_first(s, class_key, medium->maced.data, medium->maced.len);
	if (!ret && crypto_memneq(s->key, medium->mac.data, CASK_MAC_SIZE))
		ret = -EBADMSG;
	cask_scratch_put(s);
	return ret;
}

/* --- locks --- */

/* What the medium's lock is made from, into s->prk; @derivation 0: of a LAYER. */
static int base_key(struct scratch *s, const struct cask_medium_seal *m, u32 derivation)
{
	const char *label = CASK_INFO_INDIVIDUAL;
	int ret;

	if (!derivation)
		label = CASK_INFO_SECOND;
	else if (derivation == CASK_DERIVATION_NUMBER)
		label = CASK_INFO_NUMBER;
	ret = cask_key_expand(m->class_key, label, m->number, CASK_MEDIUM_NUMBER_SIZE, s->prk);
	if (!ret && derivation == CASK_DERIVATION_ENCIPHERED)
		ret = cask_hmac(s->prk, PRK_SIZE, m->number, CASK_MEDIUM_NUMBER_SIZE, s->prk);
	return ret;
}

/* The medium's lock: its key into s->key, a nonce of zeros into s->nonce. */
static int medium_lock(struct scratch *s, const struct cask_medium_seal *m,
		       const struct cask_image_view *i)
{
	const char *info = m->type == CASK_TYPE_LAYER ? CASK_INFO_LAYER : CASK_INFO_BACKUP;

	memset(s->nonce, 0, sizeof(s->nonce));
	return base_key(s, m, i->derivation) ?:
	       cask_hmac(i->salt.data, CASK_AREA_SALT_SIZE, s->prk, PRK_SIZE, s->prk) ?:
	       cask_expand_label(s->prk, info, s->key);
}

/* An image and its locks, in the order in which they are put on. */
struct locked {
	u8 *image;
	size_t head;
	size_t size;
	unsigned int count;
	struct scratch *keys[2];
	size_t key_lens[2];
};

static void add_lock(struct locked *l, struct scratch *keys, size_t key_len)
{
	l->keys[l->count] = keys;
	l->key_lens[l->count++] = key_len;
}

static int put_on(const struct locked *l)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < l->count && !ret; n++)
		ret = cask_image_crypt(l->keys[n], l->key_lens[n], l->image, l->head,
				       l->size + n * TAG_SIZE, true);
	return ret;
}

static int take_off(const struct locked *l)
{
	unsigned int n;
	int ret = 0;

	for (n = l->count; n && !ret; n--)
		ret = cask_image_crypt(l->keys[n - 1], l->key_lens[n - 1], l->image, l->head,
				       l->size + (n - 1) * TAG_SIZE, false);
	return ret;
}

/* @apparatus: with the shared secret of its lock, or NULL */
static int make_locks(struct locked *l, const struct cask_medium_seal *m,
		      const struct cask_image_view *i, struct scratch *medium,
		      struct scratch *apparatus)
{
	int ret = medium_lock(medium, m, i);

	if (!ret && apparatus)
		ret = cask_hpke_schedule(apparatus, CASK_INFO_LOCK);
	if (ret)
		return ret;
	if (apparatus && i->locks == CASK_LOCKS_APPARATUS_MEDIUM)
		add_lock(l, apparatus, AES128_SIZE);
	add_lock(l, medium, AES256_SIZE);
	if (apparatus && i->locks != CASK_LOCKS_APPARATUS_MEDIUM)
		add_lock(l, apparatus, AES128_SIZE);
	return 0;
}

/* Scratch memory for @fn: the second only where there is an apparatus's lock. */
static int with_scratch(bool two, struct locked *l, struct cask_medium_seal *m,
			struct cask_image_view *i,
			int (*fn)(struct locked *l, struct cask_medium_seal *m,
				  struct cask_image_view *i, struct scratch *medium,
				  struct scratch *apparatus))
{
	struct scratch *medium = cask_scratch_get();
	struct scratch *apparatus = two ? cask_scratch_get() : NULL;
	int ret = -ENOMEM;

	if (medium && (apparatus || !two))
		ret = fn(l, m, i, medium, apparatus);
	cask_scratch_put(medium);
	cask_scratch_put(apparatus);
	return ret;
}

static int seal(struct locked *l, struct cask_medium_seal *m, struct cask_image_view *i,
		struct scratch *medium, struct scratch *apparatus)
{
	u8 enc[CASK_HPKE_ENC_SIZE];
	int ret = 0;

	get_random_bytes(m->salt, sizeof(m->salt));
	i->salt = (struct cask_bytes){ m->salt, sizeof(m->salt) };
	if (apparatus) {
		ret = cask_hpke_encap(apparatus, i->apparatus.data, enc);
		i->enc = (struct cask_bytes){ enc, sizeof(enc) };
	}
	if (ret)
		return ret;
	l->head = cask_image_build(l->image, i, m->type, l->size);
	memcpy(l->image + l->head, m->records->data, l->size);
	i->enc = (struct cask_bytes){};
	return make_locks(l, m, i, medium, apparatus) ?: put_on(l);
}

/**
 * cask_medium_seal() - seal the records of a medium
 * @m: for what; gets the salt
 * @i: the counter; apparatus or nothing; of a BACKUP all that its head says
 * @image: vmalloc memory: CASK_BACKUP_OVERHEAD bytes and what the records have
 * @ret_len: bytes of @image
 *
 * Return: 0; -EINVAL when nothing can be locked to the apparatus's key; -ENOMEM or
 * another error of the crypto API, and then @image is wiped.
 */
int cask_medium_seal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image,
		     size_t *ret_len)
{
	struct locked l = { .image = image, .size = m->records->len };
	int ret = with_scratch(i->apparatus.data, &l, m, i, seal);

	if (ret)
		memzero_explicit(image, CASK_BACKUP_OVERHEAD + l.size);
	else
		*ret_len = l.head + l.size + l.count * TAG_SIZE;
	return ret;
}

static int unseal(struct locked *l, struct cask_medium_seal *m, struct cask_image_view *i,
		  struct scratch *medium, struct scratch *apparatus)
{
	int ret = apparatus ? cask_hpke_decap(apparatus, i->enc.data) : 0;

	return ret ?: make_locks(l, m, i, medium, apparatus) ?: take_off(l);
}

/**
 * cask_medium_unseal() - open what cask_medium_seal() made
 * @m: for what; gets the salt; its records have memory, and get the records
 * @i: what the head says; locked to this device, or not locked
 * @image: vmalloc memory with the object, wiped
 *
 * Return: 0; -EBADMSG when it is not authentic, or another medium's; -EINVAL when it
 * holds no records, or more than there is memory for; -ENOMEM or another error of the
 * crypto API.
 */
int cask_medium_unseal(struct cask_medium_seal *m, struct cask_image_view *i, u8 *image)
{
	struct locked l = {
		.image = image, .head = i->head.len, .size = i->sealed.len - i->tags,
	};
	struct cask_records *r = m->records;
	int ret = -EINVAL;

	if (l.size <= r->capacity) {
		memcpy(m->salt, i->salt.data, sizeof(m->salt));
		ret = with_scratch(i->enc.data, &l, m, i, unseal);
	}
	if (!ret) {
		memcpy(r->data, image + l.head, l.size);
		r->len = l.size;
		ret = cask_records_check(r);
	}
	memzero_explicit(image, i->head.len + i->sealed.len);
	return ret;
}
