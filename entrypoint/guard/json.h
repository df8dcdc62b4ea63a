/* Pieces of regex from which all others are made. All are possessive or atomic: one pass, no backtracking, and the
 * matcher's stack does not grow with the length of the body. None contains a single quote, which would end HAProxy's
 * quoting. */
#ifndef GUARD_JSON_H
#define GUARD_JSON_H

/* White space. \s matches more than JSON allows, so NO_OTHER_BLANKS stands before all that uses this. */
#define W               "\\s*+"
#define NO_OTHER_BLANKS "(?=[^\\x0b\\x0c]*+\\z)"

/* A colon between a name and its value: a group of guard/schema.c, as is the next. */
#define COLON "(?&c)"

/* What follows an item of a list or a member of an object: a comma and another one, or the end. */
#define NEXT        "(?&n)"
#define EACH(group) "(?:(?&" group ")" NEXT ")*+"

/* A printable ASCII character that stands for itself in a JSON string. */
#define PLAIN "[ !#-\\[\\]-~]"

/* A slash, which JSON may also write as \/. */
#define SLASH "\\\\?/"

/* A path segment that is neither . nor .. It excludes the colon of bind specifications, the comma of Podman's mounts,
 * slash, quote and backslash. It also excludes {{: a swarm expands templates in the mounts of a service after the guard
 * has judged them, and one could expand to ../. */
#define SEGMENT "(?!\\.\\.?(?:[\"\\\\/:]))(?:[^\"\\\\/:,{\\x00-\\x1f]++|\\{(?!\\{))++"

/* A name as the Engine's own are. */
#define IDENTIFIER "[A-Za-z0-9][A-Za-z0-9_.-]*+"

/* The ids of GPUs as NVIDIA's runtime takes them, without those that name another device (vendor/class=name). */
#define GPU_IDS "[A-Za-z0-9_.:,-]+"

/* The characters of a client's text that a refusal may show: none has a meaning in JSON, in a log line or on a
 * terminal. */
#define SHOWN "[A-Za-z0-9_./:=@,*+-]"

#endif
