/* Chooses the fewest variables that open a set of operations and nothing else. */
#include "command/choice.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PRESETS_SHOWN (sizeof((struct choice *)NULL)->presets / sizeof(char *) - 1)
#define GROUPS_TRIED  16 /* all combinations of so many; more are taken as they come */

static bool opens(uint64_t groups, size_t i)
{
    for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
        if (operations[i].groups[k] != 0 && (operations[i].groups[k] & ~groups) == 0)
            return true;
    return false;
}

bool choice_by_groups(const struct choice *choice, size_t operation)
{
    return opens(choice->groups, operation);
}

/* How many variables the set takes with these groups; SIZE_MAX if they open what is not needed. */
static size_t cost(uint64_t groups, const bool needed[])
{
    size_t count = 0;

    for (size_t g = 0; g < GROUP_COUNT; g++)
        count += (groups & GROUP_BIT(g)) != 0;
    for (size_t i = 0; i < operation_count; i++) {
        bool open = opens(groups, i);

        if (open && !needed[i] && !operations[i].on_by_default)
            return SIZE_MAX;
        count += needed[i] && !open && !operations[i].on_by_default;
    }
    return count;
}

/* Whether the group is part of what opens something that is needed. */
static bool is_useful(size_t group, const bool needed[])
{
    for (size_t i = 0; i < operation_count; i++)
        for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
            if (needed[i] && !operations[i].on_by_default && (operations[i].groups[k] & GROUP_BIT(group)) != 0)
                return true;
    return false;
}

/* Of sets that cost the same, the one with the most groups: their names say more. */
static uint64_t best_groups(const bool needed[])
{
    uint64_t candidates[GROUPS_TRIED];
    uint64_t best = 0;
    size_t count = 0;
    size_t least = cost(0, needed);
    size_t most = 0;

    for (size_t g = 0; g < GROUP_COUNT && count < GROUPS_TRIED; g++)
        if (is_useful(g, needed) && cost(GROUP_BIT(g), needed) != SIZE_MAX)
            candidates[count++] = GROUP_BIT(g);
    for (uint64_t pick = 1; pick < UINT64_C(1) << count; pick++) {
        uint64_t groups = 0;
        size_t members = 0;
        size_t costs;

        for (size_t k = 0; k < count; k++)
            if (pick & (UINT64_C(1) << k)) {
                groups |= candidates[k];
                members++;
            }
        costs = cost(groups, needed);
        if (costs < least || (costs == least && members > most)) {
            best = groups;
            least = costs;
            most = members;
        }
    }
    return best;
}

/* ---- presets ---- */

/* Whether all that the row opens is needed. Adds it to opened. */
static bool fits(const struct preset *preset, const bool needed[], bool opened[])
{
    for (size_t i = 0; i < operation_count; i++)
        if (preset_opens(preset, &operations[i]) && !needed[i] && !operations[i].on_by_default)
            return false;
    for (size_t i = 0; i < operation_count; i++)
        opened[i] |= preset_opens(preset, &operations[i]);
    return true;
}

/* Whether the row opens something that is needed and not opened yet. */
static bool adds(const struct preset *preset, const bool opened[])
{
    for (size_t i = 0; i < operation_count; i++)
        if (preset_opens(preset, &operations[i]) && !opened[i] && !operations[i].on_by_default)
            return true;
    return false;
}

static bool is_mode_of(const struct preset *mode, const struct preset *client)
{
    size_t length = strlen(client->name);

    return strncmp(mode->name, client->name, length) == 0 && mode->name[length] == '+';
}

/* The name with which the client's row and its modes open exactly what is needed, to be freed; NULL if none does. */
static char *exact_name(const struct preset *client, const bool needed[])
{
    bool opened[OPERATIONS_MAX] = {false};
    struct text text;
    char *name;

    if (!fits(client, needed, opened))
        return NULL;
    text_begin(&text);
    fputs(client->name, text.stream);
    for (size_t k = 0; k < preset_count; k++)
        if (is_mode_of(&presets[k], client) && adds(&presets[k], opened) && fits(&presets[k], needed, opened))
            fputs(strchr(presets[k].name, '+'), text.stream);
    name = text_end(&text);
    for (size_t i = 0; i < operation_count; i++)
        if (needed[i] && !opened[i] && !operations[i].on_by_default) {
            free(name);
            return NULL;
        }
    return name;
}

void choice_make(struct choice *choice, const bool needed[OPERATIONS_MAX], bool narrow)
{
    size_t count = 0;

    memset(choice, 0, sizeof *choice);
    if (!narrow)
        choice->groups = best_groups(needed);
    for (size_t i = 0; i < operation_count; i++)
        choice->own[i] = needed[i] && !operations[i].on_by_default && !opens(choice->groups, i);
    /* A preset of one variable says less than the variable. */
    if (narrow || cost(choice->groups, needed) < 2)
        return;
    for (size_t k = 0; k < preset_count && count < PRESETS_SHOWN; k++)
        if (!preset_is_mode(&presets[k])) {
            choice->presets[count] = exact_name(&presets[k], needed);
            count += choice->presets[count] != NULL;
        }
}

void choice_free(struct choice *choice)
{
    for (size_t k = 0; k < PRESETS_SHOWN; k++)
        free((char *)choice->presets[k]);
}
