/* `suggest`: reads a log, and prints the variables that its requests need. */
#include "command/suggest.h"

#include "base/array.h"
#include "base/text.h"
#include "command/choice.h"
#include "command/loglines.h"
#include "environment/environment.h"
#include "guard/remedy.h"
#include "guard/schema.h"
#include "inventory/protection.h"
#include "policy/router.h"
#include "process/dangers.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOT_READ    2
#define CLIENTS_MAX 200
#define SHOWN_MAX   160 /* bytes of what a client has sent, in a comment */

/* What a log has of something: how often, and one of its requests. */
struct evidence {
    size_t count;
    char *example; /* owned; NULL for none */
};

/* A value for a variable of the guard. */
struct wish {
    const struct variable_info *variable;
    char *item; /* "true", or an item of a list; owned */
    char *why;  /* what is refused: "HostConfig.Privileged"; owned */
    struct evidence evidence;
};

/* Requests that stay refused. */
struct rest {
    char *reason; /* owned */
    bool settable;
    struct evidence evidence;
};

/* A client, or all of a profile. */
struct client {
    char *name;   /* its address or profile; owned */
    bool profile; /* it is one */
    size_t requests;
    struct evidence used[OPERATIONS_MAX]; /* by index into operations[] */
    bool judged[OPERATIONS_MAX];          /* the guard has seen a request */
    struct wish *wishes;
    size_t wish_count;
    struct rest *rests;
    size_t rest_count;
};

struct findings {
    const struct suggest_options *options;
    char *const *environment;
    struct router *router;
    struct client *clients;
    size_t count;
    size_t left_out; /* requests of clients over CLIENTS_MAX */
};

