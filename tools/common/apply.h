/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply.h - apply to the agent for a license or its renewal.
 */
#ifndef CASK_APPLY_H
#define CASK_APPLY_H

#include "cask.h"

/**
 * struct applicant - on whose word
 * @user: id of who asks; NULL: nobody, and where a user has to, whoever sits there says who it is
 * @agrees: to the price that a refusal names; NULL: nobody does
 */
struct applicant {
	const char *user;
	bool (*agrees)(const struct cask_error *error);
};

int apply_license(struct cask_agent *agent, struct cask_license_wish *wish, const struct applicant *who,
		  json_t **ret_license, struct cask_error *error);
int apply_renewal(struct cask_agent *agent, struct cask_renewal *renewal, const struct applicant *who,
		  json_t **ret_license, struct cask_error *error);
bool apply_tell(const json_t *license);

#endif /* CASK_APPLY_H */
