// SPDX-License-Identifier: GPL-2.0
/*
 * cask-speed.c - measure the crypto API alone, for the benchmark only; serves
 * SPEED_IOC_MEASURE of /dev/cask-speed.
 *
 * What is measured is decryption in place of contiguous kernel memory with a key
 * set once and a request allocated once: the least that any user of the crypto API
 * pays. The plaintext is checked each time.
 */
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>
#include <crypto/aead.h>
#include <crypto/skcipher.h>

#include "measure.h"

#define TAG_SIZE	16
#define JOBS_MAX	64
#define ROOM		(2 * SPEED_BYTES_MAX)

/* One of the two transforms, and the memory it works on. */
struct bed {
	const struct speed_measure *m;
	struct crypto_skcipher *cipher;
	struct skcipher_request *cipher_req;
	struct crypto_aead *aead;
	struct aead_request *aead_req;
	struct crypto_wait wait;
	u8 *buf;
};

static const u8 key[16] = "cask-speed's own";

static size_t stored(const struct speed_measure *m)
{
	return m->bytes + (m->op == SPEED_GCM ? TAG_SIZE : 0);
}

/* Small jobs do not cross pages. */
static size_t stride(const struct speed_measure *m)
{
	return stored(m) < PAGE_SIZE ? roundup_pow_of_two(stored(m)) : stored(m);
}

static u8 plain(size_t i)
{
	return i * 31 + (i >> 8) * 7;
}

/* One job; @n chooses its IV. The crypto API changes the IV, so it is made anew. */
static int job(struct bed *b, u32 n, bool encrypt)
{
	u8 iv[16] = { n, n >> 8 };
	u8 *text = b->buf + n * stride(b->m);
	struct scatterlist sg;

	sg_init_one(&sg, text, stored(b->m));
	if (b->aead) {
		aead_request_set_ad(b->aead_req, 0);
		aead_request_set_crypt(b->aead_req, &sg, &sg,
				       b->m->bytes + (encrypt ? 0 : TAG_SIZE), iv);
		return crypto_wait_req(encrypt ? crypto_aead_encrypt(b->aead_req) :
				       crypto_aead_decrypt(b->aead_req), &b->wait);
	}
	skcipher_request_set_crypt(b->cipher_req, &sg, &sg, b->m->bytes, iv);
	return crypto_wait_req(encrypt ? crypto_skcipher_encrypt(b->cipher_req) :
			       crypto_skcipher_decrypt(b->cipher_req), &b->wait);
}

static int all_jobs(struct bed *b, bool encrypt)
{
	int ret = 0;
	u32 n;

	for (n = 0; n < b->m->count && !ret; n++)
		ret = job(b, n, encrypt);
	return ret;
}

static int run(struct bed *b, struct speed_measure *m)
{
	size_t i, n;
	u64 begin;
	int ret;

	for (n = 0; n < m->count; n++)
		for (i = 0; i < m->bytes; i++)
			b->buf[n * stride(m) + i] = plain(n + i);
	ret = all_jobs(b, true);
	if (ret)
		return ret;
	begin = rdtsc();
	ret = all_jobs(b, false);
	m->insns = rdtsc() - begin;
	for (n = 0; n < m->count && !ret; n++)
		for (i = 0; i < m->bytes && !ret; i++)
			ret = b->buf[n * stride(m) + i] == plain(n + i) ? 0 : -EBADMSG;
	return ret;
}

static int make_aead(struct bed *b, struct speed_measure *m)
{
	int ret;

	b->aead = crypto_alloc_aead("gcm(aes)", 0, 0);
	if (IS_ERR(b->aead)) {
		ret = PTR_ERR(b->aead);
		b->aead = NULL;
		return ret;
	}
	ret = crypto_aead_setkey(b->aead, key, sizeof(key)) ?:
	      crypto_aead_setauthsize(b->aead, TAG_SIZE);
	if (ret)
		return ret;
	b->aead_req = aead_request_alloc(b->aead, GFP_KERNEL);
	if (!b->aead_req)
		return -ENOMEM;
	aead_request_set_callback(b->aead_req, CRYPTO_TFM_REQ_MAY_SLEEP, crypto_req_done, &b->wait);
	strscpy(m->driver, crypto_tfm_alg_driver_name(crypto_aead_tfm(b->aead)),
		sizeof(m->driver));
	return 0;
}

/* Mask 0: with CRYPTO_ALG_ASYNC in it the kernel gives a much slower cipher. */
static int make_cipher(struct bed *b, struct speed_measure *m)
{
	int ret;

	b->cipher = crypto_alloc_skcipher(m->op == SPEED_CTR ? "ctr(aes)" : "cbc(aes)", 0, 0);
	if (IS_ERR(b->cipher)) {
		ret = PTR_ERR(b->cipher);
		b->cipher = NULL;
		return ret;
	}
	ret = crypto_skcipher_setkey(b->cipher, key, sizeof(key));
	if (ret)
		return ret;
	b->cipher_req = skcipher_request_alloc(b->cipher, GFP_KERNEL);
	if (!b->cipher_req)
		return -ENOMEM;
	skcipher_request_set_callback(b->cipher_req, CRYPTO_TFM_REQ_MAY_SLEEP, crypto_req_done,
				      &b->wait);
	strscpy(m->driver, crypto_skcipher_driver_name(b->cipher), sizeof(m->driver));
	return 0;
}

static int measure(struct speed_measure *m)
{
	struct bed *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!b)
		return ret;
	b->m = m;
	crypto_init_wait(&b->wait);
	b->buf = kmalloc(ROOM, GFP_KERNEL);
	if (!b->buf)
		goto out;
	ret = m->op == SPEED_GCM ? make_aead(b, m) : make_cipher(b, m);
	ret = ret ?: run(b, m);
out:
	aead_request_free(b->aead_req);
	crypto_free_aead(b->aead);
	skcipher_request_free(b->cipher_req);
	crypto_free_skcipher(b->cipher);
	kfree(b->buf);
	kfree(b);
	return ret;
}

static long speed_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct speed_measure m;
	int ret;

	if (cmd != SPEED_IOC_MEASURE)
		return -ENOTTY;
	if (copy_from_user(&m, user, sizeof(m)))
		return -EFAULT;
	if (m.op > SPEED_GCM || !m.count || m.count > JOBS_MAX ||
	    !m.bytes || m.bytes > SPEED_BYTES_MAX / m.count)
		return -EINVAL;
	memset(m.driver, 0, sizeof(m.driver));
	ret = measure(&m);
	if (ret)
		return ret;
	return copy_to_user(user, &m, sizeof(m)) ? -EFAULT : 0;
}

static const struct file_operations speed_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= speed_ioctl,
};

static struct miscdevice speed_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cask-speed",
	.fops	= &speed_fops,
	.mode	= 0600,
};
module_misc_device(speed_device);

MODULE_DESCRIPTION("Measures the crypto API");
MODULE_LICENSE("GPL");
