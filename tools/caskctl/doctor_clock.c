// SPDX-License-Identifier: GPL-2.0
/*
 * doctor_clock.c - is the clock right, as far as can be told?
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "doctor.h"

/* What a server forgives (Documentation/protocol.rst). */
#define SKEW_SECONDS	300
/* Time zones of whoever built it are no matter. */
#define BUILD_SECONDS	86400

/**
 * doctor_time() - the best guess at the time
 * @d: examined so far
 *
 * Return: a server's clock if there is one, else this machine's; seconds since 1970.
 */
int64_t doctor_time(const struct doctor *d)
{
	return time(NULL) - d->ahead;
}

/**
 * doctor_day() - a point in time for people
 * @seconds: since 1970
 * @ret_text: "2026-01-31"
 *
 * Return: @ret_text.
 */
const char *doctor_day(int64_t seconds, char ret_text[32])
{
	time_t t = seconds;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(ret_text, 32, "%Y-%m-%d", &tm))
		snprintf(ret_text, 32, "a day beyond the calendar");
	return ret_text;
}

/**
 * doctor_claim() - say that a server has another time, which nobody vouches for
 * @d: takes the finding
 * @who: the server says to be
 * @ahead: seconds that this machine's clock is ahead of it
 *
 * Whoever is between may say so, too: there is no command for it.
 */
void doctor_claim(struct doctor *d, const char *who, int64_t ahead)
{
	if (llabs(ahead) > SKEW_SECONDS)
		doctor_add(d, DOCTOR_NOTE, "clock", NULL, "it is %lld s %s that of a server that "
			   "says to be %s, and is not verified: see which one is right",
			   llabs((long long)ahead), ahead > 0 ? "ahead of" : "behind", who);
}

/**
 * doctor_clock() - examine the clock
 * @d: takes the finding
 */
void doctor_clock(struct doctor *d)
{
	int64_t now = time(NULL);
	char mend[DOCTOR_LINE_MAX], day[32];

	if (llabs(d->ahead) > SKEW_SECONDS) {
		snprintf(mend, sizeof(mend), "date --set=@%lld", (long long)doctor_time(d));
		doctor_add(d, DOCTOR_PROBLEM, "clock", mend, "it is %lld s %s that of %s",
			   llabs((long long)d->ahead), d->ahead > 0 ? "ahead of" : "behind",
			   d->server);
	} else if (now < CASK_BUILD_TIME - BUILD_SECONDS) {
		doctor_add(d, DOCTOR_PROBLEM, "clock", "timedatectl set-ntp true",
			   "it says %s, when these tools had not been built",
			   doctor_day(now, day));
	} else {
		doctor_add(d, DOCTOR_OK, "clock", NULL, d->server ? "it agrees with that of %s" :
			   "it says %s", d->server ? d->server : doctor_day(now, day));
	}
}
