// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - caskctl: the table of commands.
 */
#include <stddef.h>

#include "command.h"
#include "prompt.h"

int main(int argc, char **argv)
{
	static const struct command *const table[] = {
		&command_status, &command_register, &command_catalogue, &command_fetch,
		&command_record, &command_license, &command_events, &command_show, &command_label,
		&command_root, &command_reanchor, &command_password, &command_doctor,
		NULL
	};

	prompt_wipe();
	return command_main("caskctl", "Contents and licenses of this device.", table, argc, argv);
}
