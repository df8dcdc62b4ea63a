/* Which operations the guard judges, and what it requires of each. */
#include "guard/scope.h"
#include "guard/causes.h"
#include "guard/lists.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Podman reads the network of a build in another way than Docker. */
#define PODMAN_BUILDS "Podman gives builds the network of the host, and this Engine is not known to be Docker"

bool guard_has_body(const struct guard_operation *operation)
{
    return operation->body == BODY_OBJECT || operation->body == BODY_EMPTY;
}

bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation)
{
    for (const struct guard_parameter *parameter = operation->query; parameter != NULL && parameter->name != NULL;
         parameter++)
        if (!grammar_parameter_is_open(guard, parameter))
            return true;
    return false;
}

/* An operation that is refused as a whole is judged until its variable opens it. */
bool guard_inspects(const struct guard *guard, const char *operation_id)
{
    const struct guard_operation *operation = guard_operation_find(operation_id);

    if (!guard->active || operation == NULL)
        return false;
    if (operation->body == BODY_REFUSED)
        return !guard->open[operation->knob];
    return operation->body != BODY_IGNORED || guard_judges_query(guard, operation);
}

static char *refusal(const struct grammar *grammar, const char *because, int key, const char *value)
{
    struct text text;

    text_begin(&text);
    fprintf(text.stream, "%s; ", because);
    hint_put(text.stream, grammar, key, value);
    return text_end(&text);
}

static struct demand *add(struct product *product, const char *part, enum guard_saying saying)
{
    struct demand *demand = &product->demands[product->count++];

    *demand = (struct demand){.part = part, .saying = saying};
    return demand;
}

void product_make(struct product *product, const struct guard *guard, const struct guard_facts *facts,
                  const struct guard_operation *operation)
{
    const struct grammar *grammar = &product->grammar;
    struct demand *demand;

    *product = (struct product){.grammar = {guard, facts, operation}};
    if (operation->body == BODY_REFUSED)
        product->refusal = refusal(grammar, operation->because, operation->knob, "");
    else if (strcmp(operation->id, "ImageBuild") == 0 && !facts->docker && !guard_opens_host_network(guard))
        product->refusal = refusal(grammar, PODMAN_BUILDS, KNOB_BUILD_NETWORK, "host");
    if (product->refusal != NULL)
        return;
    if (guard_judges_query(guard, operation)) {
        demand = add(product, "query", SAY_QUERY);
        grammar_query(grammar, &demand->harmless);
        grammar_query_fault(grammar, &demand->fault);
        regex_join(&demand->harmless, &demand->fault);
    }
    if (guard_has_body(operation)) {
        demand = add(product, operation->body == BODY_EMPTY ? "filled" : "body",
                     operation->body == BODY_EMPTY ? SAY_FILLED : SAY_BODY);
        grammar_body(grammar, &demand->harmless);
        if (operation->body == BODY_OBJECT) {
            grammar_body_fault(grammar, &demand->fault);
            regex_join(&demand->harmless, &demand->fault);
        }
    }
    if (guard->label != NULL && operation->labels != NULL) {
        demand = add(product, "label", SAY_ALL);
        grammar_label(grammar, &demand->harmless);
        demand->why = text_format("%s; %sREQUIRE_LABEL requires the label %.64s", operation->labels, guard->prefix,
                                  guard->label);
    }
}

void product_free(struct product *product)
{
    for (size_t i = 0; i < product->count; i++) {
        regex_free(&product->demands[i].harmless);
        regex_free(&product->demands[i].fault);
        free(product->demands[i].why);
    }
    free(product->refusal);
}
