// SPDX-License-Identifier: GPL-2.0
/*
 * anchor.c - the distributors that this device believes, and their time.
 *
 * A distributor is known by the thumbprint of its root key. The provisioning key
 * says which roots there are (GRANT), a root says which key signs licenses and
 * within what bounds (SCOPE). The first provisioning key that comes is kept.
 */
#include <linux/err.h>
#include <linux/ktime.h>

#include "private.h"

/* Protects the list, the count and the provisioning key. */
static DEFINE_MUTEX(anchors);
static LIST_HEAD(anchor_list);
static unsigned int anchor_count;
static struct cask_signer *provisioning;

static struct cask_anchor *find_locked(const u8 *issuer)
{
	struct cask_anchor *a;

	lockdep_assert_held(&anchors);
	list_for_each_entry(a, &anchor_list, entry)
		if (!memcmp(a->issuer, issuer, CASK_KID_SIZE))
			return a;
	return NULL;
}

static struct cask_anchor *anchor_new(struct cask_signer *root)
{
	struct cask_anchor *a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);

	if (!a)
		return NULL;
	kref_init(&a->ref);
	INIT_LIST_HEAD(&a->entry);
	mutex_init(&a->lock);
	memcpy(a->issuer, cask_signer_kid(root), CASK_KID_SIZE);
	a->root = root;
	atomic64_set(&a->floor, S64_MIN);
	return a;
}

static void anchor_release(struct kref *ref)
{
	struct cask_anchor *a = container_of(ref, struct cask_anchor, ref);

	cask_signer_free(a->signer);
	cask_signer_free(a->root);
	mutex_destroy(&a->lock);
	kfree(a);
}

/**
 * cask_anchor_put() - drop a reference
 * @anchor: NULL does nothing
 */
void cask_anchor_put(struct cask_anchor *anchor)
{
	if (anchor)
		kref_put(&anchor->ref, anchor_release);
}

/**
 * cask_anchor_find() - a distributor by its issuer id
 * @issuer: CASK_KID_SIZE bytes
 *
 * Return: the anchor with a reference, or NULL.
 */
struct cask_anchor *cask_anchor_find(const u8 *issuer)
{
	struct cask_anchor *a;

	mutex_lock(&anchors);
	a = find_locked(issuer);
	if (a)
		kref_get(&a->ref);
	mutex_unlock(&anchors);
	return a;
}

/**
 * cask_anchor_nth() - a distributor by its place in the list
 * @n: from 0; places do not change, for none is ever removed
 *
 * Return: the anchor with a reference, or NULL at the end.
 */
struct cask_anchor *cask_anchor_nth(unsigned int n)
{
	struct cask_anchor *a, *found = NULL;

	mutex_lock(&anchors);
	list_for_each_entry(a, &anchor_list, entry) {
		if (!n--) {
			kref_get(&a->ref);
			found = a;
			break;
		}
	}
	mutex_unlock(&anchors);
	return found;
}

/* --- installing --- */

/* The root that a grant names, if the provisioning key signed it. */
static struct cask_signer *root_of_grant(const struct cask_signer *by,
					 const struct cask_bytes *statement, u64 *ret_sequence)
{
	struct cask_grant grant;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_signer_verify(by, &cose) ?:
	      cask_grant_parse(&grant, cose.payload.data, cose.payload.len);
	if (ret)
		return ERR_PTR(ret);
	*ret_sequence = grant.sequence;
	return cask_signer_new(&grant.signer);
}

/* Replace what the scope says; @a is new or the scope's sequence is higher. */
static int take_scope(struct cask_anchor *a, const struct cask_scope *scope, const u8 *hash)
{
	struct cask_signer *signer = cask_signer_new(&scope->signer);

	if (IS_ERR(signer))
		return PTR_ERR(signer);
	mutex_lock(&a->lock);
	swap(a->signer, signer);
	memcpy(a->hash, hash, sizeof(a->hash));
	a->purposes = scope->purposes;
	memcpy(a->namespace_, scope->namespace_.data, scope->namespace_.len);
	a->namespace_len = scope->namespace_.len;
	a->sequence = scope->sequence;
	memcpy(a->server_key, scope->server_key.data, sizeof(a->server_key));
	memcpy(a->name, scope->name.data, scope->name.len);
	a->name[scope->name.len] = 0;
	/* Read without the lock by cask_anchor_check(). */
	WRITE_ONCE(a->not_before, scope->not_before);
	WRITE_ONCE(a->not_after, scope->not_after);
	WRITE_ONCE(a->generation, a->generation + 1);
	mutex_unlock(&a->lock);
	cask_signer_free(signer);
	return 0;
}

