/* `presets`: lists the presets, or prints what some of them open as an env file. */
#include "command/presets.h"

#include "base/terminal.h"
#include "policy/presets.h"

#include <stdio.h>
#include <string.h>

#define BAD_NAME 2

/* ---- the list ---- */

static void print_member(const char *name, const char *value)
{
    printf(", \"%s\": ", name);
    print_json(value);
}

static void print_object(const struct preset *preset)
{
    fputs("  {\"preset\": ", stdout);
    print_json(preset->name);
    print_member("for", preset->help);
    print_member("operations", preset->operations);
    print_member("guard", preset->guard);
    print_member("guard_may", preset->guard_may);
    print_member("remark", preset->remark);
    putchar('}');
}

static void print_row(const struct preset *preset)
{
    printf("%s\t%s\t%s\t%s\t%s\t%s\n", preset->name, preset->help, preset->operations, preset->guard, preset->guard_may,
           preset->remark);
}

/* A mode stands below its client, without the client's name. */
static void print_line(const struct preset *preset, int width)
{
    const char *mode = strchr(preset->name, '+');

    if (mode == NULL)
        printf("%s%-*s%s  %s\n", colour_yes(), width, preset->name, colour_end(), preset->help);
    else
        printf("  %-*s  %s\n", width - 2, mode, preset->help);
}

void presets_list(bool json)
{
    bool lines = !json && terminal();
    int width = 0;

    for (size_t i = 0; i < preset_count; i++)
        if (!preset_is_mode(&presets[i]) && (int)strlen(presets[i].name) > width)
            width = (int)strlen(presets[i].name);
    if (json)
        puts("[");
    else if (!lines)
        puts("# preset\tfor\toperations\tguard variables it needs\tguard variables it may need\tremark");
    for (size_t i = 0; i < preset_count; i++) {
        if (json && i > 0)
            puts(",");
        if (json)
            print_object(&presets[i]);
        else if (lines)
            print_line(&presets[i], width);
        else
            print_row(&presets[i]);
    }
    if (json)
        puts("\n]");
    if (lines)
        puts("\nPRESET=CLIENT or PRESET=CLIENT+MODE+MODE opens them; `docker-socket-proxy presets NAME` prints what.");
}

/* ---- what presets open ---- */

/* Prints the operations of a row that are closed by default and that no row before it has. */
static void print_operations(const struct preset_choice *choice, const struct preset *preset)
{
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        if (operations[i].on_by_default || presets_opening(choice, &operations[i]) != preset)
            continue;
        operation_own_variable(&operations[i], own);
        printf("%s=true\n", own);
    }
}

/* Calls print for each item of a list that is separated by blanks. */
static void each(const char *list, void (*print)(const char *item, int length))
{
    while (*list != '\0') {
        size_t length = strcspn(list, " ");

        print(list, (int)length);
        list += length + strspn(list + length, " ");
    }
}

static void print_needed(const char *item, int length)
{
    printf("%.*s\n", length, item);
}

static void print_possible(const char *item, int length)
{
    printf("# %.*s\n", length, item);
}

static void print_preset(const struct preset_choice *choice, const struct preset *preset)
{
    printf("# %s: %s\n", preset->name, preset->help);
    if (preset->remark[0] != '\0')
        printf("# %s\n", preset->remark);
    print_operations(choice, preset);
    if (preset->guard[0] != '\0') {
        puts("# The create guard refuses it without:");
        each(preset->guard, print_needed);
    }
    if (preset->guard_may[0] != '\0') {
        puts("# The create guard judges what it creates. What has such things needs, for example:");
        each(preset->guard_may, print_possible);
    }
}

/* The operations of the Engine that are open by default and that none of the presets has, by their group. */
static void print_defaults(const struct preset_choice *choice)
{
    uint64_t needed = GROUP_BIT(GROUP_PING); /* the health check of the proxy uses it */
    uint64_t open = 0;

    for (size_t i = 0; i < operation_count; i++) {
        if (!operations[i].on_by_default)
            continue;
        open |= operations[i].groups[0];
        if (presets_opening(choice, &operations[i]) != NULL)
            needed |= operations[i].groups[0];
    }
    if ((open & ~needed) == 0)
        return;
    puts("# Open by default, and not needed:");
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if (open & ~needed & GROUP_BIT(i))
            printf("# %s=false\n", group_variables[i]);
}

int presets_show(const char *list, struct problems *problems)
{
    struct preset_choice choice = {.chosen = {false}};

    presets_choose(&choice, list, "presets ", problems);
    if (problems->count > 0)
        return BAD_NAME;
    for (size_t i = 0; i < preset_count; i++)
        if (choice.chosen[i])
            print_preset(&choice, &presets[i]);
    print_defaults(&choice);
    return fflush(stdout) == 0 ? 0 : 1;
}
