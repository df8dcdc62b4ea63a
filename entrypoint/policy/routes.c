/* Makes the regexes and the keys by which a request finds its operation, from the rows of the table. */
#include "policy/routes.h"

#include "base/text.h"
#include "policy/router.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LIBPOD_ROOT "/libpod/"

/* What follows the first name of a path. */
enum tail {
    NO_NAME, /* the path has none */
    NO_TAIL,
    LONG_TAIL, /* several segments */
    NAME_TAIL, /* one that ends in another name */
    ONE_SEGMENT,
};

/* A path of the table, split at its first name: "/containers/" and "/json". */
struct split {
    enum tail tail;
    size_t head; /* length */
    char rest[64];
};

static struct split split_path(const char *path)
{
    const char *brace = strchr(path, '{');
    struct split split = {.tail = NO_NAME, .head = strlen(path)};

    if (brace == NULL)
        return split;
    split.head = (size_t)(brace - path);
    bounded_copy(split.rest, sizeof split.rest, strchr(brace, '}') + 1);
    brace = strchr(split.rest, '{');
    if (split.rest[0] == '\0')
        split.tail = NO_TAIL;
    else if (brace != NULL)
        split.tail = NAME_TAIL;
    else
        split.tail = strchr(split.rest + 1, '/') != NULL ? LONG_TAIL : ONE_SEGMENT;
    if (brace != NULL)
        split.rest[brace - split.rest] = '\0';
    return split;
}

size_t route_keys(const struct operation *operation, char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX])
{
    struct split split = split_path(operation->path);
    bool get = strcmp(operation->method, "GET") == 0;
    size_t count = 0;

    bounded_format(keys[count++], ROUTE_KEY_MAX, "%s%.*s:%s", operation->method, (int)split.head, operation->path,
                   split.rest);
    if (get)
        bounded_format(keys[count++], ROUTE_KEY_MAX, "HEAD%.*s:%s", (int)split.head, operation->path, split.rest);
    /* the only path that the Engine also routes with a slash at its end */
    if (strcmp(operation->path, "/networks") == 0)
        for (size_t last = count, i = 0; i < last; i++)
            bounded_format(keys[count++], ROUTE_KEY_MAX, "%s/", keys[i]);
    return count;
}

bool route_is_libpod(const struct operation *operation)
{
    return strncmp(operation->path, LIBPOD_ROOT, strlen(LIBPOD_ROOT)) == 0;
}

/* ---- the regex ---- */

/* Groups 1 to 6: the method, again in a group of its own if branches ask for it, and a second space, the mark of a
 * decoded path */
#define METHOD "^((DELETE)|(GET|HEAD)|(POST)|(PUT)|[A-Z]++) ( )?"

static int method_group(const char *method)
{
    static const char *const methods[] = {"DELETE", "GET", "POST", "PUT"};
    int group = 0;

    while (strcmp(method, methods[group]) != 0)
        group++;
    return group + 2;
}

/* Holds for paths of the Engine's API that it neither decodes, cleans nor redirects: no segment is empty, a dot or two,
 * or has a control character or a backslash. A percent sign is in decoded paths only, and not before two hexadecimal
 * digits. */
#define SOUND                     \
    "(?=(?:/(?!\\.\\.?(?:/|\\z))" \
    "(?:[^/%\\x00-\\x1f\\x5c\\x7f]++|(?(6)%(?![0-9A-Fa-f]{2})|(?!)))++)++/?\\z)"

#define SEGMENT "[^/]++"

/* Whether one branch of the regex is for both rows. The method matters if no tail follows the name: /networks/create is
 * exact for POST, and a name for GET. */
static bool same_branch(const struct operation *a, const struct operation *b)
{
    struct split of_a = split_path(a->path);
    struct split of_b = split_path(b->path);

    return of_a.tail == of_b.tail && operation_name_is_reference(a) == operation_name_is_reference(b) &&
           (of_a.tail != NO_TAIL || strcmp(a->method, b->method) == 0) &&
           (of_a.tail == ONE_SEGMENT || strcmp(of_a.rest, of_b.rest) == 0);
}

static bool same_head(const struct operation *a, const struct operation *b)
{
    struct split of_a = split_path(a->path);

    return of_a.head == split_path(b->path).head && strncmp(a->path, b->path, of_a.head) == 0;
}

