/* Redacts an answer without HAProxy, with the regexes that HAProxy runs. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "redact/redact.h"

#include "base/text.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* Compiles as HAProxy does. Without JIT, PCRE2's interpreter runs the regex. */
static pcre2_code *compile(const char *regex)
{
    char *whole = text_format("%s(?(DEFINE)%s)", regex, redact_groups);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);

    if (code == NULL) {
        fprintf(stderr, "a regex of the redaction is wrong at offset %zu, PCRE2 error %d\n%s\n", (size_t)offset, error,
                whole);
        abort();
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    free(whole);
    return code;
}

struct compiled {
    pcre2_code *code;
};

struct redactor {
    struct redact_recipe recipe;
    pcre2_code *first;
    struct compiled *steps; /* one for each of the recipe */
    pcre2_code *proof;
};

struct redactor *redactor_new(unsigned words, const char *operation_id)
{
    struct redactor *redactor = calloc(1, sizeof *redactor);

    if (redactor == NULL)
        abort();
    redact_recipe_make(&redactor->recipe, words, operation_id);
    redactor->first = compile(redact_first.regex);
    redactor->steps = calloc(redactor->recipe.count, sizeof *redactor->steps);
    if (redactor->steps == NULL)
        abort();
    for (size_t i = 0; i < redactor->recipe.count; i++)
        redactor->steps[i].code = compile(redactor->recipe.steps[i].regex);
    redactor->proof = compile(redactor->recipe.proof);
    return redactor;
}

void redactor_free(struct redactor *redactor)
{
    for (size_t i = 0; i < redactor->recipe.count; i++)
        pcre2_code_free(redactor->steps[i].code);
    free(redactor->steps);
    pcre2_code_free(redactor->first);
    pcre2_code_free(redactor->proof);
    redact_recipe_free(&redactor->recipe);
    free(redactor);
}

static bool matches(const pcre2_code *code, const char *text, size_t length)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    bool found = pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    return found;
}

/* Writes the replacement, as HAProxy's exp_replace does: \1 is a group, \x01 a character, \\ a backslash. */
static void put_replacement(FILE *out, const char *replacement, const char *text, const PCRE2_SIZE *vector)
{
    for (; *replacement != '\0'; replacement++) {
        bool escaped = *replacement == '\\';

        replacement += escaped;
        if (escaped && isdigit((unsigned char)*replacement)) {
            size_t group = (size_t)(*replacement - '0');

            if (vector[2 * group] != PCRE2_UNSET)
                fwrite(text + vector[2 * group], 1, vector[2 * group + 1] - vector[2 * group], out);
        } else if (escaped && *replacement == 'x') {
            fputc((int)strtoul((char[]){replacement[1], replacement[2], '\0'}, NULL, 16), out);
            replacement += 2;
        } else {
            fputc(*replacement, out);
        }
    }
}

/* What HAProxy's regsub makes of the text. The caller frees it. *length is changed from the old length to the new. */
static char *substitute(const pcre2_code *code, const char *replacement, const char *text, size_t *length)
{
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(data);
    const char *end = text + *length;
    uint32_t options = 0;
    struct text result;
    char *bytes;

    text_begin(&result);
    while (pcre2_match(code, (PCRE2_SPTR)text, (PCRE2_SIZE)(end - text), 0, options, data, NULL) >= 0) {
        fwrite(text, 1, vector[0], result.stream);
        put_replacement(result.stream, replacement, text, vector);
        text += vector[1];
        /* regsub would skip a character after an empty match at the beginning. No step has any. */
        if (text == end || vector[1] == 0)
            break;
        options = PCRE2_NOTBOL;
    }
    fwrite(text, 1, (size_t)(end - text), result.stream);
    pcre2_match_data_free(data);
    bytes = text_end(&result);
    *length = result.length;
    return bytes;
}

char *redactor_run(const struct redactor *redactor, const char *body, size_t length)
{
    char *text;

    /* HAProxy's strings end at a NUL. */
    length = strnlen(body, length);
    text = substitute(redactor->first, redact_first.replacement, body, &length);
    for (size_t i = 0; i < redactor->recipe.count; i++) {
        char *next = substitute(redactor->steps[i].code, redactor->recipe.steps[i].replacement, text, &length);

        free(text);
        text = next;
    }
    if (matches(redactor->proof, text, length))
        return text;
    free(text);
    return NULL;
}
