/* Reads ENV_FILE and the files that <VARIABLE>_FILE names. */
#include "environment/sources.h"

#include "base/array.h"
#include "base/text.h"
#include "environment/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SUFFIX "_FILE"
#define NAME_FIRST  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_REST   NAME_FIRST "0123456789"

/* ---- lists ---- */

/* The value of the variable as all readers see it; NULL if it is unset or empty. */
static const char *value_of(const struct assignments *variables, const char *name)
{
    return variable(&(struct variables){.environment = variables->list, .prefix = ""}, name);
}

static bool has(const struct assignments *variables, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < variables->count; i++)
        if (strncmp(variables->list[i], name, length) == 0 && variables->list[i][length] == '=')
            return true;
    return false;
}

/* ---- files ---- */

/* Why a file of this kind cannot be read; NULL if it can. */
static const char *unfit(const struct stat *file)
{
    if (S_ISDIR(file->st_mode))
        return "it is a directory; if it was meant to be a file that is mounted, the file did not exist when the "
               "container was created";
    if (!S_ISREG(file->st_mode))
        return "it is not a regular file";
    if (file->st_size == 0)
        return "it is empty";
    return file->st_size > SOURCE_FILE_MAX ? "it is larger than 256 KiB" : NULL;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads as many bytes as the file had before. Returns what is wrong, or NULL. */
static const char *read_bytes(int fd, char *bytes, const struct stat *before)
{
    size_t size = (size_t)before->st_size;
    struct stat after;
    size_t got = 0;

    while (got < size) {
        ssize_t more = read(fd, bytes + got, size - got);

        if (more < 0 && errno != EINTR)
            return strerror(errno);
        if (more == 0)
            break;
        if (more > 0)
            got += (size_t)more;
    }
    bytes[got] = '\0';
    if (got != size || fstat(fd, &after) != 0 || !is_same(before, &after))
        return "it changed while it was read";
    return strlen(bytes) != size ? "it has a NUL byte" : NULL;
}

/* Returns the content, which the caller frees, or NULL and what is wrong. O_NONBLOCK: a FIFO must not stop the program.
 */
static char *read_text(const char *path, const char **wrong)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *bytes = NULL;
    struct stat file;

    if (fd < 0) {
        *wrong = strerror(errno);
        return NULL;
    }
    memset(&file, 0, sizeof file);
    *wrong = fstat(fd, &file) != 0 ? strerror(errno) : unfit(&file);
    if (*wrong == NULL) {
        bytes = malloc((size_t)file.st_size + 1);
        if (bytes == NULL)
            abort();
        *wrong = read_bytes(fd, bytes, &file);
    }
    close(fd);
    if (*wrong == NULL)
        return bytes;
    free(bytes);
    return NULL;
}

/* The same, with a problem that names the variable. The path is added to the files in any case. */
static char *read_named(struct sources *sources, const char *name, const char *path, struct problems *problems)
{
    const char *wrong = "the path is not absolute";
    char *text = *path == '/' ? read_text(path, &wrong) : NULL;

    sources->files = array_grow(sources->files, sources->file_count, sizeof *sources->files);
    sources->files[sources->file_count++] = text_format("%s", path);
    if (text == NULL)
        problem(problems, "%s=%s: %s", name, path, wrong);
    return text;
}

/* Variables that a file does not set: whoever may write it would choose the program that runs as root at the next
 * start, and where it reads and writes. */
static bool is_of_process(const char *name)
{
    static const enum variable_id ids[] = {VAR_ENV_FILE, VAR_HAPROXY, VAR_DATA_DIR, VAR_RUNTIME_DIRECTORY};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (strcmp(variable_table[ids[i]].name, name) == 0)
            return true;
    return false;
}

/* ---- lines of an env file ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_control_character(const char *line)
{
    for (; *line != '\0'; line++)
        if (((unsigned char)*line < ' ' && *line != '\t') || *line == 0x7f)
            return true;
    return false;
}

static char *skip_blanks(char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static void cut_blanks(char *text)
{
    size_t length = strlen(text);

    while (length > 0 && is_blank(text[length - 1]))
        text[--length] = '\0';
}

/* Compose would expand these; other readers take them as they are. */
static const char *ambiguous(const char *value, const char *characters)
{
    return strpbrk(value, characters) != NULL
               ? "$ and, in double quotes, \\ have no meaning here; put the value into single quotes to take it as it is"
               : NULL;
}

/* Takes the quotes off a value that begins with one. */
static const char *unquote(char **value)
{
    char quote = **value;
    char *end = strchr(*value + 1, quote);
    const char *rest;

    if (end == NULL)
        return "the quote is not closed on this line";
    rest = skip_blanks(end + 1);
    if (*rest != '\0' && (*rest != '#' || rest == end + 1))
        return "text follows the closing quote";
    *end = '\0';
    ++*value;
    return quote == '"' ? ambiguous(*value, "$\\") : NULL;
}

