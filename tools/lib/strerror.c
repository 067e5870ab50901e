// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * strerror.c - errors in words that help: what it means, and what mends it.
 */
#include <errno.h>
#include <string.h>

#include "cask.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct meaning - an errno and what it means to a user
 * @number: errno
 * @text: without a full stop
 */
struct meaning {
	int number;
	const char *text;
};

static const char *find(const struct meaning *table, size_t count, int number)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].number == number)
			return table[i].text;
	return NULL;
}

/**
 * cask_strerror() - an errno of cask_open_content(), or of reading from its
 * file, in words
 * @error: errno, positive or negative
 *
 * Return: a sentence without a full stop; strerror()'s for what Cask does not
 * give.
 */
const char *cask_strerror(int error)
{
	static const struct meaning table[] = {
		{ ENODEV, "the kernel module is not loaded (try: modprobe cask)" },
		{ EPERM, "you may not use " CASK_DEVICE " (its users are the group cask, "
			 "outside of user namespaces)" },
		{ EBADF, "the content is not open for reading" },
		{ EINVAL, "this is not a .cask file, or its head is malformed" },
		{ ELOOP, "this file is already decrypted by the kernel" },
		{ EOPNOTSUPP, "the file was made by a newer version than this kernel module" },
		{ EBADMSG, "the file is damaged or was altered" },
		{ ENODATA, "the file is not complete: it ends too early, or has no key in its header, where the "
			   "license says that it is (fetch it again)" },
		{ ENOKEY, "there is no license for this content on this device" },
		{ EACCES, "the license for this content belongs to another user" },
		{ EKEYEXPIRED, "the license has expired" },
		{ EDQUOT, "the license was opened as often as it allows, or its use has to be reported "
			  "first (caskctl license list and status tell)" },
		{ EREMOTE, "the file was not accepted into the store, which the license wants in its "
			   "download period" },
		{ ENONET, "the license was opened as often as it may be without word from its "
			  "distributor (connect this machine, and try again)" },
		{ EMEDIUMTYPE, "the license does not permit to record this content to a disc" },
		{ ENOTCONN, "the license counts, and the agent that keeps its count is not running "
			    "(try: systemctl start caskd)" },
		{ ETIMEDOUT, "the license counts, and the agent that keeps its count does not "
			     "answer" },
		{ EUCLEAN, "the license counts, and the records of what counts were lost "
			   "(try: caskctl reanchor)" },
		{ EIO, "the content cannot be read; or the license counts, and the TPM or the agent's "
		       "disk failed" },
		{ ENOTRECOVERABLE, "the license counts, and the TPM's counter, without which nothing "
				   "counts, was removed" },
		{ ETIME, "the license is not valid yet" },
		{ EKEYREVOKED, "the license was removed" },
		{ EKEYREJECTED, "the license is not signed by its distributor, or that does not stand behind "
				"it any more" },
		{ EMFILE, "you have too many contents open at once" },
		{ ENOBUFS, "the contents that you have open take too much of the kernel's memory" },
		{ ESHUTDOWN, "the machine is going down" },
		{ EXDEV, "the license is for another device, or the file for another category of devices" },
		{ EL2NSYNC, "the key in the file's header is under a later enabling key block than this "
			    "device has: it has to be fetched, and devices that were taken out get none" },
	};
	int number = error < 0 ? -error : error;
	const char *text = find(table, ARRAY_SIZE(table), number);

	return text ? text : strerror(number);
}

/**
 * cask_medium_strerror() - an errno of what is done with a medium, in words
 * @error: errno of cask_medium_*(), or of cask_open_on_medium(), positive or negative
 *
 * Return: a sentence without a full stop; cask_strerror()'s for what means the same
 * elsewhere.
 */
const char *cask_medium_strerror(int error)
{
	static const struct meaning table[] = {
		{ EINVAL, "this is no medium, or not in the form that it must have" },
		{ EOPNOTSUPP, "this was made by a newer version than this kernel module" },
		{ EBADMSG, "this was altered, or is of another class of media" },
		{ EBADF, "the medium is not open for reading and writing" },
		{ EROFS, "the medium is not open for writing" },
		{ ENOKEY, "this device has no license for the medium's class, or the medium none for "
			  "this content" },
		{ ESTALE, "this is an older copy of a medium that went on elsewhere" },
		{ ENOMEDIUM, "the medium is not there any more: another one is, or it was written over" },
		{ EBUSY, "a medium is being made there, or is open still" },
		{ EUCLEAN, "the second layer of the medium is lost (try: cask-medium restore), or this "
			   "device's records of what counts (caskctl status)" },
		{ EXDEV, "this is for another apparatus, or another medium" },
		{ EEXIST, "there is a medium already, or another license of the same id" },
		{ EMSGSIZE, "this is longer than a medium takes" },
		{ EKEYREVOKED, "the license installs once, as the answer to a request of this device" },
		{ ENOSPC, "the second layer of the medium is full" },
		{ EDQUOT, "the license on the medium was opened as often as it allows "
			  "(try: cask-medium get)" },
		{ ENOENT, "there is nothing of this number" },
	};
	const char *text = find(table, ARRAY_SIZE(table), error < 0 ? -error : error);

	return text ? text : cask_strerror(error);
}

