/* Pieces of regex from which all others are made. Everything is possessive or atomic: one pass, no backtracking, and no
 * growth of the matcher's stack with the length of the body. */
#ifndef GUARD_JSON_H
#define GUARD_JSON_H

/* JSON's white space, which is less than \s. */
#define W "[ \\t\\n\\r]*+"

/* A printable ASCII character that stands for itself in a JSON string. */
#define PLAIN "[ !#-\\[\\]-~]"

/* A slash, which JSON may also write as \/. */
#define SLASH "\\\\?/"

/* A character of a path segment: anything but the colon of bind specifications, slash, quote and backslash. */
#define SEGMENT_CHAR "[^\"\\\\/:\\x00-\\x1f]"

/* A path segment that is neither . nor .. */
#define SEGMENT "(?!\\.\\.?(?:[\"\\\\/:]))" SEGMENT_CHAR "++"

#endif
