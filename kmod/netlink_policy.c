// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cask.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_policy.h"

#include <linux/cask_netlink.h>
#include <linux/cask_format.h>

/* CASK_CMD_HELLO - do */
const struct nla_policy cask_hello_nl_policy[CASK_A_PROTOCOL + 1] = {
	[CASK_A_PROTOCOL] = { .type = NLA_U32, },
};

/* CASK_CMD_ANCHOR_ADD - do */
const struct nla_policy cask_anchor_add_nl_policy[CASK_A_SCOPE + 1] = {
	[CASK_A_PROVISIONING_KEY] = { .type = NLA_BINARY, },
	[CASK_A_GRANT] = { .type = NLA_BINARY, },
	[CASK_A_SCOPE] = { .type = NLA_BINARY, },
};

/* CASK_CMD_ANCHOR_GET - do */
const struct nla_policy cask_anchor_get_nl_policy[CASK_A_ISSUER + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
};

/* CASK_CMD_ENROL - do */
const struct nla_policy cask_enrol_nl_policy[CASK_A_CHALLENGE + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
	[CASK_A_CHALLENGE] = NLA_POLICY_EXACT_LEN(CASK_SEALED_CHALLENGE_SIZE),
};

/* CASK_CMD_SIGN - do */
const struct nla_policy cask_sign_nl_policy[CASK_A_SIGN_DATA + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
	[CASK_A_SIGN_DATA] = { .type = NLA_BINARY, },
};

/* CASK_CMD_LICENSE_ADD - do */
const struct nla_policy cask_license_add_nl_policy[CASK_A_OWNER + 1] = {
	[CASK_A_LICENSE] = { .type = NLA_BINARY, },
	[CASK_A_OWNER] = { .type = NLA_U32, },
};

/* CASK_CMD_LICENSE_GET - do */
const struct nla_policy cask_license_get_nl_policy[CASK_A_LICENSE_ID + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
	[CASK_A_LICENSE_ID] = NLA_POLICY_EXACT_LEN(CASK_ID_SIZE),
};

/* CASK_CMD_LICENSE_DEL - do */
const struct nla_policy cask_license_del_nl_policy[CASK_A_LICENSE_ID + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
	[CASK_A_LICENSE_ID] = NLA_POLICY_EXACT_LEN(CASK_ID_SIZE),
};

/* CASK_CMD_NONCE_NEW - do */
const struct nla_policy cask_nonce_new_nl_policy[CASK_A_ISSUER + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
};

/* CASK_CMD_NONCE_DEL - do */
const struct nla_policy cask_nonce_del_nl_policy[CASK_A_NONCE + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
	[CASK_A_NONCE] = NLA_POLICY_EXACT_LEN(CASK_NONCE_SIZE),
};

/* CASK_CMD_STORE_ANSWER - do */
const struct nla_policy cask_store_answer_nl_policy[CASK_A_DATA + 1] = {
	[CASK_A_REQUEST] = { .type = NLA_U64, },
	[CASK_A_ERROR] = { .type = NLA_U32, },
	[CASK_A_DATA] = { .type = NLA_BINARY, },
};

/* CASK_CMD_REANCHOR_NONCE - do */
const struct nla_policy cask_reanchor_nonce_nl_policy[CASK_A_ISSUER + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
};

/* CASK_CMD_REANCHOR - do */
const struct nla_policy cask_reanchor_nl_policy[CASK_A_REANCHOR + 1] = {
	[CASK_A_REANCHOR] = { .type = NLA_BINARY, },
};

/* CASK_CMD_SYNCHRONISE - do */
const struct nla_policy cask_synchronise_nl_policy[CASK_A_SYNCHRONISE + 1] = {
	[CASK_A_SYNCHRONISE] = { .type = NLA_BINARY, },
};

/* CASK_CMD_LEAF_ADD - do */
const struct nla_policy cask_leaf_add_nl_policy[CASK_A_LEAF + 1] = {
	[CASK_A_LEAF] = { .type = NLA_BINARY, },
};

/* CASK_CMD_EKB_ADD - do */
const struct nla_policy cask_ekb_add_nl_policy[CASK_A_EKB + 1] = {
	[CASK_A_EKB] = { .type = NLA_BINARY, },
};

/* CASK_CMD_EKB_DATA - do */
const struct nla_policy cask_ekb_data_nl_policy[CASK_A_DATA + 1] = {
	[CASK_A_OFFSET] = { .type = NLA_U32, },
	[CASK_A_DATA] = { .type = NLA_BINARY, },
};

