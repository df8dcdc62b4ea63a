/* Pieces of regex from which all others are made. Everything is possessive or atomic: one pass, no backtracking, and no
 * growth of the matcher's stack with the length of the body. None holds a single quote, which would end HAProxy's. */
#ifndef GUARD_JSON_H
#define GUARD_JSON_H

/* White space. JSON knows less of it than \s does: NO_OTHER_BLANKS stands before what uses this. */
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

/* A path segment that is neither . nor .. Its characters are neither the colon of bind specifications nor the comma of
 * Podman's mounts, slash, quote or backslash. No template begins in it either: a swarm expands {{...}} in the mounts of
 * a service after the guard has seen them, and could be told so to write ../ there. */
#define SEGMENT "(?!\\.\\.?(?:[\"\\\\/:]))(?:[^\"\\\\/:,{\\x00-\\x1f]++|\\{(?!\\{))++"

/* A name as the Engine's own are. */
#define IDENTIFIER "[A-Za-z0-9][A-Za-z0-9_.-]*+"

/* What a refusal may show of a client's text: nothing that means something in JSON, in a log line or on a terminal. */
#define SHOWN "[A-Za-z0-9_./:=@,*+-]"

#endif
