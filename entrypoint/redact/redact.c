/* Reads REDACT, and makes the substitutions and the proof for each operation from redact/members.def. */
#include "redact/redact.h"

#include "base/array.h"
#include "base/text.h"
#include "base/variables.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const redact_words[REDACT_WORD_COUNT] = {
#define REDACT_WORD(name, help) #name,
#include "redact/members.def"
};

/* ---- the table ---- */

enum how { INSIDE, EMPTY, NAMES };

/* A row HIDDEN (of is NULL) or PART. */
struct member {
    const char *type;
    const char *path;
    const char *words;
    enum how how;
    const char *of;
};
static const struct member members[] = {
#define HIDDEN(type, path, words, how) {#type, path, words, how, NULL},
#define PART(type, path, of)           {#type, path, "", INSIDE, #of},
#include "redact/members.def"
};

struct answer {
    const char *operation;
    const char *path;
    const char *type;
};
static const struct answer answers[] = {
#define ANSWER(operation, path, type) {#operation, path, #type},
#include "redact/members.def"
};

struct exception {
    const char *operation;
    const char *words;
};
static const struct exception unqueried[] = {
#define UNQUERIED(operation, words) {#operation, words},
#include "redact/members.def"
};
static const struct exception refused[] = {
#define REFUSED(operation, words) {#operation, words},
#include "redact/members.def"
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The set that the letters of the table stand for: each word's first letter. */
static unsigned letters(const char *text)
{
    unsigned set = 0;

    for (; *text != '\0'; text++)
        for (unsigned word = 0; word < REDACT_WORD_COUNT; word++)
            if (redact_words[word][0] == *text)
                set |= 1U << word;
    return set;
}

/* The letters of the operation's row in one of the lists of exceptions, as a set. */
static unsigned excepted(const struct exception *list, size_t count, const char *operation_id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].operation, operation_id) == 0)
            return letters(list[i].words);
    return 0;
}

unsigned redact_refuses(unsigned words, const char *operation_id)
{
    return words & excepted(refused, COUNT(refused), operation_id);
}

unsigned redact_refuses_query(unsigned words, const char *operation_id)
{
    return words & excepted(unqueried, COUNT(unqueried), operation_id);
}

/* ---- the words ---- */

unsigned redact_read(const char *value, const char *prefix, struct problems *problems)
{
    unsigned set = 0;
    size_t count = 0;
    char **items = value == NULL ? NULL : list_split(value, ", \t\n", &count);

    for (size_t i = 0; i < count; i++) {
        unsigned word = 0;

        while (word < REDACT_WORD_COUNT && strcasecmp(items[i], redact_words[word]) != 0)
            word++;
        if (word < REDACT_WORD_COUNT)
            set |= 1U << word;
        else
            problem(problems, "%sREDACT: \"%s\" is not one of %s", prefix, items[i], variable_table[VAR_REDACT].values);
    }
    /* "${A}" with an empty A must not show what should be hidden. */
    if (value != NULL && count == 0)
        problem(problems, "%sREDACT=%s: names nothing; it takes %s", prefix, value, variable_table[VAR_REDACT].values);
    list_free(items, count);
    return set;
}

char *redact_text(unsigned words)
{
    struct text text;
    const char *before = "";

    text_begin(&text);
    for (unsigned word = 0; word < REDACT_WORD_COUNT; word++)
        if (words & 1U << word) {
            fprintf(text.stream, "%s%s", before, redact_words[word]);
            before = ", ";
        }
    return text_end(&text);
}

/* ---- the tree of what is to be hidden in an answer ---- */

/* A member, all items of a list ("[]") or all members of a map ("*"). The names are parts of the table's texts. */
struct node {
    const char *name;
    size_t length;
    enum how how;
    unsigned words;        /* of one that is hidden */
    struct node *children; /* the first one */
    struct node *next;     /* the next child of the same parent */
};

static struct node *child(struct node *parent, const char *name, size_t length)
{
    struct node **place = &parent->children;

    for (; *place != NULL; place = &(*place)->next)
        if ((*place)->length == length && strncasecmp((*place)->name, name, length) == 0)
            return *place;
    *place = calloc(1, sizeof **place);
    if (*place == NULL)
        abort();
    (*place)->name = name;
    (*place)->length = length;
    return *place;
}

