/* Fills templates with values. */
#include "config/template.h"

#include "base/array.h"

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
    values->list = array_grow(values->list, values->count, sizeof *values->list);
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

char *argument_of(const char *text)
{
    struct text quoted;

    text_begin(&quoted);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', quoted.stream);
        fputc(*text, quoted.stream);
    }
    return text_end(&quoted);
}

void values_set_argument(struct values *values, const char *name, const char *text)
{
    char *argument = argument_of(text);

    values_set(values, name, "%s", argument);
    free(argument);
}

void values_set(struct values *values, const char *name, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(values, name, text_vformat(format, arguments));
    va_end(arguments);
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
    list->rows = array_grow(list->rows, list->count, sizeof(struct values *));
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
    const char *open;
    const char *end; /* what follows it; NULL if it is not closed on its line */
    char kind;       /* '#', '/', '>', or '\0' */
    const char *name;
    size_t length;
};

static struct tag read_tag(const char *open)
{
    struct tag tag = {.open = open, .name = open + 2};

    if (*tag.name != '\0' && strchr("#/>", *tag.name) != NULL)
        tag.kind = *tag.name++;
    tag.length = strcspn(tag.name, "}\n");
    if (strncmp(tag.name + tag.length, "}}", 2) == 0)
        tag.end = tag.name + tag.length + 2;
    return tag;
}

/* What follows the tag: the next line if the line holds only tags of sections before it, and nothing after it. */
static const char *behind(const struct writer *writer, const struct tag *tag)
{
    const char *line = tag->open;

    while (line > writer->text && line[-1] != '\n')
        line--;
    while (line != NULL && line < tag->open && (strncmp(line, "{{#", 3) == 0 || strncmp(line, "{{/", 3) == 0))
        line = read_tag(line).end;
    return tag->end + (line == tag->open && *tag->end == '\n');
}

/* The tag that ends a section; its open is NULL if there is none. */
static struct tag closing(const struct tag *section)
{
    size_t depth = 1;

    for (const char *open = strstr(section->end, "{{"); open != NULL; open = strstr(open + 2, "{{")) {
        struct tag tag = read_tag(open);

        if (tag.end == NULL || tag.length != section->length || strncmp(tag.name, section->name, tag.length) != 0)
            continue;
        depth += tag.kind == '#';
        depth -= tag.kind == '/';
        if (depth == 0)
            return tag;
    }
    return (struct tag){.open = NULL};
}

static const char *wrong(const struct writer *writer, const struct tag *tag, const char *what)
{
    unsigned line = 1;

    for (const char *c = writer->text; c < tag->open; c++)
        line += *c == '\n';
    problem(writer->problems, "%s:%u: %.*s: %s", writer->path, line, (int)tag->length, tag->name, what);
    return NULL;
}

static const struct value *look_up(const struct values *values, const struct tag *tag)
{
    const struct value *value = NULL;

    for (; values != NULL && value == NULL; values = values->outer)
        value = find(values, tag->name, tag->length);
    return value;
}

static bool write_part(struct writer *writer, const char *at, const char *until, const struct values *values);

/* The functions that write a tag return where to go on, or NULL after they have reported a problem. */
static const char *write_section(struct writer *writer, const struct tag *tag, const char *until,
                                 const struct value *value, const struct values *values)
{
    struct tag end = closing(tag);
    size_t count = value->text == NULL ? value->count : *value->text != '\0';

    if (end.open == NULL || end.open >= until)
        return wrong(writer, tag, "the section has no end");
    for (size_t i = 0; i < count; i++)
        if (!write_part(writer, behind(writer, tag), end.open, value->text == NULL ? value->rows[i] : values))
            return NULL;
    return behind(writer, &end);
}

static const char *write_tag(struct writer *writer, const struct tag *tag, const char *until,
                             const struct values *values)
{
    const struct value *value = tag->end == NULL ? NULL : look_up(values, tag);
    char name[NAME_MAX];

    if (tag->kind == '>' && tag->end != NULL) {
        snprintf(name, sizeof name, "%.*s", (int)tag->length, tag->name);
        return template_write(writer->out, writer->directory, name, values, writer->problems) ? behind(writer, tag)
                                                                                              : NULL;
    }
    if (tag->kind == '#' && value != NULL)
        return write_section(writer, tag, until, value, values);
    if (tag->kind != '\0' || value == NULL || value->text == NULL)
        return wrong(writer, tag, "no such placeholder");
    fputs(value->text, writer->out);
    return *value->text == '\0' ? behind(writer, tag) : tag->end;
}

/* Writes the template from at to until. */
static bool write_part(struct writer *writer, const char *at, const char *until, const struct values *values)
{
    const char *open = strstr(at, "{{");

    while (open != NULL && open < until) {
        struct tag tag = read_tag(open);

        fwrite(at, 1, (size_t)(open - at), writer->out);
        at = write_tag(writer, &tag, until, values);
        if (at == NULL)
            return false;
        open = strstr(at, "{{");
    }
    fwrite(at, 1, (size_t)(until - at), writer->out);
    return true;
}

bool template_write(FILE *out, const char *directory, const char *name, const struct values *values,
                    struct problems *problems)
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
        problem(problems, "%s: %s; the template is part of the program, set DATA_DIR to where it is", writer.path,
                strerror(errno));
    } else {
        writer.text = length > 0 ? text : "";
        whole = write_part(&writer, writer.text, writer.text + strlen(writer.text), values);
    }
    free(text);
    if (in != NULL)
        fclose(in);
    return whole;
}
