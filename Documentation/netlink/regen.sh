#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Make the netlink header and policy from specs/cask.yaml with the kernel's generator.
# usage: regen.sh KERNEL-SOURCE OUTPUT-TREE
set -eu
source=$(realpath "$1") out=$(realpath "$2")
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The generator looks for a kernel tree's MAINTAINERS to name the spec's path.
touch "$work/MAINTAINERS"
mkdir -p "$work/Documentation/netlink/specs" "$work/kmod" "$work/uapi/linux" "$out/kmod" "$out/uapi/linux"
cp "$source"/Documentation/netlink/*.yaml "$work/Documentation/netlink/"
cp "$top/Documentation/netlink/specs/cask.yaml" "$work/Documentation/netlink/specs/"
cd "$work"
gen() { /usr/bin/python3 "$source/tools/net/ynl/ynl-gen-c.py" --spec Documentation/netlink/specs/cask.yaml "$@"; }
gen --mode uapi --header -o uapi/linux/cask_netlink.h
gen --mode kernel --header -o kmod/netlink_policy.h
gen --mode kernel --source -o kmod/netlink_policy.c
# Outside the kernel's tree the uapi headers are found as <linux/...>, and once is enough.
for f in kmod/netlink_policy.[ch]; do
	sed 's,<uapi/linux/cask_netlink.h>,<linux/cask_netlink.h>,' $f | awk '!/^#include/ || !seen[$0]++' >$f.new
	mv $f.new $f
done
# The groups are in netlink.c: the generator has no word for who may join one.
sed -i '/^static const struct genl_multicast_group/,/^};/d' kmod/netlink_policy.c
sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' kmod/netlink_policy.c
cp uapi/linux/cask_netlink.h "$out/uapi/linux/"
cp kmod/netlink_policy.[ch] "$out/kmod/"
