// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - cask-medium: the table of commands.
 */
#include <stddef.h>

#include "medium.h"

int main(int argc, char **argv)
{
	static const struct command *const table[] = {
		&command_create, &command_show, &command_label, &command_verify, &command_get,
		&command_backup, &command_restore, &command_record, &command_mount,
		&command_export, &command_checkout, &command_checkin, NULL
	};

	return command_main("cask-medium", "Media of three layers: number, licenses, contents.",
			    table, argc, argv);
}