/* The node at the path below node; made if there is none. */
static struct node *descend(struct node *node, const char *path)
{
    while (*path != '\0') {
        size_t length = strncmp(path, "[]", 2) == 0 ? 2 : strcspn(path, ".[");

        if (length > 0)
            node = child(node, path, length);
        path += length;
        path += *path == '.';
    }
    return node;
}

static void add_type(struct node *node, const char *type, unsigned words)
{
    for (const struct member *member = members; member < members + COUNT(members); member++) {
        if (strcmp(member->type, type) != 0)
            continue;
        if (member->of != NULL) {
            add_type(descend(node, member->path), member->of, words);
        } else if (letters(member->words) & words) {
            struct node *hidden = descend(node, member->path);

            hidden->how = member->how;
            hidden->words |= letters(member->words);
        }
    }
}

/* Removes what has nothing to hide. Returns whether anything is left of the node. */
static bool prune(struct node *node)
{
    struct node **place = &node->children;

    while (*place != NULL) {
        struct node *one = *place;

        if (prune(one)) {
            place = &one->next;
        } else {
            *place = one->next;
            free(one);
        }
    }
    return node->children != NULL || node->how != INSIDE;
}

static void free_children(struct node *node)
{
    while (node->children != NULL) {
        struct node *one = node->children;

        node->children = one->next;
        free_children(one);
        free(one);
    }
}

/* Makes the tree of the operation below root; release with free_children. Returns whether there is anything. */
static bool tree_make(struct node *root, unsigned words, const char *operation_id)
{
    *root = (struct node){.name = "", .how = INSIDE};
    for (const struct answer *answer = answers; answer < answers + COUNT(answers); answer++)
        if (strcmp(answer->operation, operation_id) == 0)
            add_type(descend(root, answer->path), answer->type, words);
    return prune(root);
}

static bool hides(unsigned words, const char *operation_id)
{
    struct node root;
    bool any = tree_make(&root, words, operation_id);

    free_children(&root);
    return any;
}

unsigned redact_hides(unsigned words, const char *operation_id)
{
    unsigned set = 0;

    for (unsigned bit = 1; bit < 1U << REDACT_WORD_COUNT; bit <<= 1)
        if (words & bit && hides(bit, operation_id))
            set |= bit;
    return set;
}

/* ---- regexes ---- */

/* A string, a value, a member. All are atomic: one pass without backtracking. White space is not accepted: Go writes
 * none. Neither is DEL in a string, which redact_first has replaced: HAProxy 3.0 would write it as %7F. */
#define NUMBER "-?+(?>0|[1-9][0-9]*+)(?>\\.[0-9]++)?+(?>[eE][-+]?+[0-9]++)?+"

const char redact_groups[] = "(?<s>\"(?>[^\"\\\\\\x00-\\x1f\\x7f]++|\\\\(?>[\"\\\\/bfnrt]|u[0-9A-Fa-f]{4}))*+\")"
                             "(?<v>(?>(?&s)|\\{(?>(?&m)(?:,(?&m))*+)?+\\}|\\[(?>(?&v)(?:,(?&v))*+)?+\\]|" NUMBER
                             "|true|false|null))"
                             "(?<m>(?&s):(?&v))";

/* From the beginning, over what is not DEL, and never from within an escape: what follows a backslash is no text. */
const struct redact_step redact_first = {"\\A(?:[^\\\\\\x7f]++|\\\\[^\\x7f])*+\\K\\x7f", "\\\\u007f"};

size_t redact_length(const char *body, size_t length)
{
    size_t all = length;

    for (size_t i = 0; i < length; i++)
        all += body[i] == 0x7f ? REDACT_DEL_MORE : 0;
    return all;
}

const char redact_error[] = "\\A\\{(?:\"(?:message|cause)\":(?&s)|\"response\":[0-9]++)"
                            "(?:,(?:\"(?:message|cause)\":(?&s)|\"response\":[0-9]++))*+\\}\\z";

const char redact_unproven[] = "it is not the JSON that an Engine writes, or what has to be hidden in it was not found";

/* NAME= of NAME=VALUE, as programs name variables. What has another name is hidden with it. */
#define NAME "[A-Za-z0-9_.-]++="

static bool is_list(const struct node *node)
{
    return strncmp(node->name, "[]", 2) == 0;
}

static bool is_map(const struct node *node)
{
    return *node->name == '*';
}

