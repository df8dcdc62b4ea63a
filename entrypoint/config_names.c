/* Profiles of clients that have names, which only the DNS of the container network knows. */
#include "config_parts.h"

#include <stdint.h>
#include <string.h>

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

/* ---- sections ---- */

void write_name_resolvers(FILE *out, const struct environment *environment)
{
    if (!needs_resolvers(environment))
        return;
    fputs("\n# The DNS of the container network, asked anew for each connection: an address may have changed hands.\n"
          "resolvers container_dns\n"
          "    parse-resolv-conf\n"
          "    resolve_retries 1\n"
          "    timeout resolve 10ms\n"
          "    timeout retry 300ms\n"
          "    hold valid 10ms\n"
          "    hold nx 10ms\n"
          "    hold obsolete 0s\n"
          "\n# The same, asked now and then whether a name is known at all.\n"
          "resolvers presence\n"
          "    parse-resolv-conf\n"
          "    resolve_retries 1\n"
          "    timeout resolve 5s\n"
          "    timeout retry 1s\n"
          "    hold nx 1s\n"
          "    hold timeout 1s\n"
          "    hold refused 1s\n"
          "    hold other 1s\n",
          out);
}

void write_presence(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);

    if (!needs_resolvers(environment))
        return;
    fputs("\n# Nothing is sent to these: they tell which of the profiles' names can be resolved.\n"
          "backend names\n"
          "    no log\n",
          out);
    while (next(&name))
        fprintf(out, "    server %s %s:1 resolvers presence resolve-prefer ipv4 init-addr none\n", name.text, name.text);
}

/* ---- rules ---- */

static void write_look_up(FILE *out, const struct name *name, const char *condition)
{
    for (unsigned version = 4; version <= 6; version += 2)
        fprintf(out, "    tcp-request content do-resolve(sess.address_%u,container_dns,ipv%u) str(%s) if %s %sv4\n",
                name->number, version, name->text, condition, version == 4 ? "" : "!");
}

/* The name that the address had before is asked for first; whatever comes of it, the answer is of now. */
static void write_as_before(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);
    char condition[64];

    while (next(&name)) {
        snprintf(condition, sizeof condition, "{ var(sess.before) -m int %u }", name.number);
        write_look_up(out, &name, condition);
        fprintf(out, "    tcp-request content set-var(sess.profile) str(%s) if has_name_%u\n",
                profile_log_name(name.profile), name.number);
    }
}

static void write_anew(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);
    char condition[64];

    while (next(&name)) {
        snprintf(condition, sizeof condition, "!known ask_%u", name.number);
        write_look_up(out, &name, condition);
        fprintf(out,
                "    tcp-request content sc-set-gpt(0,1) %u if !known has_name_%u\n"
                "    tcp-request content set-var(sess.profile) str(%s) if !known has_name_%u\n",
                name.number, name.number, profile_log_name(name.profile), name.number);
    }
}

/* (The time is compared as a variable: rules wait as long as they may for a sample to change that did not match, and
 * HAProxy takes `date` for one.) */
void write_names(FILE *out, const struct environment *environment)
{
    struct name name = before_first(environment);

    if (!needs_resolvers(environment))
        return;
    fputs("    # Names are asked for when a connection comes in; what is remembered of its address decides nothing, it only\n"
          "    # saves questions: the name it had (gpt 0) is asked for first, one that had none is not asked for again within\n"
          "    # two seconds (gpt 1), and names that cannot be resolved, which may take the DNS long to say, are asked for only\n"
          "    # if the address is new or has changed hands (gpt 2).\n"
          "    acl ip    src 0.0.0.0/0 ::/0\n"
          "    acl v4    src 0.0.0.0/0\n"
          "    acl own   src 127.0.0.0/8 ::1 # the health check, which must not wait for the DNS\n"
          "    acl known var(sess.profile) -m found\n",
          out);
    while (next(&name))
        fprintf(out,
                "    acl has_name_%u src,strcmp(sess.address_%u) eq 0\n"
                "    acl ask_%u srv_is_up(names/%s)\n"
                "    acl ask_%u var(sess.since) -m int lt 6\n",
                name.number, name.number, name.number, name.text, name.number);
    fprintf(out,
            "    tcp-request inspect-delay 10s\n"
            "    tcp-request content accept if known\n"
            "    tcp-request content accept if own\n"
            "    tcp-request content accept unless ip\n"
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
          "    tcp-request content set-var(sess.since) date,sub(sess.when)\n",
          out);
    write_anew(out, environment);
    fprintf(out,
            "    tcp-request content sc-set-gpt(0,1) %u unless known\n"
            "    tcp-request content sc-set-gpt(1,1) date unless known\n",
            NOBODY);
}
