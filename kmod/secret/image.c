// SPDX-License-Identifier: GPL-2.0
/* image.c - the secure area's images, sealed and opened. */
#include <linux/err.h>
#include <linux/random.h>
#include <linux/vmalloc.h>

#include "secret.h"
#include "area/area.h"

/* The key of an image from its salt, into s->key; a nonce of zeros into s->nonce. */
static int image_key(struct scratch *s, const u8 *salt)
{
	int ret;

	ret = cask_expand_label(cask_identity->root, CASK_INFO_STORAGE, s->key);
	ret = ret ?: cask_hmac(salt, CASK_AREA_SALT_SIZE, s->key, PRK_SIZE, s->prk);
	memset(s->nonce, 0, sizeof(s->nonce));
	return ret ?: cask_expand_label(s->prk, CASK_INFO_AREA, s->key);
}

/* @image: vmalloc memory, @len bytes: one entry a page */
static struct scatterlist *map_image(const u8 *image, size_t len)
{
	unsigned int n = DIV_ROUND_UP(offset_in_page(image) + len, PAGE_SIZE);
	struct scatterlist *sg = kvmalloc_array(n, sizeof(*sg), GFP_KERNEL);
	unsigned int i;

	if (!sg)
		return NULL;
	sg_init_table(sg, n);
	for (i = 0; i < n; i++) {
		size_t part = min_t(size_t, len, PAGE_SIZE - offset_in_page(image));

		sg_set_page(&sg[i], vmalloc_to_page(image), part, offset_in_page(image));
		image += part;
		len -= part;
	}
	return sg;
}

/**
 * cask_image_crypt() - seal or open an image in place
 * @keys: its key and nonce
 * @key_len: bytes of the key
 * @image: vmalloc memory: the head, the text, the tag
 * @head: bytes of the head, which is additional data
 * @size: bytes of the text
 * @seal: whether to seal
 *
 * Return: 0; -EBADMSG when it is not authentic; -ENOMEM; an error of the crypto API.
 */
int cask_image_crypt(struct scratch *keys, size_t key_len, u8 *image, size_t head, size_t size,
		     bool seal)
{
	struct gcm g = {
		.key = keys->key, .key_len = key_len, .nonce = keys->nonce,
		.aad_len = head, .len = seal ? size : size + TAG_SIZE,
		.sg = map_image(image, head + size + TAG_SIZE),
	};
	int ret;

	if (!g.sg)
		return -ENOMEM;
	ret = cask_gcm_crypt(&g, seal ? crypto_aead_encrypt : crypto_aead_decrypt);
	kvfree(g.sg);
	return ret;
}

static int crypt_area(u8 *image, size_t size, const u8 *salt, bool seal)
{
	struct scratch *s = cask_scratch_get();
	int ret;

	if (!s)
		return -ENOMEM;
	ret = image_key(s, salt) ?:
	      cask_image_crypt(s, AES256_SIZE, image, CASK_AREA_HEAD_SIZE, size, seal);
	cask_scratch_put(s);
	return ret;
}

/**
 * cask_storage_seal() - seal an image of the secure area
 * @counter: of the image
 * @records: at most CASK_AREA_MAX - CASK_AREA_OVERHEAD bytes
 * @image: vmalloc memory of CASK_AREA_MAX bytes
 * @ret_len: bytes of @image
 *
 * Return: 0, -ENOMEM, or another error of the crypto API.
 */
int cask_storage_seal(u64 counter, const struct cask_records *records, u8 *image,
		      size_t *ret_len)
{
	u8 salt[CASK_AREA_SALT_SIZE];

	get_random_bytes(salt, sizeof(salt));
	cask_area_head(image, cask_identity->storage_id, counter, salt, records->len);
	memcpy(image + CASK_AREA_HEAD_SIZE, records->data, records->len);
	*ret_len = CASK_AREA_OVERHEAD + records->len;
	return crypt_area(image, records->len, salt, true);
}

/**
 * cask_storage_open() - open an image of the secure area
 * @image: vmalloc memory with the slot; the image is deciphered there
 * @len: bytes of the slot
 * @ret_records: with memory for as many
 * @ret_counter: of the image
 *
 * Return: 0; -EINVAL, -EOPNOTSUPP when it is none; -EBADMSG when it is not this device's or not
 * authentic; -ENOMEM or another error of the crypto API.
 */
int cask_storage_open(u8 *image, size_t len, struct cask_records *ret_records, u64 *ret_counter)
{
	u8 salt[CASK_AREA_SALT_SIZE];
	struct cask_area_view v;
	size_t size;
	int ret;

	ret = cask_area_parse(&v, image, len);
	if (ret)
		return ret;
	size = v.sealed.len - CASK_GCM_TAG_SIZE;
	if (memcmp(v.storage_id.data, cask_identity->storage_id, CASK_ID_SIZE) ||
	    size > ret_records->capacity)
		return -EBADMSG;
	memcpy(salt, v.salt.data, sizeof(salt));
	ret = crypt_area(image, size, salt, false);
	if (!ret) {
		memcpy(ret_records->data, v.sealed.data, size);
		ret_records->len = size;
		*ret_counter = v.counter;
	}
	memzero_explicit(image, len);
	return ret;
}
