/* SPDX-License-Identifier: GPL-2.0 */
/*
 * private.h - what the files of cask.ko know of each other, in a header for each part: keys.h,
 * anchor.h, txn.h, license.h, right.h, session.h. Here is how they hang together, and the rest.
 *
 * The path of a key: netlink.c takes a license statement, signer.c and anchor.c
 * say whether it may be believed, secret/ unwraps the key, license/ keeps both.
 * The path of the data: device.c opens, session.c reads the head of the content
 * file and finds the license, block.c decrypts, player.c is the file that the
 * player reads.
 *
 * References: anchor <- license <- session <- player; a license that came on a medium
 * has one on the license of its class, and a session with it one on the medium's file.
 * Locks, outermost first: a medium's (medium/), anchors (anchor.c), licenses
 * (license/table.c), then one of anchor->lock and license->lock, of a class before what came
 * on its media, then users (user.c) or categories (category.c). None but a medium's own is held across a read of
 * a file or while listeners are told, which has a lock of its own (netlink.c).
 */
#ifndef CASK_PRIVATE_H
#define CASK_PRIVATE_H

#include <linux/cred.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/cask.h>
#include <linux/cask_netlink.h>

#include "parse.h"
#include "keys.h"
#include "anchor.h"
#include "txn.h"
#include "license.h"
#include "right.h"
#include "session.h"

#undef pr_fmt
#define pr_fmt(fmt) "cask: " fmt

/* --- level.c: what this device's word is worth --- */

enum cask_root cask_root(void);
const char *cask_root_name(void);
int cask_root_init(void);
u32 cask_root_pcrs(void);
u32 cask_root_cap(void);
u32 cask_boot(void);
u32 cask_level(void);

/* --- device.c, netlink.c, enrol.c --- */

int cask_device_init(void);
void cask_device_exit(void);
int cask_netlink_init(void);
void cask_netlink_shut(void);
void cask_netlink_exit(void);

/**
 * struct cask_happening - what listeners are told
 * @event: what happened
 * @issuer: whose license or records, CASK_KID_SIZE bytes, or NULL
 * @license_id: CASK_ID_SIZE bytes, or NULL when none was found
 * @content_id: CASK_ID_SIZE bytes, or NULL
 * @user: who opened; whose the license is that was removed or logged, INVALID_UID: the machine's
 * @error: errno, 0 for none
 */
struct cask_happening {
	enum cask_event event;
	const u8 *issuer;
	const u8 *license_id;
	const u8 *content_id;
	kuid_t user;
	int error;
};

void cask_netlink_event(const struct cask_happening *h);
int cask_netlink_ask(const struct cask_question *q);

#define CASK_ENROL_ANSWER_SIZE	(sizeof(struct cask_head) + 7 * sizeof(struct cask_section) + \
				 2 * CASK_KID_SIZE + CASK_X25519_SIZE + 2 * sizeof(__le32) + \
				 CASK_CHALLENGE_SIZE + CASK_MAC_SIZE)

int cask_enrol_answer(struct cask_anchor *anchor, const u8 *sealed, u8 *answer);

static inline bool cask_id_is_zero(const u8 *id)
{
	return !memchr_inv(id, 0, CASK_ID_SIZE);
}

#endif /* CASK_PRIVATE_H */
