/* Fills templates. */
#include "template.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- Values ---- */

struct value {
    const char *name;
    char *text;           /* NULL: a list */
    struct values **rows; /* of the list */
    size_t count;
};

struct values {
    const struct values *outer;
    struct value *list;
    size_t count;
};

/* Room for one more element in an array of count. */
static void *grow(void *array, size_t count, size_t size)
{
    array = realloc(array, (count + 1) * size);
    if (array == NULL)
        abort();
    return array;
}

struct values *values_new(void)
{
    struct values *values = calloc(1, sizeof *values);

    if (values == NULL)
        abort();
    return values;
}

void values_free(struct values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        for (size_t k = 0; k < values->list[i].count; k++)
            values_free(values->list[i].rows[k]);
        free(values->list[i].rows);
        free(values->list[i].text);
    }
    free(values->list);
    free(values);
}

static struct value *find(const struct values *values, const char *name, size_t length)
{
    for (size_t i = 0; i < values->count; i++)
        if (strlen(values->list[i].name) == length && strncmp(values->list[i].name, name, length) == 0)
            return &values->list[i];
    return NULL;
}

static struct value *add(struct values *values, const char *name, char *text)
{
    values->list = grow(values->list, values->count, sizeof *values->list);
    values->list[values->count] = (struct value){.name = name, .text = text};
    return &values->list[values->count++];
}

void values_set_text(struct values *values, const char *name, struct text *text)
{
    char *bytes = text_end(text);

    if (text->length > 0 && bytes[text->length - 1] == '\n')
        bytes[text->length - 1] = '\0';
    add(values, name, bytes);
}

void values_set(struct values *values, const char *name, const char *format, ...)
{
    struct text text;
    va_list arguments;

    text_begin(&text);
    va_start(arguments, format);
    vfprintf(text.stream, format, arguments);
    va_end(arguments);
    add(values, name, text_end(&text));
}

void values_set_if(struct values *values, const char *name, bool yes)
{
    values_set(values, name, "%s", yes ? "yes" : "");
}

void values_list(struct values *values, const char *name)
{
    if (find(values, name, strlen(name)) == NULL)
        add(values, name, NULL);
}

struct values *values_row(struct values *values, const char *name)
{
    struct values *row = values_new();
    struct value *list = find(values, name, strlen(name));

    if (list == NULL)
        list = add(values, name, NULL);
    list->rows = grow(list->rows, list->count, sizeof *list->rows);
    list->rows[list->count++] = row;
    row->outer = values;
    return row;
}

/* ---- Templates ---- */

struct writer {
    FILE *out;
    const char *directory;
    struct problems *problems;
    char path[PATH_MAX];
    const char *text; /* of the template */
};

struct tag {
    char kind; /* '#', '/', '>', or '\0' */
    const char *name;
    int length;
    const char *end; /* what follows the tag */
};

/* Reads the tag at open; one that is not closed on its line has the end NULL. */
static struct tag read_tag(const char *open)
{
    char kind = open[2] != '\0' && strchr("#/>", open[2]) != NULL ? open[2] : '\0';
    const char *name = open + 2 + (kind != '\0');
    size_t length = strcspn(name, "}\n");

    return (struct tag){kind, name, (int)length, strncmp(name + length, "}}", 2) == 0 ? name + length + 2 : NULL};
}

/* Whether nothing stands on the line but tags of sections, the value or the include at open being the only one of its kind. */
static bool is_alone(const struct writer *writer, const char *open, const struct tag *tag)
{
    const char *line = open;

    if (*tag->end != '\n')
        return false;
    while (line > writer->text && line[-1] != '\n')
        line--;
    while (line < open && (strncmp(line, "{{#", 3) == 0 || strncmp(line, "{{/", 3) == 0))
        line = read_tag(line).end;
    return line == open;
}

static void wrong(const struct writer *writer, const char *open, const struct tag *tag, const char *what)
{
    unsigned line = 1;

    for (const char *c = writer->text; c < open; c++)
        line += *c == '\n';
    problem(writer->problems, "%s:%u: %.*s: %s", writer->path, line, tag->length, tag->name, what);
}