/* The rows of an API as a list of indices, ended by operation_count. */
struct rows {
    size_t index[OPERATIONS_MAX + 1];
    /* by index into operations[]: */
    size_t branch[OPERATIONS_MAX]; /* the first row of the row's branch */
    bool any_head[OPERATIONS_MAX]; /* has_any_head of its branch */
};

static bool in_branch(const struct rows *rows, const struct operation *operation, const struct operation *branch)
{
    return rows->branch[operation - operations] == rows->branch[branch - operations];
}

static size_t root_length(const struct operation *operation)
{
    return route_is_libpod(operation) ? strlen(LIBPOD_ROOT) : 1;
}

/* Whether a branch that has any word for its head takes an exact path, such as GET /containers/json. */
static bool takes_exact(const struct operation *branch, const struct operation *exact)
{
    const char *name = strchr(exact->path + root_length(exact), '/');
    bool one_more = name != NULL && strchr(name + 1, '/') != NULL;

    if (name == NULL || split_path(exact->path).tail != NO_NAME)
        return false;
    return split_path(branch->path).tail == NO_TAIL ? !one_more && strcmp(exact->method, branch->method) == 0
                                                    : one_more;
}

/* Whether a row of the branch has the head of that path. */
static bool has_head_of(const struct rows *rows, const struct operation *branch, const struct operation *operation)
{
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        const char *path = operations[*row].path;

        if (in_branch(rows, &operations[*row], branch) && strncmp(path, operation->path, split_path(path).head) == 0)
            return true;
    }
    return false;
}

/* Whether any word is the head of a branch, since that takes at most one more exact path, which write_branches writes
 * before it. The keys decide anyway what is an operation. */
static bool has_any_head(const struct rows *rows, const struct operation *branch)
{
    size_t more = 0;

    if (split_path(branch->path).tail == NO_NAME)
        return false;
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        const struct operation *operation = &operations[*row];
        const char *head_end = strchr(operation->path + root_length(operation), '/');

        if (in_branch(rows, operation, branch) && head_end + 1 != operation->path + split_path(operation->path).head)
            return false;
        more += takes_exact(branch, operation) && !has_head_of(rows, branch, operation);
    }
    return more <= 1 && !operation_name_is_reference(branch);
}

static void rows_of(struct rows *rows, bool libpod)
{
    size_t count = 0;

    for (size_t i = 0; i < operation_count; i++)
        if (route_is_libpod(&operations[i]) == libpod)
            rows->index[count++] = i;
    rows->index[count] = operation_count;
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        const size_t *first = rows->index;

        while (first < row && !same_branch(&operations[*first], &operations[*row]))
            first++;
        rows->branch[*row] = *first;
    }
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        size_t first = rows->branch[*row];

        rows->any_head[*row] = first < *row ? rows->any_head[first] : has_any_head(rows, &operations[*row]);
    }
}

/* The heads of all rows of a branch: (/(?:containers|exec)/). The caller frees it. */
static char *heads_of(const struct rows *rows, const struct operation *branch, bool any_head)
{
    size_t root = root_length(branch);
    const char *between = "";
    struct text heads;
    char *text;

    text_begin(&heads);
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        const struct operation *operation = &operations[*row];
        bool seen = !in_branch(rows, operation, branch);

        for (const size_t *other = rows->index; other < row && !seen; other++)
            seen = in_branch(rows, &operations[*other], branch) && same_head(&operations[*other], operation);
        if (seen)
            continue;
        fprintf(heads.stream, "%s%.*s", between, (int)(split_path(operation->path).head - root - 1),
                operation->path + root);
        between = "|";
    }
    text = text_end(&heads);
    text_begin(&heads);
    if (strchr(text, '|') == NULL)
        fprintf(heads.stream, "(%.*s%s/)", (int)root, branch->path, text);
    else if (any_head)
        fprintf(heads.stream, "(%.*s[a-z]+/)", (int)root, branch->path);
    else
        fprintf(heads.stream, "(%.*s(?:%s)/)", (int)root, branch->path, text);
    free(text);
    return text_end(&heads);
}

