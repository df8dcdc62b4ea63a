/* Compares two guards: whether one may pass something that the other refuses. */
#include "guard/internal.h"

#include <string.h>

static bool has_item(const struct guard_list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], item) == 0)
            return true;
    return false;
}

/* Whether a list that narrows (images, volume names, commands) lets more through than another. */
static bool narrows_less(const struct guard_list *list, const struct guard_list *than)
{
    if (than->count == 0)
        return false;
    if (list->count == 0)
        return true;
    for (size_t i = 0; i < list->count; i++)
        if (!has_item(than, list->items[i]))
            return true;
    return false;
}

/* Patterns are compared as text: one that another covers counts as more. */
bool guard_allows_more(const struct guard *guard, const struct guard *than)
{
    if (guard->active != than->active)
        return !guard->active;
    if (!guard->active)
        return false;
    for (int knob = 0; knob < KNOB_ALL; knob++) {
        if (knob == KNOB_RENAME) /* it is closed where the list of namespaces opens more */
            continue;
        if (guard->open[knob] && !than->open[knob])
            return true;
        if (knob >= KNOB_COUNT || than->open[knob])
            continue;
        if (guard_knobs[knob].limits) {
            if (narrows_less(&guard->list[knob], &than->list[knob]))
                return true;
            continue;
        }
        for (size_t i = 0; i < guard->list[knob].count; i++)
            if (!has_item(&than->list[knob], guard->list[knob].items[i]))
                return true;
    }
    return than->label != NULL && (guard->label == NULL || strcmp(guard->label, than->label) != 0 ||
                                   (than->label_value != NULL && (guard->label_value == NULL ||
                                                                  strcmp(guard->label_value, than->label_value) != 0)));
}
