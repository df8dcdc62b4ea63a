/* The guard's knowledge of the Engine API: which fields there are and what they may hold. Data only; guard_regex.c turns
 * it into regexes. */
#ifndef GUARD_TABLE_H
#define GUARD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* What opens a field. The order is that of guard_knobs[]. */
enum guard_knob {
    KNOB_PRIVILEGED,
    KNOB_HOST_NAMESPACES,
    KNOB_CAP_ADD,
    KNOB_DEVICES,
    KNOB_BIND_MOUNTS,
    KNOB_SECURITY_OPT,
    KNOB_VOLUMES_FROM,
    KNOB_SYSCTLS,
    KNOB_RUNTIME,
    KNOB_CGROUP_PARENT,
    KNOB_IMAGE_REFERENCES,
    KNOB_COUNT,
    KNOB_NONE = KNOB_COUNT, /* nothing opens it */
};

enum knob_kind {
    KNOB_BOOLEAN,
    KNOB_LIST_OR_TRUE, /* true opens the field, a list opens some values */
    KNOB_LIST,         /* a list only */
};

struct guard_knob_info {
    const char *variable;
    enum knob_kind kind;
    const char *would; /* "ALLOW_PRIVILEGED=true would allow it" */
};
extern const struct guard_knob_info guard_knobs[KNOB_COUNT];

/* How a member's value is described. */
enum guard_shape {
    FREE,    /* any JSON value */
    RULE,    /* value is a regex */
    ITEMS,   /* null, or an array whose elements match the group called value */
    ENTRIES, /* null, or an object whose members match the group called value */
    OBJECT,  /* null, or an object of the type called value */
    OBJECTS, /* null, or an array of such objects */
    NETWORKS, /* null, or an object that has such an object for the name of each network; the knob opens all names */
};

struct guard_field {
    const char *names; /* one name, or several separated by | if the shape is FREE */
    enum guard_shape shape;
    const char *value;
    enum guard_knob knob; /* opens the field: any value then, or for a list those values as well */
};

struct guard_type {
    const char *name;
    const struct guard_field *fields; /* ended by names NULL */
    const char *also;                 /* a type whose fields are members here too; NULL for none */
    const char *nested;               /* the member through which clients normally write those; NULL for none */
};
extern const struct guard_type guard_types[]; /* ended by name NULL */

/* Named pieces of regex that the fields use. Those with text NULL depend on the variables: guard_values.c makes them. */
struct guard_group {
    const char *name;
    const char *text;
};
extern const struct guard_group guard_groups[]; /* ended by name NULL */

enum guard_body {
    BODY_IGNORED,
    BODY_EMPTY,   /* nothing, {} or null */
    BODY_OBJECT,  /* an object of the type */
    BODY_REFUSED, /* the operation itself needs the knob */
};

/* A parameter of a query. */
struct guard_parameter {
    const char *names; /* one, or several separated by | if free */
    const char *value; /* regex; NULL: free */
    enum guard_knob knob;
};

struct guard_operation {
    const char *id;
    const char *doing; /* "creating this container" */
    enum guard_body body;
    const char *type;                    /* BODY_OBJECT */
    enum guard_knob knob;                /* BODY_REFUSED */
    const char *because;                 /* BODY_REFUSED: why */
    const struct guard_parameter *query; /* NULL: not looked at; ended by names NULL */
    const char *labels;                  /* where REQUIRE_LABEL looks: a dotted path of members; NULL: nowhere */
};
extern const struct guard_operation guard_operations[]; /* ended by id NULL */

const struct guard_type *guard_type_find(const char *name);
const struct guard_operation *guard_operation_find(const char *id);

#endif