/* Writes the names of the children that are hidden as a whole (EMPTY), or of all, as "(?i:Cmd|Env)". */
static void put_keys(FILE *out, const struct node *parent, bool empty_only)
{
    const char *before = "\"(?i:";

    for (const struct node *one = parent->children; one != NULL; one = one->next)
        if (!empty_only || one->how == EMPTY) {
            fprintf(out, "%s%.*s", before, (int)one->length, one->name);
            before = "|";
        }
    fputs(")\"", out);
}

/* Writes what matches the node's value once everything in it is hidden. */
static void put_proof(FILE *out, const struct node *node)
{
    if (node->how == EMPTY) {
        fputs("(?>\\[\\]|\\{\\}|\"\"|null|true|false|" NUMBER ")", out);
    } else if (node->how == NAMES) {
        fputs("(?>null|\\[(?:\"(?:" NAME ")?+\\*\\*\\*\"(?:,(?=\")|(?=\\])))*+\\])", out);
    } else if (is_list(node->children)) {
        fputs("(?>null|\\[(?:", out);
        put_proof(out, node->children);
        fputs("(?:,(?!\\])|(?=\\])))*+\\])", out);
    } else if (is_map(node->children)) {
        fputs("(?>null|\\{(?:(?&s):", out);
        put_proof(out, node->children);
        fputs("(?:,(?=\")|(?=\\})))*+\\})", out);
    } else {
        fputs("(?>null|\\{(?:(?:", out);
        for (const struct node *one = node->children; one != NULL; one = one->next) {
            fprintf(out, "\"(?i:%.*s)\":", (int)one->length, one->name);
            put_proof(out, one);
            fputc('|', out);
        }
        /* Another member, in whose name neither an escape nor a letter that Go folds (U+017F) hides one of these. */
        fputs("(?!", out);
        put_keys(out, node, false);
        fputs(":)(?=\"[^\"\\\\\\x80-\\xff]*+\":)(?&m))(?:,(?=\")|(?=\\})))*+\\})", out);
    }
}

static void add_step(struct redact_recipe *recipe, struct text *text, const char *replacement)
{
    recipe->steps = array_grow(recipe->steps, recipe->count, sizeof *recipe->steps);
    recipe->steps[recipe->count].regex = text_end(text);
    recipe->steps[recipe->count++].replacement = replacement;
}

/* Marks stand before the items of a list, or the values of a map, that the following steps look into. They are control
 * characters, which JSON does not have. */
#define DEPTH_MAX 4
static const char *const marks[DEPTH_MAX + 1] = {"^", "\\x01", "\\x02", "\\x03", "\\x04"};
static const char *const marked[DEPTH_MAX + 1] = {"", "\\0\\x01", "\\0\\x02", "\\0\\x03", "\\0\\x04"};

/* What a step looks into: the values behind the marks of this depth (0: the whole answer), and in them the object that
 * the chain leads to: regex up to its opening brace. */
struct place {
    size_t depth;
    const char *chain;
};

static void put_place(FILE *out, const struct place *place)
{
    fprintf(out, "%s%s", marks[place->depth], place->chain);
}

/* Empties the hidden members of one object: from its beginning or from the last one that was emptied (then the rest
 * begins with a comma), over other members, to the next one. \K keeps what was skipped out of the match. */
static void add_empty(struct redact_recipe *recipe, const struct node *node, const struct place *place)
{
    struct text text;

    text_begin(&text);
    fputs("(?:", text.stream);
    put_place(text.stream, place);
    fputs("\\{|\\A,)(?:(?!", text.stream);
    put_keys(text.stream, node, true);
    fputs(":)(?&m),)*+\\K(", text.stream);
    put_keys(text.stream, node, true);
    fputs(":)(?|(\\[)(?>(?&v)(?:,(?&v))*+)?+(\\])|(\\{)(?>(?&m)(?:,(?&m))*+)?+(\\})|"
          "(\")(?>[^\"\\\\\\x00-\\x1f]++|\\\\.)*+(\")|((?&v))())",
          text.stream);
    add_step(recipe, &text, "\\1\\2\\3");
}

/* The chain to the member's value. The caller frees it. */
static char *chain_to(const struct place *place, const struct node *node)
{
    return text_format("%s\\{(?:(?!\"(?i:%.*s)\":)(?&m),)*+\"(?i:%.*s)\":", place->chain, (int)node->length, node->name,
                       (int)node->length, node->name);
}