/* CASK_CMD_REPORT_GET - do */
const struct nla_policy cask_report_get_nl_policy[CASK_A_ISSUER + 1] = {
	[CASK_A_ISSUER] = NLA_POLICY_EXACT_LEN(CASK_KID_SIZE),
};

/* CASK_CMD_REPORT_ACK - do */
const struct nla_policy cask_report_ack_nl_policy[CASK_A_ACKNOWLEDGEMENT + 1] = {
	[CASK_A_ACKNOWLEDGEMENT] = { .type = NLA_BINARY, },
};

/* CASK_CMD_TIME - do */
const struct nla_policy cask_time_nl_policy[CASK_A_TIME + 1] = {
	[CASK_A_TIME] = { .type = NLA_BINARY, },
};

/* Ops table for cask */
const struct genl_ops cask_nl_ops[20] = {
	{
		.cmd		= CASK_CMD_HELLO,
		.doit		= cask_nl_hello_doit,
		.policy		= cask_hello_nl_policy,
		.maxattr	= CASK_A_PROTOCOL,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_ANCHOR_ADD,
		.doit		= cask_nl_anchor_add_doit,
		.policy		= cask_anchor_add_nl_policy,
		.maxattr	= CASK_A_SCOPE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_ANCHOR_GET,
		.doit		= cask_nl_anchor_get_doit,
		.dumpit		= cask_nl_anchor_get_dumpit,
		.policy		= cask_anchor_get_nl_policy,
		.maxattr	= CASK_A_ISSUER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_ENROL,
		.doit		= cask_nl_enrol_doit,
		.policy		= cask_enrol_nl_policy,
		.maxattr	= CASK_A_CHALLENGE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_SIGN,
		.doit		= cask_nl_sign_doit,
		.policy		= cask_sign_nl_policy,
		.maxattr	= CASK_A_SIGN_DATA,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_LICENSE_ADD,
		.doit		= cask_nl_license_add_doit,
		.policy		= cask_license_add_nl_policy,
		.maxattr	= CASK_A_OWNER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_LICENSE_GET,
		.doit		= cask_nl_license_get_doit,
		.dumpit		= cask_nl_license_get_dumpit,
		.policy		= cask_license_get_nl_policy,
		.maxattr	= CASK_A_LICENSE_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_LICENSE_DEL,
		.doit		= cask_nl_license_del_doit,
		.policy		= cask_license_del_nl_policy,
		.maxattr	= CASK_A_LICENSE_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_NONCE_NEW,
		.doit		= cask_nl_nonce_new_doit,
		.policy		= cask_nonce_new_nl_policy,
		.maxattr	= CASK_A_ISSUER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_NONCE_DEL,
		.doit		= cask_nl_nonce_del_doit,
		.policy		= cask_nonce_del_nl_policy,
		.maxattr	= CASK_A_NONCE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_STORE_ANSWER,
		.doit		= cask_nl_store_answer_doit,
		.policy		= cask_store_answer_nl_policy,
		.maxattr	= CASK_A_DATA,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_REANCHOR_NONCE,
		.doit		= cask_nl_reanchor_nonce_doit,
		.policy		= cask_reanchor_nonce_nl_policy,
		.maxattr	= CASK_A_ISSUER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_REANCHOR,
		.doit		= cask_nl_reanchor_doit,
		.policy		= cask_reanchor_nl_policy,
		.maxattr	= CASK_A_REANCHOR,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_SYNCHRONISE,
		.doit		= cask_nl_synchronise_doit,
		.policy		= cask_synchronise_nl_policy,
		.maxattr	= CASK_A_SYNCHRONISE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_LEAF_ADD,
		.doit		= cask_nl_leaf_add_doit,
		.policy		= cask_leaf_add_nl_policy,
		.maxattr	= CASK_A_LEAF,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_EKB_ADD,
		.doit		= cask_nl_ekb_add_doit,
		.policy		= cask_ekb_add_nl_policy,
		.maxattr	= CASK_A_EKB,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_EKB_DATA,
		.doit		= cask_nl_ekb_data_doit,
		.policy		= cask_ekb_data_nl_policy,
		.maxattr	= CASK_A_DATA,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_REPORT_GET,
		.doit		= cask_nl_report_get_doit,
		.policy		= cask_report_get_nl_policy,
		.maxattr	= CASK_A_ISSUER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_REPORT_ACK,
		.doit		= cask_nl_report_ack_doit,
		.policy		= cask_report_ack_nl_policy,
		.maxattr	= CASK_A_ACKNOWLEDGEMENT,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= CASK_CMD_TIME,
		.doit		= cask_nl_time_doit,
		.policy		= cask_time_nl_policy,
		.maxattr	= CASK_A_TIME,
		.flags		= GENL_ADMIN_PERM,
	},
};
