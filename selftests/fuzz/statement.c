// SPDX-License-Identifier: GPL-2.0
/* statement.c - COSE_Sign1, and its payload as each of the statements. */
#include "../../kmod/parse/ekb.h"
#include "fuzz.h"

static void grant(const struct cask_bytes *p)
{
	struct cask_grant g;
	int ret = cask_grant_parse(&g, p->data, p->len);

	fuzz_errno(ret);
	if (!ret)
		fuzz_touch(&g.signer, p->data, p->len);
}

static void scope(const struct cask_bytes *p)
{
	struct cask_scope s;
	int ret = cask_scope_parse(&s, p->data, p->len);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&s.namespace_, p->data, p->len);
	fuzz_touch(&s.signer, p->data, p->len);
	fuzz_touch(&s.server_key, p->data, p->len);
	fuzz_touch(&s.name, p->data, p->len);
	if (s.not_before > s.not_after || s.server_key.len != CASK_X25519_SIZE ||
	    s.namespace_.len > CASK_ID_SIZE)
		abort();
}

static void slots(const struct cask_license_view *l, const struct cask_bytes *p)
{
	unsigned int i;

	if (!l->slot_count || l->slot_count > CASK_SLOTS_MAX)
		abort();
	for (i = 0; i < l->slot_count; i++) {
		struct cask_bytes key_id = { l->slots[i].key_id, CASK_KID_SIZE };

		fuzz_touch(&l->slots[i].head, p->data, p->len);
		fuzz_touch(&key_id, p->data, p->len);
		fuzz_touch(&l->slots[i].wrapped, p->data, p->len);
	}
}

static void license(const struct cask_bytes *p)
{
	struct cask_license_view l;
	int ret = cask_license_parse(&l, p->data, p->len);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&l.license_id, p->data, p->len);
	fuzz_touch(&l.content_id, p->data, p->len);
	fuzz_touch(&l.issuer, p->data, p->len);
	fuzz_touch(&l.head, p->data, p->len);
	fuzz_touch(&l.sections, p->data, p->len);
	slots(&l, p);
	if (!l.operations || l.operations & ~CASK_OPERATION_ALL)
		abort();
	if (l.twokey.mode && (l.slot_count != 1 || l.twokey.parameter != l.twokey.head.data + 4))
		abort();
	fuzz_touch(&l.twokey.head, p->data, p->len);
	fuzz_touch(&l.twokey.sealed, p->data, p->len);
}

static void reanchor(const struct cask_bytes *p)
{
	struct cask_reanchor_view r;
	int ret = cask_reanchor_parse(&r, p->data, p->len);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&r.nonce, p->data, p->len);
	fuzz_touch(&r.issuer, p->data, p->len);
	fuzz_touch(&r.device_id, p->data, p->len);
	if (r.nonce.len != CASK_NONCE_SIZE || r.issuer.len != CASK_KID_SIZE ||
	    r.device_id.len != CASK_KID_SIZE)
		abort();
}

static void time_of(const struct cask_bytes *p)
{
	struct cask_time_view t;
	int ret = cask_time_parse(&t, p->data, p->len);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&t.issuer, p->data, p->len);
	if (t.issuer.len != CASK_KID_SIZE)
		abort();
}

static void leaf(const struct cask_bytes *p)
{
	struct cask_leaf_view l;
	int ret = cask_leaf_parse(&l, p->data, p->len);

	fuzz_errno(ret);
	if (ret)
		return;
	fuzz_touch(&l.issuer, p->data, p->len);
	fuzz_touch(&l.device_id, p->data, p->len);
	fuzz_touch(&l.category, p->data, p->len);
	fuzz_touch(&l.sealed, p->data, p->len);
	fuzz_touch(&l.sections, p->data, p->len);
	if (!l.labels || l.labels > CASK_LEAF_LABELS_MAX ||
	    l.sealed.len != 32 + l.labels * CASK_KEY_SIZE + CASK_GCM_TAG_SIZE)
		abort();
}

static void payload(const struct cask_bytes *p)
{
	leaf(p);
	grant(p);
	scope(p);
	reanchor(p);
	time_of(p);
	license(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[CASK_COSE_TBS_HEAD_MAX];
	struct cask_bytes all = { data, size };
	struct cask_cose c;
	int ret = cask_cose_parse(&c, data, size);

	fuzz_errno(ret);
	if (!ret) {
		struct cask_bytes kid = { c.kid, CASK_KID_SIZE };

		fuzz_touch(&kid, data, size);
		fuzz_touch(&c.protected, data, size);
		fuzz_touch(&c.payload, data, size);
		fuzz_touch(&c.signature, data, size);
		if (cask_cose_tbs_head(&c, head) > sizeof(head))
			abort();
		payload(&c.payload);
	}
	/* Most inputs are no COSE, so the payload gets its turn without it. */
	payload(&all);
	return 0;
}
