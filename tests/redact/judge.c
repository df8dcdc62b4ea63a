/* Redacts answers as `explain --response` does, for the fuzzer: judge WORDS OPERATION, answers on stdin, each with its
 * length before it (4 bytes, as this machine has it). Prints each in the same form; the length is ~0 for a refusal. */
#include "redact/redact.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char *arguments[])
{
    struct problems problems = {.to = stderr};
    struct redactor *redactor;
    uint32_t length;

    if (count != 3)
        return 2;
    redactor = redactor_new(redact_read(arguments[1], "", &problems), arguments[2]);
    while (fread(&length, sizeof length, 1, stdin) == 1) {
        char *body = malloc(length + 1);
        char *text;

        if (body == NULL || fread(body, 1, length, stdin) != length)
            return 2;
        text = redactor_run(redactor, body, length);
        length = text == NULL ? UINT32_MAX : (uint32_t)strlen(text);
        fwrite(&length, sizeof length, 1, stdout);
        if (text != NULL)
            fwrite(text, 1, length, stdout);
        fflush(stdout);
        free(text);
        free(body);
    }
    redactor_free(redactor);
    return problems.count == 0 ? 0 : 2;
}
