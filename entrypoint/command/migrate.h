/* The names of other images, said in ours. */
#ifndef COMMAND_MIGRATE_H
#define COMMAND_MIGRATE_H

/* Prints to stdout the ALLOW_* names that open exactly what the input opens today: groups where a group opens nothing
 * more, own variables for the rest, with a remark for each thing that is open and probably nobody wants, and for a
 * health check. The names are read as the image: line of a Compose file says, else as COMPAT does; a remark says which
 * it was.
 *
 * file is a Compose file or an env file, "-" for stdin, NULL for the present environment; service names the Compose
 * service, NULL for the first whose image is one of those that are understood. Returns 0; 2 with the reason on stderr
 * if the input cannot be read or is refused as it would be at a start; 1 if what was found does not open exactly the
 * same, which is a defect. Reading Compose files needs libyaml at compile time (HAVE_YAML). */
int migrate(const char *file, const char *service);

#endif