/**
 * cask_medium_lend_strerror() - what an error of exporting, checking out or in means
 * @error: errno or -errno
 *
 * Return: a sentence without capital or full stop, never NULL.
 */
const char *cask_medium_lend_strerror(int error)
{
	static const struct meaning table[] = {
		{ EPERM, "the license does not permit it" },
		{ EDQUOT, "the license permits no more of them" },
		{ EBUSY, "as many copies are checked out as may be at once (try: cask-medium checkin)" },
		{ EEXIST, "the medium has a copy of the license already" },
		{ ENOENT, "this device has no such license, or has not checked it out to this medium" },
		{ EXDEV, "the license is another distributor's than the medium, or another device "
			 "checked it out" },
		{ EACCES, "the license is another user's, or wants devices of a higher level than the "
			  "medium's class" },
	};
	const char *text = find(table, ARRAY_SIZE(table), error < 0 ? -error : error);

	return text ? text : cask_medium_strerror(error);
}

/* What the module's refusals of the agent mean for the user behind it. */
static const char *kernel_hint(int number)
{
	static const struct meaning table[] = {
		{ EPERM, "caskd lacks CAP_NET_ADMIN: start it by its systemd unit" },
		{ EINVAL, "what the server sent is malformed: server and client may be of "
			  "different versions" },
		{ ERANGE, "what the server sent is malformed: server and client may be of "
			  "different versions" },
		{ ENOENT, "it is not installed any more" },
		{ EPROTONOSUPPORT, "update the older of kernel module and caskd" },
		{ EBUSY, "another agent is running: stop it, or restart caskd" },
		{ ENOTCONN, "restart caskd" },
		{ EOPNOTSUPP, "the kernel module is older than the server: update it" },
		{ ENOPKG, "this kernel lacks the server's signature algorithm: a newer kernel, "
			  "or RS256 at the server" },
		{ ENOKEY, "register with the distributor again (caskctl register)" },
		{ EKEYREJECTED, "the signature is not the distributor's, or the module took "
				"another provisioning key since it was loaded, which a "
				"registration that failed does, too: tell the operator, or "
				"load the module anew" },
		{ EKEYREVOKED, "it installs only once, as the answer to a request of this device: "
			       "get a new one" },
		{ EUCLEAN, "the records of what counts were lost: caskctl reanchor" },
		{ EIO, "the TPM failed, or the disk that the records of what counts are on: see the "
		       "kernel's log and caskd's" },
		{ ENOTRECOVERABLE, "the TPM's counter was removed, and this device can count nothing "
				   "any more: make it another one (man caskctl, root make) and "
				   "register that" },
		{ EALREADY, "nothing of that distributor's was lost" },
		{ EKEYEXPIRED, "its time is over: check this machine's clock, or get a new one" },
		{ ETIME, "its time has not begun: check this machine's clock" },
		{ ESTALE, "the server went back to an older state, or the license came too late: get a new "
			  "one, or tell its operator" },
		{ EL2NSYNC, "device and distributor are out of step, and did not agree anew: try again" },
		{ EXDEV, "the device's key changed: register again and get the license anew" },
		{ EBADMSG, "it was altered, or made for another key: register again" },
		{ EACCES, "the distributor demands a device of a higher level" },
		{ EEXIST, "another license has the same id: tell the distributor's operator" },
		{ ESHUTDOWN, "wait until the machine is up again" },
		{ ENOSPC, "remove licenses that are not needed (caskctl license remove)" },
	};

	return find(table, ARRAY_SIZE(table), number);
}

/**
 * cask_error_hint() - what mends an error
 * @error: of the agent
 *
 * Return: a sentence without a full stop, or NULL when nothing is known.
 */