/* Without quotes, a # after a blank begins a comment. */
static const char *cut_comment(char *value)
{
    for (char *at = value; *at != '\0'; at++)
        if (*at == '#' && at > value && is_blank(at[-1])) {
            *at = '\0';
            break;
        }
    cut_blanks(value);
    return ambiguous(value, "$");
}

/* Splits a line. Returns what is wrong, or NULL; *name is NULL for a line without a variable. */
static const char *split_line(char *line, char **name, char **value)
{
    char *equals;

    *name = NULL;
    line = skip_blanks(line);
    cut_blanks(line);
    if (*line == '\0' || *line == '#')
        return NULL;
    if (has_control_character(line))
        return "it has a control character";
    if (strncmp(line, "export", 6) == 0 && is_blank(line[6]))
        line = skip_blanks(line + 6);
    equals = strchr(line, '=');
    if (equals == NULL)
        return "not NAME=value";
    *equals = '\0';
    cut_blanks(line);
    if (*line == '\0' || strchr(NAME_FIRST, *line) == NULL || strspn(line, NAME_REST) != strlen(line))
        return "not NAME=value: the name is not made of letters, digits and _";
    *name = line;
    *value = equals + 1;
    if (is_blank(**value)) {
        char *begin = skip_blanks(*value);

        if (*begin == '#')
            *begin = '\0'; /* only a comment */
        *value = begin;
    }
    return **value == '"' || **value == '\'' ? unquote(value) : cut_comment(*value);
}

/* ---- ENV_FILE ---- */

/* The variables of one file, and of the files before it. */
struct env_file {
    const char *path;
    struct assignments *own; /* of this file */
    struct problems *problems;
};

static void read_line(const struct env_file *file, size_t number, char *line)
{
    char *name;
    char *value = NULL;
    const char *wrong = split_line(line, &name, &value);

    if (wrong == NULL && name == NULL)
        return;
    if (wrong == NULL && is_of_process(name))
        wrong = "it can only be set in the environment";
    if (wrong == NULL && has(file->own, name))
        wrong = "the variable is set twice in this file";
    if (wrong != NULL)
        problem(file->problems, "%s: line %zu: %s%s%s", file->path, number, name == NULL ? "" : name,
                name == NULL ? "" : ": ", wrong);
    else
        assignments_set(file->own, name, value);
}

static void read_lines(const struct env_file *file, char *text)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF"; /* Windows editors write it */
    char *line = strncmp(text, byte_order_mark, 3) == 0 ? text + 3 : text;
    size_t length = strlen(text);

    /* "ALLOW_BIND_MOUNTS=/" may be all that there is yet of "ALLOW_BIND_MOUNTS=/srv". */
    if (length == 0 || text[length - 1] != '\n')
        problem(file->problems, "%s: the last line does not end in a newline, so it may be cut short; add one",
                file->path);

    for (size_t number = 1; line != NULL && *line != '\0'; number++) {
        char *next = strchr(line, '\n');

        if (next != NULL) {
            *next++ = '\0';
            if (next - line >= 2 && next[-2] == '\r')
                next[-2] = '\0';
        }
        read_line(file, number, line);
        line = next;
    }
    if (file->own->count == 0)
        problem(file->problems, "%s: it sets no variable", file->path);
}

/* Adds one variable of a file to those that were read before. `environment` are the process's own. */
static void merge(struct sources *sources, const struct variables *environment, const char *path, char *text,
                  struct problems *problems)
{
    char *name = text_format("%.*s", (int)strcspn(text, "="), text);
    const struct variables only = {.environment = (char *[]){text, NULL}, .prefix = ""};
    const char *ours = variable(&only, name);
    const char *theirs = variable(environment, name);

    if (theirs != NULL && (ours == NULL || strcmp(ours, theirs) != 0))
        problem(problems, "%s: %s has another value than in the environment; set it in one place", path, name);
    assignments_replace(&sources->variables, name, strchr(text, '=') + 1);
    free(name);
}

static void read_env_files(struct sources *sources, char *const environment[], struct problems *problems)
{
    const struct variables all = {.environment = environment, .prefix = ""};
    const char *value = variable(&all, "ENV_FILE");
    size_t count = 0;
    char **paths = value == NULL ? NULL : list_split(value, ",", &count);

    for (size_t i = 0; i < count; i++) {
        char *text = read_named(sources, "ENV_FILE", paths[i], problems);
        struct assignments own = {.list = NULL};

        if (text == NULL)
            continue;
        read_lines(&(struct env_file){.path = paths[i], .own = &own, .problems = problems}, text);
        for (size_t k = 0; k < own.count; k++)
            merge(sources, &all, paths[i], own.list[k], problems);
        assignments_free(&own);
        free(text);
    }
    list_free(paths, count);
}

