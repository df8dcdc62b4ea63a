/* Two guards, compared: whether one lets something pass that the other refuses. */
#include "guard_internal.h"

#include <string.h>

static bool has(const struct guard_list *list, const char *item)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], item) == 0)
            return true;
    return false;
}

static bool lists_more(const struct guard_list *a, const struct guard_list *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!has(b, a->items[i]))
            return true;
    return false;
}

/* (Without a list all images are allowed.) */
static bool lists_fewer_images(const struct guard_list *list, const struct guard_list *than)
{
    return list->count > 0 && (than->count == 0 || lists_more(than, list));
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether what a lets pass may lack the label that b asks for. */
static bool asks_for_less(const struct guard *a, const struct guard *b)
{
    return b->label != NULL &&
           !(same(a->label, b->label) && (b->label_value == NULL || same(a->label_value, b->label_value)));
}

/* (Patterns are compared as they are written: one that another covers counts as more. Sizes give nobody any power.) */
bool guard_allows_more(const struct guard *a, const struct guard *b)
{
    if (!b->active)
        return false;
    if (!a->active || asks_for_less(a, b))
        return true;
    for (size_t knob = 0; knob < KNOB_COUNT; knob++) {
        const struct guard_list *of_a = &a->list[knob];
        const struct guard_list *of_b = &b->list[knob];

        if (knob == KNOB_IMAGE_REFERENCES ? lists_fewer_images(of_b, of_a)
                                          : !b->open[knob] && (a->open[knob] || lists_more(of_a, of_b)))
            return true;
    }
    return false;
}