/* Replaces the items of a list of NAME=VALUE one after another. */
static void add_names(struct redact_recipe *recipe, const struct place *place)
{
    struct text text;

    text_begin(&text);
    fputs("(?:", text.stream);
    put_place(text.stream, place);
    fputs("\\K(\\[)|\\A(,))\"(" NAME ")?+(?>[^\"\\\\\\x00-\\x1f]++|\\\\.)*+\"", text.stream);
    add_step(recipe, &text, "\\1\\2\"\\3***\"");
}

static void add_inside(struct redact_recipe *recipe, const struct node *node, const struct place *place);

/* Sets marks before the items or the values, redacts each, and removes the marks. */
static void add_all(struct redact_recipe *recipe, const struct node *all, const struct place *place)
{
    struct place inside = {place->depth + 1, ""};
    struct text text;

    if (inside.depth > DEPTH_MAX)
        abort();
    text_begin(&text);
    fputs("(?:", text.stream);
    put_place(text.stream, place);
    fputs(is_map(all) ? "\\K\\{(?&s):|\\A(?&v)\\K,(?&s):)" : "\\K\\[(?!\\])|\\A(?&v)\\K,)", text.stream);
    add_step(recipe, &text, marked[inside.depth]);
    add_inside(recipe, all, &inside);
    text_begin(&text);
    fputs(marks[inside.depth], text.stream);
    add_step(recipe, &text, "");
}

static void add_inside(struct redact_recipe *recipe, const struct node *node, const struct place *place)
{
    bool any_empty = false;

    for (const struct node *one = node->children; one != NULL; one = one->next)
        any_empty |= one->how == EMPTY;
    if (any_empty)
        add_empty(recipe, node, place);
    for (const struct node *one = node->children; one != NULL; one = one->next) {
        struct place inside = {place->depth, NULL};
        char *chain;

        if (one->how == EMPTY)
            continue;
        if (is_list(one) || is_map(one)) {
            add_all(recipe, one, place);
            continue;
        }
        chain = chain_to(place, one);
        inside.chain = chain;
        if (one->how == NAMES)
            add_names(recipe, &inside);
        else
            add_inside(recipe, one, &inside);
        free(chain);
    }
}

void redact_recipe_make(struct redact_recipe *recipe, unsigned words, const char *operation_id)
{
    struct node root;
    struct text text;

    *recipe = (struct redact_recipe){NULL};
    tree_make(&root, words, operation_id);
    /* Go ends an answer with a line break. HAProxy 3.0 would write it as %0A. */
    text_begin(&text);
    fputs("[\\r\\n]+\\z", text.stream);
    add_step(recipe, &text, "");
    add_inside(recipe, &root, &(struct place){0, ""});
    text_begin(&text);
    fputs("\\A", text.stream);
    put_proof(text.stream, &root);
    fputs("\\z", text.stream);
    recipe->proof = text_end(&text);
    free_children(&root);
}

void redact_recipe_free(struct redact_recipe *recipe)
{
    for (size_t i = 0; i < recipe->count; i++)
        free(recipe->steps[i].regex);
    free(recipe->steps);
    free(recipe->proof);
}

/* ---- the table for people ---- */

static void write_node(FILE *out, const char *operation, const char *path, const struct node *node)
{
    for (const struct node *one = node->children; one != NULL; one = one->next) {
        char *here = text_format("%s%s%.*s", path, *path == '\0' || is_list(one) ? "" : ".", (int)one->length,
                                 one->name);

        if (one->how != INSIDE) {
            char *words = redact_text(one->words);

            fprintf(out, "%s\t%s\t%s\t%s\n", operation, here, words, one->how == NAMES ? "names" : "empty");
            free(words);
        }
        write_node(out, operation, here, one);
        free(here);
    }
}

void redact_write_table(FILE *out)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct node root;

        tree_make(&root, ~0U, answers[i].operation);
        write_node(out, answers[i].operation, "", &root);
        free_children(&root);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        char *words = redact_text(letters(refused[i].words));

        fprintf(out, "%s\t\t%s\trefused\n", refused[i].operation, words);
        free(words);
    }
    for (size_t i = 0; i < COUNT(unqueried); i++) {
        char *words = redact_text(letters(unqueried[i].words));

        fprintf(out, "%s\t\t%s\trefused with a query\n", unqueried[i].operation, words);
        free(words);
    }
}