/* Text of a client as a comment may show it. */
static char *shown(const char *text)
{
    size_t length = strlen(text);
    char *copy = text_format("%.*s%s", (int)(length > SHOWN_MAX ? SHOWN_MAX : length), text,
                             length > SHOWN_MAX ? "..." : "");

    for (char *c = copy; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
    return copy;
}

static void add_evidence(struct evidence *evidence, const struct log_line *line)
{
    char *request;

    if (evidence->count++ > 0)
        return;
    request = text_format("%s %s", line->method, line->path);
    evidence->example = shown(request);
    free(request);
}

static struct client *client_of(struct findings *findings, const struct log_line *line)
{
    bool profile = strcmp(line->profile, "-") != 0;
    const char *name = findings->options->merge ? "all clients" : profile ? line->profile : line->client;
    struct client *client;

    for (size_t i = 0; i < findings->count; i++)
        if (findings->clients[i].profile == profile && strcmp(findings->clients[i].name, name) == 0)
            return &findings->clients[i];
    if (findings->count == CLIENTS_MAX)
        return NULL;
    findings->clients = array_grow(findings->clients, findings->count, sizeof *findings->clients);
    client = &findings->clients[findings->count++];
    client->name = shown(name);
    client->profile = profile && !findings->options->merge;
    return client;
}

static void add_rest(struct client *client, const char *reason, bool settable, const struct log_line *line)
{
    char *text = shown(reason);
    struct rest *rest = NULL;

    for (size_t i = 0; i < client->rest_count && rest == NULL; i++)
        if (strcmp(client->rests[i].reason, text) == 0)
            rest = &client->rests[i];
    if (rest == NULL) {
        client->rests = array_grow(client->rests, client->rest_count, sizeof *client->rests);
        rest = &client->rests[client->rest_count++];
        rest->reason = text;
        text = NULL;
    }
    rest->settable = settable;
    add_evidence(&rest->evidence, line);
    free(text);
}

/* ---- reasons ---- */

/* A variable that a reason names. */
struct named {
    const struct variable_info *guard; /* one of the guard's; NULL: an operation's own */
    size_t operation;
    const char *at;  /* behind the name */
    char value[256]; /* the refused value, in quotes before the name; "" for none */
};

static bool is_name(char c)
{
    return isupper((unsigned char)c) || isdigit((unsigned char)c) || c == '_';
}

/* The row of the table for a variable of the guard. */
static const struct variable_info *guard_row(const char *name)
{
    const struct variable_info *row = variable_find(name);
    bool guards = row != NULL && row->scope == SCOPE_BOTH &&
                  (strncmp(name, "ALLOW_", strlen("ALLOW_")) == 0 || row == &variable_table[VAR_MAX_CREATE_BODY] ||
                   row == &variable_table[VAR_REQUIRE_LABEL]);

    return guards ? row : NULL;
}

/* Looks a name up, which may have the prefix of a profile. False for one that is no variable of these kinds. */
static bool look_up(struct named *named, const char *begin, size_t length)
{
    char name[160];
    char profile[PROFILE_NAME_MAX];
    const char *rest;

    if (length >= sizeof name)
        return false;
    memcpy(name, begin, length);
    name[length] = '\0';
    rest = profile_split(name, profile);
    if (rest == NULL)
        rest = name;
    named->guard = guard_row(rest);
    named->operation = named->guard == NULL ? operation_find_by_variable(rest) : operation_count;
    return named->guard != NULL || named->operation < operation_count;
}

/* Finds the next variable in a reason, which moves at. What clients choose stands in quotes, or holds neither blanks
 * nor '='; alternatives stand in parentheses. Both are skipped. */
static bool next_named(const char **at, struct named *named)
{
    const char *c = *at;

    for (; *c != '\0'; c++) {
        size_t length;
        const char *name = c;

        if (*c == '"' && strchr(c + 1, '"') != NULL) {
            const char *end = strchr(c + 1, '"');

            snprintf(named->value, sizeof named->value, "%.*s", (int)(end - c - 1), c + 1);
            c = end;
            continue;
        }
        if (*c == '(' && strchr(c, ')') != NULL) {
            c = strchr(c, ')');
            continue;
        }
        if (!isupper((unsigned char)*c) ||
            (c > *at && (is_name(c[-1]) || islower((unsigned char)c[-1]) || c[-1] == '.')))
            continue;
        length = 0;
        while (is_name(name[length]))
            length++;
        *at = named->at = c + length;
        if (look_up(named, name, length))
            return true;
        c = *at - 1;
    }
    return false;
}

/* Whether "=true" in a reason means all that a list can hold, or another value would do. An operation that is refused
 * as a whole has no narrower one. */
static bool is_broad(const struct named *named, size_t operation)
{
    return !guard_refuses_every_body(operations[operation].id) &&
           (named->guard->kind == KIND_LIST_OR_TRUE || strncmp(named->at, "=true (", strlen("=true (")) == 0);
}

/* The item that would allow the refused value; NULL if the reason does not have it, or if as an item it would stand for
 * more than itself: a word such as on for all, a pattern, what ends the item. The caller frees it. */
static char *item_of(const struct named *named, size_t operation)
{
    size_t length;
    const char *value = guard_remedy_value(named->guard->name, named->at, named->value, &length);
    bool whole = *named->at == '=';
    char *item;

    if (value == NULL || length == 0 || strcspn(value, ",*? \t'\"") < length)
        return NULL;
    item = text_format("%.*s", (int)length, value);
    if (boolean_word(item) == UNSET || (whole && strcmp(item, "true") == 0 && !is_broad(named, operation)))
        return item;
    free(item);
    return NULL;
}

/* Whether the guard takes the item for the variable. */
static bool is_valid(const struct variable_info *variable, const char *item)
{
    char *assignment = text_format("%s=%s", variable->name, item);
    char *const list[] = {assignment, NULL};
    const struct variables variables = {.environment = list, .prefix = ""};
    struct problems problems = {.to = NULL};

    guard_free(guard_new(true, "/", &(struct guard_permissions){.inspects_containers = false}, &variables, &problems));
    free(assignment);
    return problems.count == 0;
}

static void add_wish(struct client *client, const struct variable_info *variable, const char *item, const char *reason,
                     const struct log_line *line)
{
    struct wish *wish = NULL;

    for (size_t i = 0; i < client->wish_count && wish == NULL; i++)
        if (client->wishes[i].variable == variable && strcmp(client->wishes[i].item, item) == 0)
            wish = &client->wishes[i];
    if (wish == NULL) {
        client->wishes = array_grow(client->wishes, client->wish_count, sizeof *client->wishes);
        wish = &client->wishes[client->wish_count++];
        wish->variable = variable;
        wish->item = text_format("%s", item);
        wish->why = text_format("%.*s", (int)strcspn(reason, ";"), reason);
    }
    add_evidence(&wish->evidence, line);
}

/* Whether what is refused is unknown, so that nothing says what it would give. */
static bool is_unknown(const char *reason)
{
    return strstr(reason, " that this version does not know; ") != NULL;
}

/* Whether a member is the name of a driver, and not one of a driver's options. */
static bool names_driver(const char *reason)
{
    const char *quote = strchr(reason, '"');
    size_t length = quote == NULL ? 0 : (size_t)(quote - reason);

    return (length > 5 && strncmp(quote - 5, "Type ", 5) == 0) || (length > 5 && strncmp(quote - 5, "Name ", 5) == 0);
}

/* Adds the variables of the guard that a reason names. Returns how many. */
static size_t add_reason(struct client *client, size_t operation, const char *reason, const struct log_line *line)
{
    const char *at = reason;
    struct named named = {.value = ""};
    size_t count = 0;

    while (next_named(&at, &named)) {
        char *item = named.guard == NULL ? NULL : item_of(&named, operation);

        count++;
        if (named.guard == NULL) {
            if (strncmp(named.at, "=true", strlen("=true")) == 0 && named.operation != operation)
                add_evidence(&client->used[named.operation], line);
        } else if (item != NULL && !is_unknown(reason) && is_valid(named.guard, item) &&
                   (strncmp(named.at, " with the driver", strlen(" with the driver")) != 0 || names_driver(reason))) {
            add_wish(client, named.guard, item, reason, line);
        } else {
            add_rest(client, reason, true, line);
        }
        free(item);
    }
    return count;
}

/* ---- lines ---- */

/* The part of the detail that the guard has given; NULL for none. */
static const char *guard_part(const char *detail)
{
    static const char mark[] = "if the create guard passes it";
    const char *part = strstr(detail, mark);
    const char *end;

    if (part != NULL)
        return strncmp(part + strlen(mark), "; ", 2) == 0 ? part + strlen(mark) + 2 : NULL;
    /* What a permission would allow begins with its variable. */
    end = detail + strspn(detail, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (end - detail > 6 && strncmp(end, "=true", strlen("=true")) == 0) {
        part = strstr(detail, " would allow it; ");
        return part != NULL ? part + strlen(" would allow it; ") : NULL;
    }
    return detail;
}

/* The operation of the request; operation_count for none. */
static size_t operation_of(const struct findings *findings, const struct log_line *line)
{
    enum refusal refusal;

    return router_find(findings->router, line->method, line->path, 0, &refusal);
}

static void add_line(struct findings *findings, const struct log_line *line)
{
    struct client *client;
    size_t operation = operation_of(findings, line);
    char *detail;
    const char *part;
    size_t named = 0;

    if (line->verdict == LOG_REFUSED && strcmp(line->path, "-") == 0)
        return; /* no request */
    client = client_of(findings, line);
    if (client == NULL) {
        findings->left_out++;
        return;
    }
    client->requests++;
    if (line->verdict == LOG_ALLOWED || line->verdict == LOG_UNREACHABLE || line->verdict == LOG_WITHHELD) {
        if (operation < operation_count) {
            add_evidence(&client->used[operation], line);
            client->judged[operation] = true;
        }
        return;
    }
    if (line->verdict == LOG_REFUSED || operation == operation_count ||
        strncmp(line->detail, "API versions below", strlen("API versions below")) == 0 ||
        strstr(line->detail, "REDACT without ") != NULL || strstr(line->detail, PROTECTION_SAYS_NEVER) != NULL) {
        add_rest(client, line->detail, false, line);
        return;
    }
    detail = text_format("%s", line->detail);
    if (strstr(detail, "; buildx wants") != NULL) /* a way round the refusal, not a reason */
        *strstr(detail, "; buildx wants") = '\0';
    part = guard_part(detail);
    add_evidence(&client->used[operation], line);
    client->judged[operation] |= part != NULL || line->verdict == LOG_WOULD_FORBID;
    named = add_reason(client, operation, part != NULL ? part : detail, line);
    if (part == detail && named == 0)
        add_rest(client, detail, false, line);
    free(detail);
}

static bool read_log(struct findings *findings, const char *path)
{
    FILE *in = path == NULL || strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    size_t read = 0;
    bool failed;

    if (in == NULL) {
        notice("%s: %s", path, strerror(errno));
        return false;
    }
    while (getline(&text, &size, in) > 0) {
        struct log_line line;

        if (!log_line_read(&line, text))
            continue;
        read++;
        add_line(findings, &line);
        log_line_free(&line);
    }
    failed = ferror(in);
    if (failed)
        notice("%s: %s", path == NULL ? "-" : path, strerror(errno));
    else if (read == 0)
        notice("suggest: no line of the proxy's log; it reads what `docker logs` prints, at LOG_LEVEL=info");
    free(text);
    if (in != stdin)
        fclose(in);
    return !failed && read > 0;
}

/* ---- output ---- */

/* An assignment, and the comments before it. */
struct output {
    char *comments; /* lines that begin with "# " and end in a newline */
    char *dangers;  /* likewise: what the value gives beyond its name */
    char *name;
    char *value;
};

struct outputs {
    struct output *list;
    size_t count;
};

/* The dangers of a variable of the guard. The caller frees the text. */
static char *dangers_of(const char *prefix, const char *name, const char *value)
{
    char *assignment = text_format("%s%s=%s", prefix, name, value);
    char *const list[] = {assignment, NULL};
    struct text text;

    text_begin(&text);
    dangers_explain(text.stream, &(struct variables){.environment = list, .prefix = prefix});
    free(assignment);
    return text_end(&text);
}

static void add_output(struct outputs *outputs, struct text *comments, const char *prefix, const char *name,
                       const char *value)
{
    struct output *output;

    outputs->list = array_grow(outputs->list, outputs->count, sizeof *outputs->list);
    output = &outputs->list[outputs->count++];
    output->comments = text_end(comments);
    output->dangers = dangers_of(prefix, name, value);
    output->name = text_format("%s%s", prefix, name);
    output->value = text_format("%s", value);
}

static void comment_operation(FILE *out, const struct client *client, size_t i)
{
    const struct evidence *evidence = &client->used[i];

    fprintf(out, "# %s, %zu time%s: %s\n", operations[i].id, evidence->count, evidence->count == 1 ? "" : "s",
            evidence->example);
}

static void add_permissions(struct outputs *outputs, const struct client *client, const char *prefix, bool narrow)
{
    bool needed[OPERATIONS_MAX] = {false};
    struct choice choice;
    struct text comments;

    for (size_t i = 0; i < operation_count; i++)
        needed[i] = client->used[i].count > 0;
    choice_make(&choice, needed, narrow);
    if (choice.presets[0] != NULL) {
        text_begin(&comments);
        for (size_t i = 0; i < operation_count; i++)
            if (needed[i] && !operations[i].on_by_default)
                comment_operation(comments.stream, client, i);
        for (size_t k = 1; choice.presets[k] != NULL; k++)
            fprintf(comments.stream, "# %s opens the same\n", choice.presets[k]);
        add_output(outputs, &comments, prefix, "PRESET", choice.presets[0]);
        choice_free(&choice);
        return;
    }
    for (size_t g = 0; g < GROUP_COUNT; g++) {
        if ((choice.groups & GROUP_BIT(g)) == 0)
            continue;
        text_begin(&comments);
        for (size_t i = 0; i < operation_count; i++)
            for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
                if (needed[i] && choice_by_groups(&choice, i) && (operations[i].groups[k] & GROUP_BIT(g)) != 0) {
                    comment_operation(comments.stream, client, i);
                    break;
                }
        add_output(outputs, &comments, prefix, group_variables[g], "true");
    }
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        if (!choice.own[i])
            continue;
        operation_own_variable(&operations[i], own);
        text_begin(&comments);
        comment_operation(comments.stream, client, i);
        add_output(outputs, &comments, prefix, own, "true");
    }
    choice_free(&choice);
}

/* Whether a path is below another one, or the same: lists of paths (bind mounts, devices) open what is below. */
static bool is_below(const char *path, const char *other)
{
    size_t length = strcmp(other, "/") == 0 ? 0 : strlen(other);

    return strncmp(path, other, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Whether another item of the variable opens the k-th wish as well. */
static bool is_covered(const struct client *client, size_t k)
{
    const struct wish *wish = &client->wishes[k];

    for (size_t i = 0; i < client->wish_count; i++) {
        const struct wish *other = &client->wishes[i];

        if (i == k || other->variable != wish->variable)
            continue;
        if (strcmp(other->item, "true") == 0 || (*wish->item == '/' && is_below(wish->item, other->item)))
            return true;
    }
    return false;
}

/* The list that the environment sets; NULL for none. */
static const char *list_so_far(const struct findings *findings, const struct variable_info *row, const char *prefix)
{
    const struct variables variables = {.environment = findings->environment, .prefix = prefix};
    const char *value = findings->environment == NULL ? NULL : variable(&variables, row->name);

    return value != NULL && boolean_word(value) == UNSET ? value : NULL;
}

static void add_guard(struct outputs *outputs, const struct findings *findings, const struct client *client,
                      const char *prefix)
{
    for (const struct variable_info *row = variable_table; row < variable_table + VARIABLE_COUNT; row++) {
        struct text comments;
        struct text value;
        char *list;
        bool any = false;

        text_begin(&comments);
        text_begin(&value);
        for (size_t k = 0; k < client->wish_count; k++) {
            const struct wish *wish = &client->wishes[k];
            const char *before = any || strcmp(wish->item, "true") == 0 ? NULL : list_so_far(findings, row, prefix);

            if (wish->variable != row)
                continue;
            fprintf(comments.stream, "# %s, %zu time%s: %s\n", wish->why, wish->evidence.count,
                    wish->evidence.count == 1 ? "" : "s", wish->evidence.example);
            if (is_covered(client, k))
                continue;
            fprintf(value.stream, "%s%s%s%s", any ? "," : "", before != NULL ? before : "", before != NULL ? "," : "",
                    wish->item);
            any = true;
        }
        if (any)
            fprintf(comments.stream, "# create guard: %s\n", row->help);
        list = text_end(&value);
        if (any)
            add_output(outputs, &comments, prefix, row->name, list);
        else
            free(text_end(&comments));
        free(list);
    }
}

/* A profile of its own for a client that has none, if there are several. */
static char *prefix_of(const struct findings *findings, const struct client *client)
{
    char *prefix;

    if (!client->profile && (findings->count == 1 || findings->options->merge || strcmp(client->name, "unix") == 0))
        return text_format("%s", "");
    prefix = text_format("PROFILE_%.40s_", client->name);
    for (char *c = prefix; *c != '\0'; c++)
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    return prefix;
}

static void print_rests(const struct client *client)
{
    for (size_t i = 0; i < operation_count; i++)
        if (client->used[i].count > 0 && !client->judged[i] && guard_operation_find(operations[i].id) != NULL)
            printf(
                "# %s: the create guard has not judged a request of it yet; read the log again with these variables, "
                "or with MODE=audit\n",
                operations[i].id);
    if (client->wish_count > 0)
        puts("# The log has the first reason of each body: read it again with these variables, or with a body in a "
             "file,\n"
             "# `docker-socket-proxy explain --body FILE METHOD PATH` lists all");
    for (size_t i = 0; i < client->rest_count; i++) {
        const struct rest *rest = &client->rests[i];

        printf("# %s, %zu time%s: %s: %s\n",
               rest->settable ? "not covered, the log does not have the value" : "stays refused", rest->evidence.count,
               rest->evidence.count == 1 ? "" : "s", rest->evidence.example, rest->reason);
    }
}

static void collect(struct outputs *outputs, const struct findings *findings, const struct client *client)
{
    char *prefix = prefix_of(findings, client);
    struct text comments;

    if (!client->profile && prefix[0] != '\0') {
        text_begin(&comments);
        fputs("# the name of its container is better than the address, which may change\n", comments.stream);
        add_output(outputs, &comments, prefix, "FROM", client->name);
    }
    add_permissions(outputs, client, prefix, findings->options->narrow);
    add_guard(outputs, findings, client, prefix);
    free(prefix);
}

static void print_client(const struct findings *findings, const struct client *client, const struct outputs *outputs)
{
    if (findings->options->compose)
        return;
    printf("# %s%s: %zu request%s in the log\n", client->profile ? "profile " : "", client->name, client->requests,
           client->requests == 1 ? "" : "s");
    if (outputs->count == 0)
        puts("# needs no variable");
    for (size_t i = 0; i < outputs->count; i++)
        printf("%s%s%s=%s\n", outputs->list[i].comments, outputs->list[i].dangers, outputs->list[i].name,
               outputs->list[i].value);
    print_rests(client);
    puts("");
}

/* Prints a value for Compose, which replaces $NAME. (Values hold neither quotes nor backslashes.) */
static void print_yaml(const char *value)
{
    putchar('"');
    for (; *value != '\0'; value++)
        printf(*value == '$' ? "$$" : "%c", *value);
    putchar('"');
}

static void print_compose(const struct outputs *outputs, const char *before)
{
    printf("%sservices:\n%s  socket-proxy:\n%s    environment:\n", before, before, before);
    for (size_t i = 0; i < outputs->count; i++) {
        const struct output *output = &outputs->list[i];

        for (const char *line = output->dangers; *line != '\0'; line += strcspn(line, "\n") + 1)
            printf("%s      %.*s\n", before, (int)strcspn(line, "\n"), line);
        printf("%s      %s: ", before, output->name), print_yaml(output->value), puts("");
    }
}

static void free_outputs(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        free(outputs->list[i].comments);
        free(outputs->list[i].dangers);
        free(outputs->list[i].name);
        free(outputs->list[i].value);
    }
    free(outputs->list);
}

/* Prints all that was found. Returns the exit status. */
static int print(const struct findings *findings)
{
    struct outputs all = {.list = NULL};
    int code = 0;

    for (size_t i = 0; i < findings->count; i++) {
        const struct client *client = &findings->clients[i];
        struct outputs own = {.list = NULL};

        collect(&own, findings, client);
        print_client(findings, client, &own);
        for (size_t k = 0; k < own.count; k++) {
            all.list = array_grow(all.list, all.count, sizeof *all.list);
            all.list[all.count++] = own.list[k];
        }
        free(own.list);
        for (size_t k = 0; k < client->rest_count; k++)
            code |= client->rests[k].settable;
    }
    if (!findings->options->compose && all.count > 0)
        puts("# The same for Compose:");
    if (all.count > 0)
        print_compose(&all, findings->options->compose ? "" : "# ");
    free_outputs(&all);
    if (findings->left_out > 0) {
        notice("suggest: %zu requests of other clients than the first %d are left out; --merge prints one set for all",
               findings->left_out, CLIENTS_MAX);
        code = 1;
    }
    return code;
}

static void free_client(struct client *client)
{
    for (size_t i = 0; i < operation_count; i++)
        free(client->used[i].example);
    for (size_t i = 0; i < client->wish_count; i++) {
        free(client->wishes[i].item);
        free(client->wishes[i].why);
        free(client->wishes[i].evidence.example);
    }
    for (size_t i = 0; i < client->rest_count; i++) {
        free(client->rests[i].reason);
        free(client->rests[i].evidence.example);
    }
    free(client->wishes);
    free(client->rests);
    free(client->name);
}

int suggest(const char *path, const struct suggest_options *options, char *const environment[])
{
    struct findings findings = {.options = options, .environment = environment, .router = router_new()};
    int code = NOT_READ;

    if (findings.router == NULL)
        abort();
    if (read_log(&findings, path))
        code = print(&findings);
    for (size_t i = 0; i < findings.count; i++)
        free_client(&findings.clients[i]);
    free(findings.clients);
    router_free(findings.router);
    return code;
}