/* The anchor of @root: the installed one, or a new one that takes over @root. */
static int anchor_of_root(struct cask_signer **root, struct cask_anchor **ret_anchor)
{
	struct cask_anchor *a = find_locked(cask_signer_kid(*root));

	if (a) {
		kref_get(&a->ref);
	} else {
		if (anchor_count >= CASK_ANCHORS_MAX)
			return -ENOSPC;
		a = anchor_new(*root);
		if (!a)
			return -ENOMEM;
		*root = NULL;
	}
	*ret_anchor = a;
	return 0;
}

static int install_scope(struct cask_anchor *a, const struct cask_bytes *statement)
{
	u8 hash[SHA256_DIGEST_SIZE];
	struct cask_scope scope;
	struct cask_cose cose;
	int ret;

	ret = cask_cose_parse(&cose, statement->data, statement->len) ?:
	      cask_signer_verify(a->root, &cose) ?:
	      cask_scope_parse(&scope, cose.payload.data, cose.payload.len);
	if (ret)
		return ret;
	sha256(statement->data, statement->len, hash);
	if (a->signer && scope.sequence <= a->sequence)
		return memcmp(hash, a->hash, sizeof(hash)) ? -ESTALE : 0;
	return take_scope(a, &scope, hash);
}

static void keep(struct cask_anchor *a)
{
	if (!list_empty(&a->entry))
		return;
	kref_get(&a->ref);
	list_add_tail(&a->entry, &anchor_list);
	anchor_count++;
}

static int add_locked(const struct cask_signer *by, const struct cask_bytes *grant,
		      const struct cask_bytes *scope, u8 *issuer)
{
	struct cask_anchor *a = NULL;
	struct cask_signer *root;
	u64 sequence;
	int ret;

	root = root_of_grant(by, grant, &sequence);
	if (IS_ERR(root))
		return PTR_ERR(root);
	ret = anchor_of_root(&root, &a);
	if (!ret && sequence < a->grant_sequence)
		ret = -ESTALE;
	ret = ret ?: install_scope(a, scope);
	if (!ret) {
		a->grant_sequence = sequence;
		memcpy(issuer, a->issuer, CASK_KID_SIZE);
		keep(a);
	}
	cask_anchor_put(a);
	cask_signer_free(root);
	return ret;
}

/**
 * cask_anchor_add() - install a distributor or a later scope of it
 * @key: COSE_Key of the provisioning key; may be absent (NULL data) once one
 *	is fixed
 * @grant: statement by the provisioning key
 * @scope: statement by the root that @grant names
 * @issuer: who it was, CASK_KID_SIZE bytes, when 0 is returned
 *
 * Nothing is changed unless all is right. Return: 0; -EINVAL, -EOPNOTSUPP,
 * -ENOPKG for what cannot be read; -EKEYREJECTED for another provisioning key
 * or a bad signature; -ESTALE for an old grant or scope; -ENOSPC; -ENOMEM.
 */
int cask_anchor_add(const struct cask_bytes *key, const struct cask_bytes *grant,
		    const struct cask_bytes *scope, u8 *issuer)
{
	struct cask_signer *given = NULL;
	int ret = -EINVAL;

	if (key->data) {
		given = cask_signer_new(key);
		if (IS_ERR(given))
			return PTR_ERR(given);
	}
	mutex_lock(&anchors);
	if (!provisioning && !given)
		goto out;
	ret = -EKEYREJECTED;
	if (provisioning && given &&
	    memcmp(cask_signer_kid(provisioning), cask_signer_kid(given), CASK_KID_SIZE))
		goto out;
	ret = add_locked(provisioning ?: given, grant, scope, issuer);
	if (!ret && !provisioning)
		swap(provisioning, given);
out:
	mutex_unlock(&anchors);
	cask_signer_free(given);
	return ret;
}

/* --- believing --- */

/**
 * cask_anchor_verify() - whether a distributor made a statement
 * @anchor: the distributor that the statement names
 * @cose: the statement
 * @purpose: enum cask_purpose that the signer must have
 *
 * Return: 0; -ENOKEY when the distributor has no such signer; -EKEYREJECTED
 * for a bad signature or a signer without the purpose; -ENOPKG; -ENOMEM.
 */
int cask_anchor_verify(struct cask_anchor *anchor, const struct cask_cose *cose, u32 purpose)
{
	int ret;

	/* The lock keeps the signer while it is used. */
	mutex_lock(&anchor->lock);
	if (memcmp(cask_signer_kid(anchor->signer), cose->kid, CASK_KID_SIZE))
		ret = -ENOKEY;
	else if (!(anchor->purposes & purpose))
		ret = -EKEYREJECTED;
	else
		ret = cask_signer_verify(anchor->signer, cose);
	mutex_unlock(&anchor->lock);
	return ret;
}

/**
 * cask_anchor_server_key() - a distributor's half of the pairwise key
 * @anchor: the distributor
 * @server_key: CASK_X25519_SIZE bytes
 */
