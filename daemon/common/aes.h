/* SPDX-License-Identifier: GPL-2.0 */
/* aes.h - single blocks of AES-128, for what kmod/secret/ekb.c derives. */
#ifndef CASK_COMMON_AES_H
#define CASK_COMMON_AES_H

#include "ekb.h"

struct cask_aes *aes_new(void);
void aes_free(struct cask_aes *aes);

#endif /* CASK_COMMON_AES_H */
