/* Profiles of clients that have names, which only the DNS of the container network knows. */
#include "config_parts.h"

#include "bounded.h"
#include "request.h"

#include <stdint.h>
#include <string.h>

#define OWN "own:%zu" /* what the backend calls the proxy itself; a name has no colon */
#define NOBODY UINT32_MAX /* remembered of an address that had none of the names */

/* ---- the names of all profiles, counted from 1 ---- */

struct name {
    const struct environment *environment;
    const struct profile *profile;
    const char *text;
    unsigned number;
    size_t next_profile;
    size_t next_client;
};

/* An iterator that stands before the first name. */
static struct name before_first(const struct environment *environment)
{
    return (struct name){.environment = environment, .next_profile = 1};
}

/* Steps to the next name; false behind the last. */
static bool next(struct name *name)
{
    for (; name->next_profile < name->environment->profile_count; name->next_profile++, name->next_client = 0) {
        const struct profile *profile = &name->environment->profiles[name->next_profile];

        while (name->next_client < profile->clients.count) {
            const struct client *client = &profile->clients.list[name->next_client++];

            if (client->kind != CLIENT_NAME)
                continue;
            name->profile = profile;
            name->text = client->text;
            name->number++;
            return true;
        }
    }
    return false;
}

bool needs_resolvers(const struct environment *environment)
{
    struct name name = before_first(environment);

    return next(&name);
}

static bool is_claimed(const struct environment *environment, const char *text)
{
    struct name name = before_first(environment);

    while (next(&name))
        if (strcmp(name.text, text) == 0)
            return true;
    return false;
}

/* Steps *i on to one of our own names that no profile has; false behind the last. */
static bool own_name(const struct environment *environment, const struct machine *machine, size_t *i)
{
    while (*i < machine->own_name_count && is_claimed(environment, machine->own_names[*i]))
        (*i)++;
    return *i < machine->own_name_count;
}

/* ---- sections ---- */

/* (No answer is kept: HAProxy gives a kept one also to a client that is gone, see write_proof.) */
void write_name_resolvers(FILE *out, const struct environment *environment)
{
    if (!needs_resolvers(environment))
        return;
    fputs("\n# The DNS of the container network, asked anew for each connection: an address may have changed hands.\n"
          "resolvers container_dns\n"
          "    parse-resolv-conf\n"
          "    resolve_retries 1\n"
          "    timeout resolve 1ms\n"
          "    timeout retry 300ms\n"
          "    hold valid 0\n"
          "    hold nx 0\n"
          "    hold obsolete 0\n"
          "\n# The same, asked now and then whether a name is known at all.\n"
          "resolvers presence\n"
          "    parse-resolv-conf\n"
          "    resolve_retries 1\n"
          "    timeout resolve 5s\n"
          "    timeout retry 1s\n"
          "    hold nx 1s\n"
          "    hold timeout 1s\n"
          "    hold refused 1s\n"
          "    hold other 1s\n"
          "\n# Our own names, once known, are gone only if the DNS says so: its silence is no answer.\n"
          "resolvers itself\n"
          "    parse-resolv-conf\n"
          "    resolve_retries 1\n"
          "    timeout resolve 5s\n"
          "    timeout retry 1s\n"
          "    hold nx 1s\n"
          "    hold timeout 24d\n"
          "    hold refused 24d\n"
          "    hold other 24d\n",
          out);
}

void write_presence(FILE *out, const struct environment *environment, const struct machine *machine)
{
    struct name name = before_first(environment);

    if (!needs_resolvers(environment))
        return;
    fputs("\n# Nothing is sent to these: they tell which of the profiles' names can be resolved, and which of our own can.\n"
          "backend names\n"
          "    no log\n",
          out);
    for (size_t i = 0; own_name(environment, machine, &i); i++)
        fprintf(out, "    server " OWN " %s:1 resolvers itself resolve-prefer ipv4 init-addr none\n", i, machine->own_names[i]);
    while (next(&name))
        fprintf(out, "    server %s %s:1 resolvers presence resolve-prefer ipv4 init-addr none\n", name.text, name.text);
}

/* ---- rules ---- */

static void write_look_up(FILE *out, const struct name *name, const char *condition)
{
    fprintf(out,
            "    tcp-request content do-resolve(sess.address_%u,container_dns,ipv4) str(%s) if %s !v6\n"
            "    tcp-request content do-resolve(sess.address_%u,container_dns,ipv6) str(%s) if %s v6\n",
            name->number, name->text, condition, name->number, name->text, condition);
}

/* The name that the address had before is asked for first; whatever comes of it, the answer is of now. */
static void write_as_before(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);
    char condition[64];

    while (next(&name)) {
        bounded_format(condition, sizeof condition, "{ var(sess.before) -m int %u }", name.number);
        write_look_up(out, &name, condition);
        fprintf(out, "    tcp-request content set-var(sess.profile) str(%s) if has_name_%u\n",
                profile_log_name(name.profile), name.number);
    }
}

/* Asks for the names that can be resolved, or for the others. */
static void write_anew(FILE *out, const struct environment *environment, bool up)
{
    struct name name = before_first(environment);
    char condition[64];

    while (next(&name)) {
        bounded_format(condition, sizeof condition, up ? "!known !unsure up_%u" : "!known !unsure !up_%u new in_time", name.number);
        if (!up)
            fputs("    tcp-request content set-var(sess.spent) date(0,ms),sub(sess.begin) unless known\n", out);
        write_look_up(out, &name, condition);
        fprintf(out,
                "    tcp-request content sc-set-gpt(0,1) %u if !known has_name_%u\n"
                "    tcp-request content set-var(sess.profile) str(%s) if !known has_name_%u\n",
                name.number, name.number, profile_log_name(name.profile), name.number);
    }
}