/* ---- <VARIABLE>_FILE ---- */

/* Whether the name is one of ours, in a profile or not. */
static bool is_variable(const char *name)
{
    char profile[PROFILE_NAME_MAX];
    const char *rest = profile_split(name, profile);
    enum variable_scope other = rest == NULL ? SCOPE_PROFILE : SCOPE_GLOBAL;
    const struct variable_info *row;

    if (rest == NULL)
        rest = name;
    row = variable_find(rest);
    return row != NULL ? row->scope != other : is_permission(rest);
}

/* The variable that NAME_FILE=... sets, which the caller frees; NULL if it is no such name. */
static char *named_variable(const char *text)
{
    size_t length = strcspn(text, "=");
    size_t suffix = strlen(FILE_SUFFIX);
    char *name = strndup(text, length);

    if (name == NULL)
        abort();
    if (length > suffix && !is_variable(name) && strcmp(name + length - suffix, FILE_SUFFIX) == 0) {
        name[length - suffix] = '\0';
        if (is_variable(name) && strcmp(name, "ENV_FILE") != 0)
            return name;
    }
    free(name);
    return NULL;
}

/* A file of one line, with or without its end. Returns what is wrong, or NULL. */
static const char *cut_line_end(char *text)
{
    size_t length = strlen(text);

    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > 0 && text[length - 1] == '\r')
        text[--length] = '\0';
    if (strspn(text, " \t") == length)
        return "it is empty";
    return has_control_character(text) ? "it has more than one line, or a control character" : NULL;
}

/* The value in the file that NAME_FILE (named) names, which the caller frees; NULL if there is none. */
static char *value_in_file(struct sources *sources, const char *name, const char *named, struct problems *problems)
{
    const char *path = value_of(&sources->variables, named);
    const char *wrong = NULL;
    char *text = NULL;

    if (path == NULL)
        return NULL;
    if (is_of_process(name)) {
        wrong = "the variable can only be set in the environment, not by a file";
    } else {
        text = read_named(sources, named, path, problems);
        if (text != NULL)
            wrong = cut_line_end(text);
        if (value_of(&sources->variables, name) != NULL)
            wrong = "the variable is set without _FILE as well; set it once";
    }
    if (wrong == NULL)
        return text;
    problem(problems, "%s=%s: %s", named, path, wrong);
    free(text);
    return NULL;
}

/* Replaces each <VARIABLE>_FILE by the variable. */
static void read_named_files(struct sources *sources, struct problems *problems)
{
    size_t i = 0;

    while (i < sources->variables.count) {
        char *name = named_variable(sources->variables.list[i]);
        char *named;
        char *value;

        if (name == NULL) {
            i++;
            continue;
        }
        named = text_format("%s" FILE_SUFFIX, name);
        value = value_in_file(sources, name, named, problems);
        assignments_remove(&sources->variables, i);
        if (value != NULL)
            assignments_replace(&sources->variables, name, value);
        i = 0; /* what stands before may have moved */
        free(value);
        free(named);
        free(name);
    }
}

void sources_read(struct sources *sources, char *const environment[], struct problems *problems)
{
    memset(sources, 0, sizeof *sources);
    sources->variables.list = array_grow(NULL, 0, sizeof *sources->variables.list); /* also if there are none */
    for (char *const *text = environment; *text != NULL; text++)
        assignments_add(&sources->variables, *text, strlen(*text));
    read_env_files(sources, environment, problems);
    read_named_files(sources, problems);
}

void sources_free(struct sources *sources)
{
    assignments_free(&sources->variables);
    list_free(sources->files, sources->file_count);
    memset(sources, 0, sizeof *sources);
}

/* ---- comparison ---- */

/* Adds the names whose value in a is missing or different in b; with missing_only, those that are missing. */
static void add_names(FILE *out, const struct sources *a, const struct sources *b, bool missing_only)
{
    for (size_t i = 0; i < a->variables.count; i++) {
        const char *text = a->variables.list[i];
        char *name = text_format("%.*s", (int)strcspn(text, "="), text);
        const char *in_a = value_of(&a->variables, name);
        const char *in_b = value_of(&b->variables, name);
        if (in_a != NULL && (in_b == NULL || (!missing_only && strcmp(in_a, in_b) != 0)))
            fprintf(out, " %s", name);
        free(name);
    }
}

char *sources_difference(const struct sources *a, const struct sources *b)
{
    struct text text;
    char *names;

    text_begin(&text);
    add_names(text.stream, a, b, false);
    add_names(text.stream, b, a, true);
    names = text_end(&text);
    memmove(names, names + (*names == ' '), strlen(names) + (*names != ' '));
    return names;
}

bool sources_equal(const struct sources *a, const struct sources *b)
{
    char *names = sources_difference(a, b);
    bool equal = *names == '\0';

    free(names);
    return equal;
}
