/* `migrate`: translates the names of other images into ALLOW_* names. */
#ifndef COMMAND_MIGRATE_H
#define COMMAND_MIGRATE_H

/* Prints to stdout the ALLOW_* names that open exactly what the input opens: groups where a group opens nothing more,
 * own variables for the rest. Comments mark what is open and probably not wanted, a health check, and by which image's
 * rules the names were read: that of the image: line of a Compose file, else COMPAT's.
 *
 * file is a Compose file or an env file, "-" for stdin, NULL for the present environment. service names the Compose
 * service, NULL for the first whose image is a socket proxy. Returns 0; 2 with the reason on stderr if the input cannot
 * be read or the start would refuse it; 1 if the names found do not open exactly the same, which is a bug. Reading
 * Compose files needs libyaml at compile time (HAVE_YAML). */
int migrate(const char *file, const char *service);

#endif