const char *cask_error_hint(const struct cask_error *error)
{
	static const struct {
		const char *code;
		const char *text;
	} table[] = {
		{ "agent-unreachable", "start the agent: systemctl start caskd" },
		{ "module-absent", "load the module: modprobe cask" },
		{ "not-registered", "register first: caskctl register" },
		{ "issuer-ambiguous", "say which distributor: --issuer" },
		{ "issuer-unknown", "caskctl status lists the distributors; register first: caskctl register" },
		{ "token-unknown", "check the token: it is case-sensitive" },
		{ "token-used", "ask the distributor for a new token" },
		{ "token-expired", "ask the distributor for a new token" },
		{ "class-unknown", "the distributor does not know the class of this medium" },
		{ "class-foreign", "ask the distributor whose class the medium is of" },
		{ "class-level-too-low", "the medium's class is for devices of a lower level than the content's: "
		  "cask-medium get --lock" },
		{ "content-removed", "caskctl catalogue lists what there is" },
		{ "content-is-class", "this is a class of media, not a content: caskctl catalogue" },
		{ "content-is-no-class", "ask the distributor for the id of a class of media" },
		{ "content-unknown", "caskctl catalogue lists what there is" },
		{ "license-unknown", "caskctl license list lists what there is" },
		{ "license-on-medium", "cask-medium get gets another one onto the medium" },
		{ "term-unknown", "caskctl license terms lists what there is, also of a FILE.cask" },
		{ "term-not-permitted", "take another term: caskctl license terms lists what there is" },
		{ "quantity-exceeded", "ask for fewer: caskctl license terms tells how many there are at once" },
		{ "quota-exceeded", "try again tomorrow" },
		{ "leaf-revoked", "ask the distributor, who took this device out; what it has stays" },
		{ "category-full", "ask the distributor, who has to make room for more devices" },
		{ "level-too-low", "the distributor demands a device of a higher level" },
		{ "content-is-twokey", "this content is for devices, and goes onto no medium" },
		{ "content-is-category", "this content is for devices, and goes onto no medium" },
		{ "reanchor-waits", "ask the distributor, who has to let this device go on" },
		{ "reanchor-refused", "ask the distributor" },
		{ "token-wanted", "ask the distributor for a token: caskctl register --token" },
		{ "factory-unknown", "ask the distributor which factories it takes" },
		{ "certificate-device", "the certificate is for another key than caskctl status shows" },
		{ "certificate-expired", "have the factory certify the device again" },
		{ "certificate-revoked", "ask the factory" },
		{ "certificate-malformed", "ask the factory for the device's certificate, in PEM" },
		{ "certificate-purpose", "ask the factory for the device's certificate" },
		{ "certificate-key", "ask the factory for the device's certificate" },
		{ "revocation-unknown", "try again later" },
		{ "enrolment-unknown", "begin again: caskctl register" },
		{ "enrolment-expired", "begin again: caskctl register" },
		{ "price", "--price AMOUNT agrees to what it costs" },
		{ "payment-method-wanted", "ask the distributor for a way to pay" },
		{ "funds-missing", "pay beforehand, then ask again" },
		{ "credit-exceeded", "pay what is owed, then ask again" },
		{ "credit-lost", "pay what is due, then ask again" },
		{ "user-wanted", "say who asks: --user ID" },
		{ "user-rejected", "check user id and password" },
		{ "user-taken", "choose another user id, or type the password of that user" },
		{ "device-foreign", "ask on a device of your own" },
		{ "session-ended", "ask again" },
		{ "too-many-tries", "try again in a quarter of an hour" },
		{ "password-weak", "choose a longer password" },
		{ "information-wanted", "say it at a terminal, or by --user-info FILE" },
		{ "field-missing", "say it: caskctl register asks, or takes --user-info FILE" },
		{ "field-malformed", "say it otherwise" },
		{ "field-unknown", "leave it out" },
		{ "user-disabled", "ask the distributor" },
		{ "device-disabled", "ask the distributor" },
		{ "too-many-requests", "ask again for what there was no answer to" },
		{ "server-certificate", "give the right CA when registering: --ca FILE" },
		{ "server-unreachable", "check network and URL; caskctl status shows it" },
		{ "server-timeout", "try again later" },
		{ "server-answer", "server and client may be of different versions: tell the distributor's operator" },
		{ "too-many-connections", "try again later" },
		{ "too-many-licenses", "remove licenses that are not needed (caskctl license remove)" },
		{ "device-unknown", "register again: caskctl register" },
		{ "signature-rejected", "register again: caskctl register" },
		{ "clock-skew", "set this machine's clock" },
		{ "transfer-interrupted", "the same command goes on where it stopped" },
	};

	if (!strcmp(error->code, "kernel"))
		return kernel_hint(error->number);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].code, error->code))
			return table[i].text;
	return NULL;
}
