// SPDX-License-Identifier: GPL-2.0
/*
 * trust.c - the CAs whose factory certificates count, and their revocation lists:
 * two files of the operator's, read again when they have changed.
 *
 * A list has an entry for each device that was ever revoked. To read it for each
 * request would let anyone who has seen a factory certificate keep the server busy.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/pem.h>

#include "crypto.h"
#include "factory.h"
#include "file.h"
#include "log.h"
#include "trust.h"

#define CAS_MAX 1048576

/**
 * struct bundle - a PEM file as it was read last
 * @seen: the file before it was read, so that a change meanwhile is noticed
 * @infos: what it holds, or NULL
 */
struct bundle {
	struct stat seen;
	STACK_OF(X509_INFO) *infos;
};

/* A process serves one configuration. Until it ends the two stay. */
static struct bundle cas_read, lists_read;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* protects both */

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) && same_time(&a->st_ctim, &b->st_ctim);
}

static int read_infos(const char *path, size_t limit, STACK_OF(X509_INFO) **ret_infos)
{
	uint8_t *data;
	size_t size;
	BIO *bio;
	int ret = cask_file_read(path, limit, &data, &size);

	if (ret)
		return ret;
	bio = BIO_new_mem_buf(data, size);
	*ret_infos = bio ? PEM_X509_INFO_read_bio(bio, NULL, crypto_no_passphrase, NULL) : NULL;
	BIO_free(bio);
	free(data);
	return *ret_infos ? 0 : -EBADMSG;
}

/* With the lock. */
static int refresh(struct bundle *bundle, const char *path, size_t limit)
{
	STACK_OF(X509_INFO) *infos;
	struct stat now;
	int ret = stat(path, &now) ? -errno : 0;

	if (!ret && bundle->infos && same_file(&bundle->seen, &now))
		return 0;
	if (!ret)
		ret = read_infos(path, limit, &infos);
	if (ret) {
		cask_err("%s: %s", path, strerror(-ret));
		return ret;
	}
	sk_X509_INFO_pop_free(bundle->infos, X509_INFO_free);
	bundle->infos = infos;
	bundle->seen = now;
	return 0;
}

/**
 * trust_cas() - the CAs that count
 * @path: of the PEM file
 * @ret_cas: at least one; to be freed with trust_free_cas()
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int trust_cas(const char *path, STACK_OF(X509) **ret_cas)
{
	STACK_OF(X509) *cas = sk_X509_new_null();
	int ret;

	pthread_mutex_lock(&lock);
	ret = cas ? refresh(&cas_read, path, CAS_MAX) : -ENOMEM;
	for (int i = 0; !ret && i < sk_X509_INFO_num(cas_read.infos); i++) {
		X509 *ca = sk_X509_INFO_value(cas_read.infos, i)->x509;

		if (ca && !X509_add_cert(cas, ca, X509_ADD_FLAG_UP_REF))
			ret = -ENOMEM;
	}
	pthread_mutex_unlock(&lock);
	if (!ret && !sk_X509_num(cas)) {
		cask_err("%s: holds no certificate in PEM", path);
		ret = -EINVAL;
	}
	if (ret)
		trust_free_cas(cas);
	else
		*ret_cas = cas;
	return ret;
}

static int add_list(STACK_OF(X509_CRL) *lists, X509_CRL *list)
{
	if (!X509_CRL_up_ref(list))
		return -EIO;
	if (sk_X509_CRL_push(lists, list))
		return 0;
	X509_CRL_free(list);
	return -ENOMEM;
}

/**
 * trust_lists() - what was revoked
 * @path: of the PEM file
 * @ret_lists: at least one; to be freed with trust_free_lists()
 *
 * Return: 0, or -errno; what is wrong is logged.
 */
int trust_lists(const char *path, STACK_OF(X509_CRL) **ret_lists)
{
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
	int ret;

	pthread_mutex_lock(&lock);
	ret = lists ? refresh(&lists_read, path, FACTORY_LISTS_MAX) : -ENOMEM;
	for (int i = 0; !ret && i < sk_X509_INFO_num(lists_read.infos); i++) {
		X509_CRL *list = sk_X509_INFO_value(lists_read.infos, i)->crl;

		if (list)
			ret = add_list(lists, list);
	}
	pthread_mutex_unlock(&lock);
	if (!ret && !sk_X509_CRL_num(lists)) {
		cask_err("%s: holds no revocation list in PEM", path);
		ret = -EINVAL;
	}
	if (ret)
		trust_free_lists(lists);
	else
		*ret_lists = lists;
	return ret;
}

/**
 * trust_free_cas() - give back what trust_cas() gave
 * @cas: may be NULL
 */
void trust_free_cas(STACK_OF(X509) *cas)
{
	sk_X509_pop_free(cas, X509_free);
}

/**
 * trust_free_lists() - give back what trust_lists() gave
 * @lists: may be NULL
 */
void trust_free_lists(STACK_OF(X509_CRL) *lists)
{
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
}
