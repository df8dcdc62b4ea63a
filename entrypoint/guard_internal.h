/* What the guard's own files share. */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include "guard.h"
#include "guard_schema.h"
#include "text.h"


/* Up to here the reason of a refusal is searched. */
#define REASON_BODY_MAX (16L * 1024)

struct guard_list {
    char **items;
    size_t count;
};

struct guard {
    bool active;
    bool open[KNOB_ALL]; /* any value of the knob's members is accepted */
    struct guard_list list[KNOB_COUNT];
    char *socket_path;
    char *prefix;      /* of the names of variables in messages */
    char *label;       /* REQUIRE_LABEL, the key; NULL: none is required */
    char *label_value; /* NULL: any */
    long max_body;
};

/* What regexes are made for: the variables, and what is known of the Engine. */
struct grammar {
    const struct guard *guard;
    const struct guard_facts *facts;
};

/* ---- guard_lists.c, guard_glob.c ---- */

/* Writes the group of that name, if it is one that depends on the variables or the facts. */
bool guard_put_list(FILE *out, const struct grammar *grammar, const char *name);

/* Writes a regex for the names of containers that VolumesFrom never gives away. */
void guard_put_protected(FILE *out, const struct grammar *grammar);

/* A lookahead that the query of a pull must match where ALLOW_IMAGE_REFERENCES is set. The caller frees it. */
char *guard_image_query(const struct guard *guard);

enum glob_kind { GLOB_NAME, GLOB_TAG, GLOB_QUERY_NAME, GLOB_QUERY_TAG, GLOB_VOLUME };

/* Writes a regex for a pattern, or the part of one: the name or the tag of an image, in a body or a query, or a volume. */
void guard_put_glob(FILE *out, const char *glob, size_t length, enum glob_kind kind);

/* ---- guard_grammar.c ---- */

/* A regex in two parts: the text, and the names of the groups it calls, directly or not. */
#define GROUPS_CALLED_MAX 96
struct regex {
    char *text;
    size_t count;
    char *groups[GROUPS_CALLED_MAX]; /* owned */
};
void regex_free(struct regex *regex);

/* The definition of a group as PCRE2 wants it, "(?<name>...)"; of a type, with one for its members. The caller frees it. */
char *grammar_definition(const struct grammar *grammar, const char *name);

/* The regex as one text with all definitions. The caller frees it. */
char *grammar_whole(const struct grammar *grammar, const struct regex *regex);

/* Matches the harmless bodies of an operation. */
void grammar_body(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex);

/* Matches the bodies that have the label that REQUIRE_LABEL asks for. */
void grammar_label(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex);

/* Matches the harmless queries of an operation. */
void grammar_query(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex);

/* Whether any value of the member passes. */
bool grammar_is_open(const struct grammar *grammar, const struct guard_field *field);
bool grammar_parameter_is_open(const struct grammar *grammar, const struct guard_parameter *parameter);

/* Whether two members next to each other may share an alternative. */
bool grammar_alike(const struct guard_field *a, const struct guard_field *b);

/* Writes the names of the type's members, in any case. */
void grammar_put_names(FILE *out, const struct guard_type *type);

/* Writes what the member may hold. */
void grammar_put_value(FILE *out, const struct grammar *grammar, const struct guard_field *field);

/* Finds the groups that text calls. Takes text, which it frees with the regex. */
void regex_set(const struct grammar *grammar, struct regex *regex, char *text);

/* ---- guard_causes.c ---- */

/* Matches every query, and captures where its first fault is: a sign, the name, and the value if it is short and plain. What the
 * captures give is a "cause", see CAUSE_FORMAT. */
void cause_query(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex);

/* A body is searched with several such regexes one after another, until one captures something: {, the names of the members on
 * the way, the value. Each call gives the next; false at the end. */
struct causes {
    size_t place;
    size_t field;
};
void causes_begin(struct causes *causes);
bool causes_next(struct causes *causes, const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex);
#define CAUSES_MAX 64

/* As long as HAProxy reads a regex of a converter: longer ones are left out, and with them the reason. */
#define CAUSE_REGEX_MAX 16000

/* What the captures are put together to: "{HostConfig.Binds....|/srv/x:/x", as HAProxy's regsub has it. */
#define CAUSE_GROUPS 9
#define CAUSE_FORMAT "\\1\\2.\\3.\\4.\\5.\\6.\\7.\\8|\\9"

/* What haproxy/members.map has for one member: "HostConfig.Mounts[].Source|BIND_MOUNTS". */
struct member {
    char name[128];
    enum guard_knob knob;
    bool object; /* it has members itself */
    bool any;    /* a parameter with any value, as long as it is one */
};

/* Finds the member that a dotted path of an operation's names in any case means; false if there is none. */
bool member_find(const struct guard_operation *operation, const char *path, bool query, struct member *member);

/* Calls told with every member that a cause can name: key is "containercreate:hostconfig.mounts.source". */
typedef void member_told(FILE *out, const char *key, const struct member *member);
void members_list(FILE *out, member_told *told);

/* A name for the knob in haproxy/members.map, and for what a member says of it. */
const char *knob_key(enum guard_knob knob);
const char *member_key(const struct member *member);

/* The hint for a refused value: "ALLOW_PRIVILEGED=true would allow it", without the prefix; NULL if nothing helps. */
const char *hint_find(const struct grammar *grammar, enum guard_knob knob, const char *value);

/* The same as a refusal says it, with the prefix. */
void hint_say(FILE *out, const struct grammar *grammar, enum guard_knob knob, const char *value);

/* ---- Sentences ---- */

#define NOTHING_HELPS "no setting allows it"
#define NOT_KNOWN_YET "the Engine has not said yet which container this proxy runs in; try again in a moment"
#define REASON_BODY "its body cannot be judged with certainty; it has to be one JSON object, written plainly"
#define REASON_ODD_NAME "holds a name with an escape or a letter beyond ASCII, or is not an object, which cannot be judged"
#define REASON_UNKNOWN "is a member that this version does not know"
#define REASON_UNKNOWN_PARAMETER "is a parameter that this version does not know"
#define REASON_QUERY "its query cannot be judged with certainty"
#define REASON_NOT_EMPTY "a body; the Engine takes none here since API 1.24"
#define REASON_ENCODING "a compressed body, which cannot be judged"
#define REASON_FORM "a form, which cannot be judged"
#define REASON_LONG                                                                                                    \
    "its body of more than 16 KiB is not searched for the reason, often HostConfig.Binds or HostConfig.Privileged; "  \
    "`docker-socket-proxy explain METHOD PATH --body FILE` finds it"

/* An empty body, as clients write it. */
#define EMPTY_BODY_REGEX "\\A" NO_OTHER_BLANKS W "(?>null|\\{" W "\\})?+" W "\\z"

/* ---- guard_scope.c ---- */

/* Whether a regex is to be run on the operation's query: there are parameters to judge at all. */
bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation);

/* Whether the operation is refused whatever it carries, and why; NULL if not. knob is what would open it. */
const char *guard_refuses_whole(const struct grammar *grammar, const struct guard_operation *operation, enum guard_knob *knob);

#endif
