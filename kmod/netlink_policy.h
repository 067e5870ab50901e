/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/cask.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_CASK_GEN_H
#define _LINUX_CASK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/cask_netlink.h>
#include <linux/cask_format.h>

extern const struct nla_policy cask_hello_nl_policy[CASK_A_PROTOCOL + 1];

extern const struct nla_policy cask_anchor_add_nl_policy[CASK_A_SCOPE + 1];

extern const struct nla_policy cask_anchor_get_nl_policy[CASK_A_ISSUER + 1];

extern const struct nla_policy cask_enrol_nl_policy[CASK_A_CHALLENGE + 1];

extern const struct nla_policy cask_sign_nl_policy[CASK_A_SIGN_DATA + 1];

extern const struct nla_policy cask_license_add_nl_policy[CASK_A_OWNER + 1];

extern const struct nla_policy cask_license_get_nl_policy[CASK_A_LICENSE_ID + 1];

extern const struct nla_policy cask_license_del_nl_policy[CASK_A_LICENSE_ID + 1];

extern const struct nla_policy cask_nonce_new_nl_policy[CASK_A_ISSUER + 1];

extern const struct nla_policy cask_nonce_del_nl_policy[CASK_A_NONCE + 1];

extern const struct nla_policy cask_store_answer_nl_policy[CASK_A_DATA + 1];

extern const struct nla_policy cask_reanchor_nonce_nl_policy[CASK_A_ISSUER + 1];

extern const struct nla_policy cask_reanchor_nl_policy[CASK_A_REANCHOR + 1];

extern const struct nla_policy cask_synchronise_nl_policy[CASK_A_SYNCHRONISE + 1];

extern const struct nla_policy cask_leaf_add_nl_policy[CASK_A_LEAF + 1];

extern const struct nla_policy cask_ekb_add_nl_policy[CASK_A_EKB + 1];

extern const struct nla_policy cask_ekb_data_nl_policy[CASK_A_DATA + 1];

extern const struct nla_policy cask_report_get_nl_policy[CASK_A_ISSUER + 1];

extern const struct nla_policy cask_report_ack_nl_policy[CASK_A_ACKNOWLEDGEMENT + 1];

extern const struct nla_policy cask_time_nl_policy[CASK_A_TIME + 1];

/* Ops table for cask */
extern const struct genl_ops cask_nl_ops[20];

int cask_nl_hello_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_anchor_add_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_anchor_get_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_anchor_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int cask_nl_enrol_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_sign_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_license_add_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_license_get_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_license_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int cask_nl_license_del_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_nonce_new_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_nonce_del_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_store_answer_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_reanchor_nonce_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_reanchor_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_synchronise_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_leaf_add_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_ekb_add_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_ekb_data_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_report_get_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_report_ack_doit(struct sk_buff *skb, struct genl_info *info);
int cask_nl_time_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	CASK_NLGRP_EVENTS,
};

#endif /* _LINUX_CASK_GEN_H */
