/* The values for clients that profiles claim by a name of the DNS of the container network, dns:NAME. */
#include "config/parts.h"

#include <stdint.h>
#include <string.h>

/* What HAProxy remembers of an address that has none of the names. */
#define NOBODY UINT32_MAX

/* Adds a row for each name that a profile claims, numbered from 1, unless values is NULL. Returns how many of the names
 * equal text, or their number if text is NULL. */
static unsigned each_name(struct values *values, const struct environment *environment, const char *text)
{
    unsigned count = 0;

    for (size_t i = 1; i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++) {
            const struct claim *client = &environment->profiles[i].clients.list[k];

            if (client->kind != CLAIM_DNS || (text != NULL && strcmp(client->text, text) != 0))
                continue;
            count++;
            if (values != NULL) {
                struct values *row = values_row(values, "claimed_names");

                values_set(row, "number", "%u", count);
                values_set(row, "name", "%s", client->text);
                values_set(row, "profile", "%s", profile_log_name(&environment->profiles[i]));
            }
        }
    return count;
}

bool has_names(const struct environment *environment)
{
    return each_name(NULL, environment, NULL) > 0;
}

void set_names(struct values *values, const struct environment *environment, const struct machine *machine)
{
    values_list(values, "own_names");
    values_list(values, "claimed_names");
    values_set_if(values, "names", each_name(values, environment, NULL) > 0);
    values_set(values, "nobody", "%u", NOBODY);
    /* A name that a profile claims is not the proxy's own. */
    for (size_t i = 0; i < machine->own_name_count; i++)
        if (each_name(NULL, environment, machine->own_names[i]) == 0) {
            struct values *row = values_row(values, "own_names");

            values_set(row, "number", "%zu", i);
            values_set(row, "name", "%s", machine->own_names[i]);
        }
}