/* A branch for one method only */
static void write_for(FILE *out, const char *method, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void write_for(FILE *out, const char *method, const char *format, ...)
{
    va_list arguments;

    fprintf(out, "(?(%d)", method_group(method));
    va_start(arguments, format);
    vfprintf(out, format, arguments);
    va_end(arguments);
    fputs("()|(?!))|", out);
}

static void write_branch(FILE *out, const struct rows *rows, const struct operation *branch, bool any_head)
{
    struct split split = split_path(branch->path);
    const char *names = operation_name_is_reference(branch) ? SEGMENT "(?:/" SEGMENT ")*" : SEGMENT;
    char *heads = heads_of(rows, branch, any_head);

    switch (split.tail) {
    case NO_TAIL:
        write_for(out, branch->method, "%s%s", heads, names);
        break;
    case ONE_SEGMENT:
        fprintf(out, "%s%s(/" SEGMENT ")|", heads, names);
        break;
    case NAME_TAIL:
        fprintf(out, "%s%s(%s)" SEGMENT "|", heads, names, split.rest);
        break;
    default:
        fprintf(out, "%s%s(%s)|", heads, names, split.rest);
    }
    free(heads);
}

/* Whether a branch for names would take an exact path, such as DELETE /libpod/images/remove. */
static bool is_taken(const struct operation *exact, const struct rows *rows)
{
    for (const size_t *row = rows->index; *row < operation_count; row++) {
        const struct operation *named = &operations[*row];
        struct split split = split_path(named->path);
        const char *name = exact->path + split.head;
        const char *slash;

        if (split.tail == NO_NAME)
            continue;
        if (rows->any_head[*row] && takes_exact(named, exact))
            return true;
        if (strncmp(exact->path, named->path, split.head) != 0)
            continue;
        slash = strchr(name, '/');
        if (split.tail == NO_TAIL ? slash == NULL && strcmp(exact->method, named->method) == 0 : slash != NULL)
            return true;
    }
    return false;
}

/* The branches for paths with names come in this order, so that none takes what belongs to a later one. */
static void write_branches(FILE *out, const struct rows *rows)
{
    static const enum tail order[] = {NO_TAIL, ONE_SEGMENT, LONG_TAIL, NAME_TAIL};

    for (const size_t *row = rows->index; *row < operation_count; row++)
        if (split_path(operations[*row].path).tail == NO_NAME && is_taken(&operations[*row], rows))
            write_for(out, operations[*row].method, "(%s)", operations[*row].path);
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (const size_t *row = rows->index; *row < operation_count; row++) {
            const struct operation *branch = &operations[*row];

            if (rows->branch[*row] == *row && split_path(branch->path).tail == order[k])
                write_branch(out, rows, branch, rows->any_head[*row]);
        }
}

/* A regex for the numbers from least to 9999. */
static void write_numbers(FILE *out, long least)
{
    char digits[8];
    size_t length;

    bounded_format(digits, sizeof digits, "%ld", least);
    length = strlen(digits);
    fprintf(out, "(?:%s", digits);
    for (size_t i = length; i-- > 0;)
        if (digits[i] < '9') {
            fprintf(out, "|%.*s[%c-9]", (int)i, digits, digits[i] + 1);
            for (size_t k = i + 1; k < length; k++)
                fputs("[0-9]", out);
        }
    if (length < 4)
        fprintf(out, "|[1-9][0-9]{%zu,3}", length);
    fputs(")", out);
}

char *route_regex(enum route_paths paths, long min_api_minor)
{
    struct rows rows;
    struct text text;

    rows_of(&rows, paths == LIBPOD_PATHS);
    text_begin(&text);
    if (paths == LIBPOD_PATHS) {
        fputs(METHOD LIBPOD_VERSION, text.stream);
    } else {
        fputs(METHOD, text.stream);
        fprintf(text.stream, "(?!.{%d})", PATH_LENGTH_MAX + 1);
        fputs(SOUND "(?:/v1\\.", text.stream);
        write_numbers(text.stream, min_api_minor);
        fputs(")?", text.stream);
    }
    fputs("(?|", text.stream);
    write_branches(text.stream, &rows);
    /* A path without a name, and the slash that only /networks/ may end in */
    fputs("((?:/" SEGMENT ")+)(/?))\\z", text.stream);
    return text_end(&text);
}
