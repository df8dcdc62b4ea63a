/* The Engine API as the guard knows it: the members of requests, what they may hold, and what opens more. Data only;
 * guard/grammar.c makes regexes of it. guard/members.tsv has the reason why each value that passes is harmless. */
#ifndef GUARD_SCHEMA_H
#define GUARD_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

/* What opens a member: first the guard's variables, the rows of base/variables.def. */
enum guard_knob {
#define KNOB(name, ...) KNOB_##name,
#include "base/variables.def"
    KNOB_COUNT,               /* those above are variables of the guard; those below are not */
    KNOB_SOURCE = KNOB_COUNT, /* open with KNOB_BIND_MOUNTS, as is the next; their hints are others */
    KNOB_MOUNT,
    KNOB_NETWORK_MODE, /* those of guard_namespaces: open with KNOB_HOST_NAMESPACES, which lists values of each */
    KNOB_PID_MODE,
    KNOB_IPC_MODE,
    KNOB_UTS_MODE,
    KNOB_USERNS_MODE,
    KNOB_CGROUPNS_MODE,
    KNOB_BUILD_NETWORK,
    KNOB_DEVICE, /* open with KNOB_DEVICES, as are the next two: paths, gpu, and rules in its list */
    KNOB_DEVICE_REQUEST,
    KNOB_DEVICE_RULE,
    KNOB_SYSCTL,      /* open with KNOB_SYSCTLS */
    KNOB_REMOTE,      /* open with KNOB_PRIVILEGED; KNOB_HOST_NAMESPACES opens URLs */
    KNOB_EXEC_ENV,    /* nothing opens it if ALLOW_EXEC_COMMANDS is set */
    KNOB_ENVIRONMENT, /* items of Env: see the hints */
    KNOB_LINKS,       /* open where ContainerInspect is: it shows the same environments */
    KNOB_SECRETS,     /* open where SecretInspect is */
    KNOB_CONFIGS,     /* open where ConfigInspect is */
    KNOB_RENAME,      /* the new name of a container: open unless ALLOW_HOST_NAMESPACES lists containers by names */
    KNOB_LABEL,       /* labels that mean something to this proxy, or to Podman, which nothing opens */
    KNOB_OWN,         /* the proxy's own container, which nothing opens */
    KNOB_NONE,        /* nothing opens it */
    KNOB_ALL,
};

/* What else a refusal reports. Up to SAY_BODY the texts follow the name of a member; the others are whole sentences. */
enum guard_saying {
    SAY_OBJECT = KNOB_ALL, /* what should be a known object cannot be read */
    SAY_UNKNOWN,
    SAY_UNKNOWN_PARAMETER,
    SAY_UNTOLD,
    SAY_BODY,
    SAY_QUERY,
    SAY_LONG,
    SAY_FILLED,
    SAY_ENCODED,
    SAY_FORM,
    SAY_ALL,
};

enum knob_kind {
    KNOB_BOOLEAN,
    KNOB_LIST_OR_TRUE, /* true opens the member, a list opens some values */
    KNOB_LIST,         /* a list only */
};

struct guard_knob_info {
    const char *variable;
    enum knob_kind kind;
    const char *item; /* what an item of a list is, for the message about an invalid one */
    bool limits;      /* without a value it limits nothing; with one, only what the list names passes */
};
extern const struct guard_knob_info guard_knobs[KNOB_COUNT];

/* The names of knobs and sayings in the maps. */
extern const char *const guard_keys[SAY_ALL];

/* What a refusal reports: the first row counts that has the knob or saying, and whose regex matches the refused value
 * (or its name). A profile's prefix is added before the first ALLOW_ of the text. */
struct guard_hint {
    int key;
    const char *value; /* regex for the beginning of the value, without a blank; NULL: any value, also one that cannot
                          be shown */
    const char *text;  /* NULL: no setting helps; \1 in it is the first group of value */
};
extern const struct guard_hint guard_hints[]; /* the last one, for KNOB_NONE, counts if no other does */

/* The namespaces that ALLOW_HOST_NAMESPACES may list, by the word before the colon. */
struct guard_namespace {
    enum guard_knob knob;
    const char *name;
    bool of_containers; /* it may be another container's, not only the host's */
};
extern const struct guard_namespace guard_namespaces[]; /* ended by name NULL */

/* How a member's value is described. Any member may be null as well. */
enum guard_shape {
    RULE,     /* value is a regex */
    ITEMS,    /* an array whose elements match the group called value */
    ENTRIES,  /* an object whose members match the group called value */
    OBJECT,   /* an object of the type called value */
    OBJECTS,  /* an array of such objects */
    NETWORKS, /* an object that has such an object for the name of each network */
};

struct guard_field {
    const char *name;
    enum guard_shape shape;
    const char *value;
    enum guard_knob knob; /* opens the member: to any value, or with a list to those values as well */
};

struct guard_type {
    const char *name;
    const struct guard_field *fields; /* ended by name NULL */
    const char *also;                 /* a type whose members are members here too; NULL for none */
};
extern const struct guard_type guard_types[]; /* ended by name NULL */

/* Named pieces of regex that the members use. Those that depend on the variables are in guard/lists.c. */
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
    const char *name;
    const char *value; /* regex, in which (?&group) stands for a group; NULL: any value */
    enum guard_knob knob;
};

struct guard_operation {
    const char *id;
    const char *doing; /* "creating this container" */
    enum guard_body body;
    const char *type;                    /* BODY_OBJECT */
    enum guard_knob knob;                /* BODY_REFUSED */
    const char *because;                 /* BODY_REFUSED: why */
    const struct guard_parameter *query; /* NULL: not judged; ended by name NULL */
    const char *labels;                  /* the labels for REQUIRE_LABEL: a dotted path of members; NULL: none */
};
extern const struct guard_operation guard_operations[]; /* ended by id NULL */

/* The type or the operation of that name; NULL for none. */
const struct guard_type *guard_type_find(const char *name);
const struct guard_operation *guard_operation_find(const char *id);

/* Whether the operation is refused whatever its body, unless its knob is open. */
bool guard_refuses_every_body(const char *id);

#endif
