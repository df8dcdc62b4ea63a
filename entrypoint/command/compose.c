/* Reads env files and Compose files that were written for any socket proxy. */
#include "command/compose.h"

#include <stdlib.h>
#include <string.h>

static void read_line(struct assignments *assignments, const char *line, size_t length)
{
    const char *equals;
    const char *value;
    size_t size;
    char *name;
    char *unquoted;

    while (length > 0 && strchr(" \t", *line) != NULL) {
        line++;
        length--;
    }
    while (length > 0 && strchr(" \t\r", line[length - 1]) != NULL)
        length--;
    if (length > 7 && strncmp(line, "export ", 7) == 0) {
        line += 7;
        length -= 7;
    }
    equals = memchr(line, '=', length);
    if (equals == NULL || *line == '#')
        return;
    value = equals + 1;
    size = length - (size_t)(value - line);
    if (size >= 2 && strchr("\"'", *value) != NULL && value[size - 1] == *value) {
        value++;
        size -= 2;
    }
    name = strndup(line, (size_t)(equals - line));
    unquoted = strndup(value, size);
    if (name == NULL || unquoted == NULL)
        abort();
    assignments_set(assignments, name, unquoted);
    free(name);
    free(unquoted);
}

void assignments_read_env(struct assignments *assignments, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        read_line(assignments, text, length);
        text += length + (text[length] == '\n');
    }
}

#ifdef HAVE_YAML
#include <yaml.h>

static const char *scalar(const yaml_node_t *node)
{
    return node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* The value of a key in a mapping; NULL if there is none. */
static yaml_node_t *member(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++) {
        const char *name = scalar(yaml_document_get_node(document, pair->key));

        if (name != NULL && strcmp(name, key) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static yaml_node_t *find_service(yaml_document_t *document, const yaml_node_t *services, const char *name)
{
    if (name != NULL || services == NULL || services->type != YAML_MAPPING_NODE)
        return name == NULL ? NULL : member(document, services, name);
    for (yaml_node_pair_t *pair = services->data.mapping.pairs.start; pair < services->data.mapping.pairs.top; pair++) {
        yaml_node_t *service = yaml_document_get_node(document, pair->value);
        const char *image = scalar(member(document, service, "image"));

        if (image != NULL && (strstr(image, "docker-socket-proxy") != NULL || strstr(image, "socket-proxy") != NULL))
            return service;
    }
    return NULL;
}

/* environment: is a list of NAME=value or a mapping. A name without a value, which Compose takes from its own
 * environment, is left out. */
static void read_environment(struct assignments *assignments, yaml_document_t *document, const yaml_node_t *node)
{
    if (node->type == YAML_SEQUENCE_NODE)
        for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
            const char *text = scalar(yaml_document_get_node(document, *item));

            if (text != NULL && strchr(text, '=') != NULL)
                assignments_add(assignments, text, strlen(text));
        }
    if (node->type == YAML_MAPPING_NODE)
        for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
            const char *name = scalar(yaml_document_get_node(document, pair->key));
            const char *value = scalar(yaml_document_get_node(document, pair->value));

            if (name != NULL && value != NULL)
                assignments_set(assignments, name, value);
        }
}

/* The program of a health check: test: is a string for a shell, or a list of CMD-SHELL and that string, or of CMD, the
 * program and its arguments. */
static const char *checking_program(yaml_document_t *document, const yaml_node_t *test)
{
    const char *kind;

    if (test == NULL || test->type != YAML_SEQUENCE_NODE)
        return scalar(test) == NULL || strcmp(scalar(test), "NONE") == 0 ? NULL : "sh";
    if (test->data.sequence.items.start == test->data.sequence.items.top)
        return NULL;
    kind = scalar(yaml_document_get_node(document, test->data.sequence.items.start[0]));
    if (kind != NULL && strcmp(kind, "CMD-SHELL") == 0)
        return "sh";
    if (kind == NULL || strcmp(kind, "CMD") != 0 ||
        test->data.sequence.items.start + 1 == test->data.sequence.items.top)
        return NULL;
    return scalar(yaml_document_get_node(document, test->data.sequence.items.start[1]));
}

static void read_service(struct compose_service *service, yaml_document_t *document, const yaml_node_t *node)
{
    const char *image = scalar(member(document, node, "image"));
    const char *check = checking_program(document, member(document, member(document, node, "healthcheck"), "test"));

    snprintf(service->image, sizeof service->image, "%s", image == NULL ? "" : image);
    snprintf(service->check, sizeof service->check, "%s", check == NULL ? "" : check);
}

const char *assignments_read_compose(struct assignments *assignments, struct compose_service *service_found,
                                     const char *text, const char *service)
{
    const char *wrong = NULL;
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_node_t *found;
    yaml_node_t *environment;

    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
    if (!yaml_parser_load(&parser, &document)) {
        yaml_parser_delete(&parser);
        return "not valid YAML";
    }
    found = find_service(&document, member(&document, yaml_document_get_root_node(&document), "services"), service);
    environment = member(&document, found, "environment");
    if (found == NULL)
        wrong = "no such service; name one: migrate FILE SERVICE";
    else
        read_service(service_found, &document, found);
    if (wrong == NULL && environment != NULL)
        read_environment(assignments, &document, environment);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return wrong;
}
#else
const char *assignments_read_compose(struct assignments *assignments, struct compose_service *found, const char *text,
                                     const char *service)
{
    (void)assignments;
    (void)found;
    (void)text;
    (void)service;
    return "this build cannot read Compose files (no libyaml); use an env file, or a program built by `make`";
}
#endif