void cask_anchor_server_key(struct cask_anchor *anchor, u8 *server_key)
{
	mutex_lock(&anchor->lock);
	memcpy(server_key, anchor->server_key, CASK_X25519_SIZE);
	mutex_unlock(&anchor->lock);
}

/**
 * cask_anchor_covers() - whether a distributor's scope allows a license
 * @anchor: the distributor
 * @kid: thumbprint of the key that signed the license
 * @content_id: what the license is for
 *
 * Return: 0; -ENOKEY when the key is not the one of the scope; -EKEYREJECTED
 * when the key may not sign licenses, or not for this content.
 */
int cask_anchor_covers(struct cask_anchor *anchor, const u8 *kid, const u8 *content_id)
{
	int ret = 0;

	mutex_lock(&anchor->lock);
	if (memcmp(cask_signer_kid(anchor->signer), kid, CASK_KID_SIZE))
		ret = -ENOKEY;
	else if (!(anchor->purposes & CASK_PURPOSE_LICENSE) ||
		 memcmp(anchor->namespace_, content_id, anchor->namespace_len))
		ret = -EKEYREJECTED;
	mutex_unlock(&anchor->lock);
	return ret;
}

/* --- time, of each distributor its own --- */

static void vouch(struct cask_anchor *anchor, s64 seconds)
{
	s64 old = atomic64_read(&anchor->vouched);

	while (seconds > old && !atomic64_try_cmpxchg(&anchor->vouched, &old, seconds))
		;
}

/**
 * cask_anchor_signed_time() - a distributor has signed that it is at least so late
 * @anchor: the distributor
 * @seconds: since 1970
 *
 * A time outside the scope is none of the distributor's to sign, and taking it
 * would stop all its licenses until the module goes. Return: 0 or -EKEYREJECTED.
 */
int cask_anchor_signed_time(struct cask_anchor *anchor, u64 seconds)
{
	if (seconds > S64_MAX / 2 || seconds < READ_ONCE(anchor->not_before) ||
	    seconds > READ_ONCE(anchor->not_after))
		return -EKEYREJECTED;
	cask_anchor_has_been(anchor, seconds);
	vouch(anchor, seconds);
	return 0;
}

/**
 * cask_anchor_vouched() - the latest time that a distributor signed
 * @anchor: the distributor
 *
 * Return: seconds since 1970, as far as was seen in this boot; 0 when nothing was.
 */
u64 cask_anchor_vouched(const struct cask_anchor *anchor)
{
	return atomic64_read(&anchor->vouched);
}

/**
 * cask_anchor_has_been() - it was at least so late before now
 * @anchor: by whose time
 * @seconds: since 1970; at most S64_MAX / 2
 */
void cask_anchor_has_been(struct cask_anchor *anchor, u64 seconds)
{
	s64 floor = (s64)seconds - ktime_get_boottime_seconds();
	s64 old = atomic64_read(&anchor->floor);

	while (floor > old && !atomic64_try_cmpxchg(&anchor->floor, &old, floor))
		;
}

/**
 * cask_anchor_known_time() - not before this, whatever the clock says
 * @anchor: by whose time
 *
 * Return: seconds since 1970; 0 when nothing was signed yet.
 */
u64 cask_anchor_known_time(const struct cask_anchor *anchor)
{
	s64 floor = atomic64_read(&anchor->floor);

	return floor == S64_MIN ? 0 : floor + ktime_get_boottime_seconds();
}

static int within(u64 lower, u64 upper, u64 not_before, u64 not_after)
{
	if (not_after && upper > not_after)
		return -EKEYEXPIRED;
	return lower < not_before ? -ETIME : 0;
}

/**
 * cask_anchor_check() - whether it is now in a distributor's scope and in a period
 * @anchor: whose scope, and whose time
 * @not_before: of the period, seconds since 1970; 0 is always past
 * @not_after: of the period, seconds since 1970; 0 is never past
 *
 * The clock of the machine is root's: winding it back helps against no bound, for
 * the distributor's last signed time counts on with the boot clock.
 * Return: 0, -ETIME before the scope or the period, -EKEYEXPIRED after it.
 */
int cask_anchor_check(const struct cask_anchor *anchor, u64 not_before, u64 not_after)
{
	u64 lower = cask_anchor_known_time(anchor);
	u64 upper = max_t(u64, lower, max_t(s64, ktime_get_real_seconds(), 0));

	return within(lower, upper, READ_ONCE(anchor->not_before),
		      READ_ONCE(anchor->not_after)) ?:
	       within(lower, upper, not_before, not_after);
}

/** cask_anchor_exit() - forget all distributors; no license is left */
void cask_anchor_exit(void)
{
	struct cask_anchor *a, *next;

	list_for_each_entry_safe(a, next, &anchor_list, entry) {
		list_del_init(&a->entry);
		cask_anchor_put(a);
	}
	cask_signer_free(provisioning);
	provisioning = NULL;
}
