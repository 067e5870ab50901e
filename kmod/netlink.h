/* SPDX-License-Identifier: GPL-2.0 */
/* netlink.h - what the operations of the agent have from netlink.c. */
#ifndef CASK_NETLINK_H
#define CASK_NETLINK_H

#include "netlink_policy.h"

extern struct genl_family cask_netlink_family;

int cask_netlink_become_agent(u32 portid);
int cask_netlink_check_agent(u32 portid);
int cask_netlink_put_off(struct sk_buff *skb, struct genl_info *info,
			 int (*doit)(struct genl_info *info));

#endif /* CASK_NETLINK_H */