static const struct value *look_up(const struct values *values, const struct tag *tag)
{
    const struct value *value = NULL;

    for (; values != NULL && value == NULL; values = values->outer)
        value = find(values, tag->name, (size_t)tag->length);
    return value;
}

static const char *write_part(struct writer *writer, const char *at, const struct tag *section, const struct values *values);

/* Writes the section that begins behind the tag. Returns what follows it, as write_part does. */
static const char *write_section(struct writer *writer, const char *body, const struct tag *tag, const struct value *value,
                                 const struct values *values)
{
    size_t count = value->text == NULL ? value->count : *value->text != '\0';
    const char *rest = count == 0 ? write_part(writer, body, tag, NULL) : body;

    for (size_t i = 0; i < count && rest != NULL; i++)
        rest = write_part(writer, body, tag, value->text == NULL ? value->rows[i] : values);
    return rest;
}

/* Writes from at up to the end of the section, or of the template if there is none; writes nothing if there are no values.
 * Returns what follows, or NULL with a problem told. */
static const char *write_part(struct writer *writer, const char *at, const struct tag *section, const struct values *values)
{
    const char *open;

    while ((open = strstr(at, "{{")) != NULL) {
        struct tag tag = read_tag(open);
        const struct value *value = values == NULL || tag.end == NULL ? NULL : look_up(values, &tag);
        bool alone;

        if (tag.end == NULL || (tag.kind == '\0' && values != NULL && (value == NULL || value->text == NULL)) ||
            (tag.kind == '#' && values != NULL && value == NULL)) {
            wrong(writer, open, &tag, "no such placeholder");
            return NULL;
        }
        if (values != NULL)
            fwrite(at, 1, (size_t)(open - at), writer->out);
        alone = is_alone(writer, open, &tag);
        at = tag.end + (alone && (tag.kind != '\0' || (value != NULL && *value->text == '\0')));
        if (tag.kind == '/') {
            if (section != NULL && section->length == tag.length && strncmp(section->name, tag.name, (size_t)tag.length) == 0)
                return at;
            wrong(writer, open, &tag, "no such section is open");
            return NULL;
        }
        if (tag.kind == '#')
            at = value == NULL ? write_part(writer, at, &tag, NULL) : write_section(writer, at, &tag, value, values);
        else if (tag.kind == '>' && values != NULL) {
            char name[NAME_MAX];

            snprintf(name, sizeof name, "%.*s", tag.length, tag.name);
            if (!template_write(writer->out, writer->directory, name, values, writer->problems))
                return NULL;
        } else if (value != NULL)
            fputs(value->text, writer->out);
        if (at == NULL)
            return NULL;
    }
    if (section != NULL) {
        wrong(writer, section->name, section, "the section has no end");
        return NULL;
    }
    if (values != NULL)
        fputs(at, writer->out);
    return at + strlen(at);
}

bool template_write(FILE *out, const char *directory, const char *name, const struct values *values, struct problems *problems)
{
    struct writer writer = {.out = out, .directory = directory, .problems = problems};
    bool fits = (size_t)snprintf(writer.path, sizeof writer.path, "%s/%s", directory, name) < sizeof writer.path;
    FILE *in = fits ? fopen(writer.path, "re") : NULL;
    char *text = NULL;
    size_t size = 0;
    ssize_t length = in != NULL ? getdelim(&text, &size, '\0', in) : -1;
    bool whole = false;

    if (!fits)
        errno = ENAMETOOLONG;
    if (in == NULL || ferror(in)) {
        problem(problems, "%s: %s; the template is part of the program, set DATA_DIR to where it is", writer.path, strerror(errno));
    } else {
        writer.text = length > 0 ? text : "";
        whole = write_part(&writer, writer.text, NULL, values) != NULL;
    }
    free(text);
    if (in != NULL)
        fclose(in);
    return whole;
}
