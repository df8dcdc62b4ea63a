/* sh, wget and curl as names of this program. */
#include "command/alias.h"

#include "environment/environment.h"
#include "command/healthcheck.h"

#include <string.h>
#include <unistd.h>

static const char *const aliases[] = {"sh", "wget", "curl"};

/* How the URL of a health check names its own container. */
static const char *const itself[] = {"://localhost", "://127.", "://[::1]", "://0.0.0.0"};

const char *alias_of(const char *program)
{
    const char *slash = program == NULL ? NULL : strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;

    for (size_t i = 0; name != NULL && i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(name, aliases[i]) == 0)
            return name;
    return NULL;
}

bool alias_is_health_check(int argc, char *const argv[])
{
    for (int i = 1; i < argc; i++) {
        for (size_t k = 0; k < sizeof itself / sizeof *itself; k++)
            if (strstr(argv[i], itself[k]) != NULL)
                return true;
        if (strncmp(argv[i], "localhost:", strlen("localhost:")) == 0 ||
            strncmp(argv[i], "127.0.0.1:", strlen("127.0.0.1:")) == 0)
            return true;
    }
    return false;
}

int alias_run(const char *alias, int argc, char *const argv[])
{
    struct problems problems = {.to = stderr};
    struct environment environment;
    int code;

    if (isatty(STDERR_FILENO) == 1 || !alias_is_health_check(argc, argv))
        notice(
            "there is no %s in this image: under this name the program only does its health check, exit status 0 or 1",
            alias);
    environment_load(&environment, environ, &problems);
    code = problems.count > 0 && !environment_may_serve(&environment) ? 1 : healthcheck(&environment);
    environment_free(&environment);
    return code;
}