/* A name that could be resolved and has no answer now, after longer than an answer takes, has not been denied by the DNS. */
static void write_silence(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);

    fputs("    tcp-request content set-var(sess.spent) date(0,ms),sub(sess.begin)\n", out);
    while (next(&name))
        fprintf(out, "    tcp-request content set-var(sess.unsure) bool(true) if !known slow up_%u !{ var(sess.address_%u) -m found }\n",
                name.number, name.number);
}

/* The name that must have an answer: one of our own, or one that can be resolved. Where there is none yet, right after the start,
 * nobody is told apart. */
static void write_proof_name(FILE *out, const struct environment *environment, const struct machine *machine)
{
    struct name name = before_first(environment);

    fputs("    tcp-request content unset-var(sess.proof_name)\n", out);
    for (size_t i = 0; own_name(environment, machine, &i); i++)
        fprintf(out, "    tcp-request content set-var(sess.proof_name,ifnotset) str(%s) if { srv_is_up(names/" OWN ") }\n", machine->own_names[i], i);
    while (next(&name))
        fprintf(out, "    tcp-request content set-var(sess.proof_name,ifnotset) str(%s) if up_%u\n", name.text, name.number);
    fputs("    acl to_prove var(sess.proof_name) -m found\n"
          "    acl proven   var(sess.proof) -m found\n"
          "    acl starting var(sess.uptime) -m int 0:5\n"
          "    tcp-request content set-var(sess.uptime) date,sub(proc.begin)\n"
          "    tcp-request content set-var(sess.unsure) bool(true) if !to_prove starting\n",
          out);
}

/* A client that cuts its connection ends all questions at once, and HAProxy goes on as if the names did not exist; a DNS
 * that is silent for a moment looks the same. Neither must make a client nobody, who may be allowed more. So this is asked
 * before and after the others. */
static void write_proof(FILE *out)
{
    fputs("    tcp-request content unset-var(sess.proof)\n"
          "    tcp-request content do-resolve(sess.proof,container_dns,ipv4) var(sess.proof_name) if !known !unsure to_prove\n"
          "    tcp-request content do-resolve(sess.proof,container_dns,ipv6) var(sess.proof_name) if !known !unsure to_prove !proven\n"
          "    tcp-request content set-var(sess.unsure) bool(true) if !known to_prove !proven\n",
          out);
}

/* (Times are compared as variables: rules wait as long as they may for a sample to change that did not match, and HAProxy
 * takes `date` for one.) */
void write_names(FILE *out, const struct environment *environment, const struct machine *machine)
{
    struct name name = before_first(environment);

    if (!needs_resolvers(environment))
        return;
    fputs("    # Names are asked for when a connection comes in; what is remembered of its address only saves\n"
          "    # questions: the name it had (gpt 0) is asked for first, one that had none is not asked for again within\n"
          "    # two seconds (gpt 1), and names that cannot be resolved, which may take the DNS long to say, are asked for only\n"
          "    # if the address is new or has changed hands (gpt 2).\n"
          "    acl known   var(sess.profile) -m found\n"
          "    acl new     var(sess.since) -m int 0:5\n"
          "    acl slow    var(sess.spent) -m int ge 250 # milliseconds\n"
          "    acl in_time var(sess.spent) -m int 0:4999\n"
          "    acl unsure  var(sess.unsure) -m bool\n",
          out);
    while (next(&name))
        fprintf(out,
                "    acl has_name_%u src,strcmp(sess.address_%u) eq 0\n"
                "    acl up_%u srv_is_up(names/%s)\n",
                name.number, name.number, name.number, name.text);
    fprintf(out,
            "    tcp-request inspect-delay 10s\n"
            "    tcp-request content unset-var(sess.unsure)\n"
            "    tcp-request content accept if known\n"
            "    tcp-request content accept if own # the health check, which must not wait for the DNS\n"
            "    tcp-request content accept unless { src -m found }\n"
            "    tcp-request content set-var(sess.before) sc_get_gpt(0,1)\n"
            "    acl had_none var(sess.before) -m int %u\n"
            "    tcp-request content set-var(sess.when) sc_get_gpt(1,1)\n"
            "    tcp-request content set-var(sess.since) date,sub(sess.when)\n"
            "    tcp-request content accept if had_none { var(sess.since) -m int 0:1 }\n",
            NOBODY);
    write_as_before(out, environment);
    fputs("    tcp-request content accept if known\n"
          "    tcp-request content sc-set-gpt(2,1) date unless had_none\n"
          "    tcp-request content set-var(sess.when) sc_get_gpt(2,1)\n"
          "    tcp-request content set-var(sess.since) date,sub(sess.when)\n"
          "    tcp-request content set-var(sess.begin) date(0,ms)\n",
          out);
    write_proof_name(out, environment, machine);
    write_proof(out);
    for (name = before_first(environment); next(&name);)
        fprintf(out, "    tcp-request content unset-var(sess.address_%u)\n", name.number);
    write_anew(out, environment, true);
    write_silence(out, environment);
    write_anew(out, environment, false);
    write_proof(out);
    fprintf(out,
            "    tcp-request content sc-set-gpt(0,1) %u if !known !unsure\n"
            "    tcp-request content sc-set-gpt(1,1) date if !known !unsure\n"
            "    http-request set-var(txn.path) path,bytes(0,%d) if unsure\n"
            "    http-request set-var-fmt(txn.detail) 'the DNS does not answer' if unsure\n"
            "    http-request set-log-level warning if unsure\n"
            "    http-request return status 503 content-type application/json string "
            "'{\"message\":\"docker-socket-proxy: the DNS does not answer, which has to say who asks; try again\"}' if unsure\n",
            NOBODY, PATH_LENGTH_MAX + 1);
}
