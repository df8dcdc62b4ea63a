/* What the guard looks at: which operations, and what of them. */
#include "guard_internal.h"

#include <string.h>

/* What a build says of its network Podman does not read as Docker does. */
#define PODMAN_BUILDS "Podman gives builds the network of the host, and this Engine is not known to be Docker"

bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation)
{
    const struct grammar grammar = {.guard = guard};

    for (const struct guard_parameter *parameter = operation->query; parameter != NULL && parameter->name != NULL; parameter++)
        if (!grammar_parameter_is_open(&grammar, parameter))
            return true;
    return false;
}

const char *guard_refuses_whole(const struct grammar *grammar, const struct guard_operation *operation, enum guard_knob *knob)
{
    *knob = operation->knob;
    if (operation->body == BODY_REFUSED && !grammar->guard->open[operation->knob])
        return operation->because;
    *knob = KNOB_HOST_NAMESPACES;
    if (strcmp(operation->id, "ImageBuild") == 0 && !grammar->facts->docker && !grammar->guard->open[KNOB_HOST_NAMESPACES])
        return PODMAN_BUILDS;
    return NULL;
}

/* What is refused as a whole is looked at as long as nothing opens it. */
bool guard_inspects(const struct guard *guard, const char *operation_id)
{
    const struct guard_operation *operation = guard_operation_find(operation_id);

    if (!guard->active || operation == NULL)
        return false;
    if (operation->body == BODY_REFUSED)
        return !guard->open[operation->knob];
    return operation->body != BODY_IGNORED || guard_judges_query(guard, operation);
}
