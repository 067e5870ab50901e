/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cask.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_CASK_NETLINK_H
#define _UAPI_LINUX_CASK_NETLINK_H

#define CASK_FAMILY_NAME	"cask"
#define CASK_FAMILY_VERSION	1

#define CASK_SIGN_DATA_MAX	4096
#define CASK_STORE_DATA_MAX	32768

/**
 * enum cask_area_state
 * @CASK_AREA_STATE_CLOSED: Its slots have not been read.
 * @CASK_AREA_STATE_OPEN: What it holds is what was written last.
 * @CASK_AREA_STATE_UNSURE: Whether the last commit holds is not known before
 *   the anchor answers.
 * @CASK_AREA_STATE_REFUSED: Neither slot is what was written last. Nothing
 *   counts before a distributor has said that it knows.
 */
enum cask_area_state {
	CASK_AREA_STATE_CLOSED,
	CASK_AREA_STATE_OPEN,
	CASK_AREA_STATE_UNSURE,
	CASK_AREA_STATE_REFUSED,
};

/**
 * enum cask_event
 * @CASK_EVENT_OPENED: A license was opened.
 * @CASK_EVENT_REFUSED: A content was not opened; error says why, license-id if
 *   one was found.
 * @CASK_EVENT_REMOVED: A license was removed.
 * @CASK_EVENT_RECORDS_LOST: Records of a distributor's in the secure area were
 *   found lost, and it has not said that it knows; said once for each.
 * @CASK_EVENT_LOGGED: Something was added to a distributor's log, and is to be
 *   reported.
 * @CASK_EVENT_RECORDED: A license was opened to record its content to a disc.
 */
enum cask_event {
	CASK_EVENT_OPENED = 1,
	CASK_EVENT_REFUSED,
	CASK_EVENT_REMOVED,
	CASK_EVENT_RECORDS_LOST,
	CASK_EVENT_LOGGED,
	CASK_EVENT_RECORDED,
};

enum {
	CASK_A_PAD = 1,
	CASK_A_PROTOCOL,
	CASK_A_MODULE_VERSION,
	CASK_A_DEVICE_ID,
	CASK_A_DEVICE_KEY,
	CASK_A_ROOT,
	CASK_A_LEVEL,
	CASK_A_BOOT,
	CASK_A_SIGNATURES,
	CASK_A_PROVISIONING_KEY,
	CASK_A_GRANT,
	CASK_A_SCOPE,
	CASK_A_ISSUER,
	CASK_A_NAME,
	CASK_A_SEQUENCE,
	CASK_A_CHALLENGE,
	CASK_A_ANSWER,
	CASK_A_SIGN_DATA,
	CASK_A_MAC,
	CASK_A_LICENSE,
	CASK_A_LICENSE_ID,
	CASK_A_CONTENT_ID,
	CASK_A_OWNER,
	CASK_A_NOT_BEFORE,
	CASK_A_NOT_AFTER,
	CASK_A_OPERATIONS,
	CASK_A_VERSION,
	CASK_A_CREATED,
	CASK_A_OPENS,
	CASK_A_SUITE,
	CASK_A_BYTES,
	CASK_A_PACKETS,
	CASK_A_SECONDS,
	CASK_A_EVENT,
	CASK_A_EVENT_SEQUENCE,
	CASK_A_ERROR,
	CASK_A_OPENS_MAX,
	CASK_A_OPENS_LEFT,
	CASK_A_NONCE,
	CASK_A_REQUEST,
	CASK_A_SLOT,
	CASK_A_OFFSET,
	CASK_A_SIZE,
	CASK_A_DATA,
	CASK_A_SYNC,
	CASK_A_AREA_STATE,
	CASK_A_COUNTER,
	CASK_A_RECORDS,
	CASK_A_LOST,
	CASK_A_REANCHOR,
	CASK_A_SYNCHRONISE,
	CASK_A_LEAF,
	CASK_A_CATEGORY,
	CASK_A_EKB,
	CASK_A_REPORT,
	CASK_A_ACKNOWLEDGEMENT,
	CASK_A_EXPORTS_MAX,
	CASK_A_EXPORTS_LEFT,
	CASK_A_CHECKOUTS_MAX,
	CASK_A_CHECKOUTS_LEFT,
	CASK_A_AT_ONCE,
	CASK_A_LENT,
	CASK_A_TIME,

	__CASK_A_MAX,
	CASK_A_MAX = (__CASK_A_MAX - 1)
};

enum cask_cmd {
	CASK_CMD_HELLO = 1,
	CASK_CMD_ANCHOR_ADD,
	CASK_CMD_ANCHOR_GET,
	CASK_CMD_ENROL,
	CASK_CMD_SIGN,
	CASK_CMD_LICENSE_ADD,
	CASK_CMD_LICENSE_GET,
	CASK_CMD_LICENSE_DEL,
	CASK_CMD_EVENT,
	CASK_CMD_NONCE_NEW,
	CASK_CMD_NONCE_DEL,
	CASK_CMD_STORE,
	CASK_CMD_STORE_ANSWER,
	CASK_CMD_REANCHOR_NONCE,
	CASK_CMD_REANCHOR,
	CASK_CMD_SYNCHRONISE,
	CASK_CMD_LEAF_ADD,
	CASK_CMD_EKB_ADD,
	CASK_CMD_EKB_DATA,
	CASK_CMD_REPORT_GET,
	CASK_CMD_REPORT_ACK,
	CASK_CMD_TIME,

	__CASK_CMD_MAX,
	CASK_CMD_MAX = (__CASK_CMD_MAX - 1)
};

#define CASK_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_CASK_NETLINK_H */
