/* The rules by which the proxy protects itself; protection.c decides the same for `explain`. */
#include "config_parts.h"

#include "bounded.h"
#include "protection.h"
#include "words.h"

#include <string.h>

struct writing {
    FILE *out;
    const struct profile *profile;
    const struct protection *protection;
};

static bool is_libpod(const struct protected_operation *operation)
{
    return strstr(operation->id, "Libpod") != NULL;
}

static bool is_of_container(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_OWN || operation->subject == PROTECT_HOLDER;
}

static bool is_of_engine(const struct protected_operation *operation)
{
    return !is_libpod(operation);
}

static bool is_into(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_HOLDER;
}

static bool is_of_own_only(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_OWN;
}

static bool is_of_service(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_SERVICE;
}

static bool is_of_volume(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_VOLUME;
}

/* An ACL of that name for the open operations of a kind. Returns whether there are any. */
static bool put_operations(const struct writing *writing, const char *acl, bool (*wanted)(const struct protected_operation *))
{
    char head[64];
    struct words words = {.out = writing->out, .head = head, .tail = ""};

    bounded_format(head, sizeof head, "acl %s var(txn.operation) -m str", acl);
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++)
        if (wanted(operation) && permissions_open(&writing->profile->permissions, operation->id))
            words_add(&words, operation->id);
    words_end(&words);
    return words.count > 0;
}

/* An ACL of that name for the references to a subject. */
static void put_targets(const struct writing *writing, const char *acl, enum protection_subject subject)
{
    const struct protection *protection = writing->protection;

    for (size_t i = 0; i < protection->counts[subject]; i++) {
        const struct protection_target *target = &protection->targets[subject][i];
        char head[64];
        struct words words = {.out = writing->out, .head = head, .tail = ""};

        bounded_format(head, sizeof head, "acl %s var(txn.reference) -m str", acl);
        for (size_t k = 0; target->names != NULL && k < target->names->count; k++)
            words_add(&words, target->names->items[k]);
        words_end(&words);
        fprintf(writing->out, "    acl %s var(txn.reference) -m reg%s '%s'\n", acl, subject == PROTECT_SERVICE ? " -i" : "",
                target->regex);
    }
}

/* The rule that catches references to a subject, if there are operations on it that are open. */
static void put_subject(const struct writing *writing, enum protection_subject subject, const char *name,
                        bool (*wanted)(const struct protected_operation *))
{
    char to[32];
    char on[32];

    bounded_format(to, sizeof to, "to_%s", name);
    bounded_format(on, sizeof on, "on_%s", name);
    if (writing->protection->counts[subject] == 0 || !put_operations(writing, on, wanted))
        return;
    put_targets(writing, to, subject);
    fprintf(writing->out, "    http-request set-var(txn.protected) str(%s) if refers !protected %s %s\n", name, on, to);
}

/* Where the own container is not known, what could be it is taken for it. The holders are not known either, so that what they
 * are protected from is refused for every container. */
static void put_unknown(const struct writing *writing)
{
    const struct inventory *inventory = writing->protection->inventory;
    FILE *out = writing->out;

    if (inventory->known)
        return;
    fputs("    # The Engine has not told all that it takes to know the own container: what could be meant is refused.\n", out);
    if (inventory->own.id == NULL) {
        fputs("    http-request set-var(txn.protected) str(unknown) if refers !protected\n", out);
        return;
    }
    put_operations(writing, "on_own_only", is_of_own_only);
    fprintf(out,
            "    acl on_own_only always_false\n"
            "    acl to_other var(txn.reference) -m reg '%s'\n"
            "    http-request set-var(txn.protected) str(unknown) if refers !protected !on_own_only\n"
            "    http-request set-var(txn.protected) str(unknown) if refers !protected !to_other\n",
            PROTECTION_OTHER);
}

static bool reason_seen(const struct writing *writing, const struct protected_operation *until)
{
    for (const struct protected_operation *operation = protected_operations; operation < until; operation++)
        if (strcmp(operation->because, until->because) == 0 && permissions_open(&writing->profile->permissions, operation->id))
            return true;
    return false;
}

/* Why: one rule for each different reason. */
static void put_reasons(const struct writing *writing)
{
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++) {
        char head[256];
        struct words words = {.out = writing->out, .head = head, .tail = " }"};

        if (!permissions_open(&writing->profile->permissions, operation->id) || reason_seen(writing, operation))
            continue;
        bounded_format(head, sizeof head, "http-request set-var-fmt(txn.because) '%s' if protected { var(txn.operation) -m str",
                       operation->because);
        for (const struct protected_operation *other = operation; other->id != NULL; other++)
            if (strcmp(other->because, operation->because) == 0 && permissions_open(&writing->profile->permissions, other->id))
                words_add(&words, other->id);
        words_end(&words);
    }
}

static void put_detail(FILE *out, const char *name, const char *says)
{
    fprintf(out,
            "    http-request set-var-fmt(txn.detail) '%%[var(txn.reference)] %s, and %%[var(txn.because)]; " PROTECTION_SAYS_NEVER
            "' if { var(txn.protected) -m str %s }\n",
            says, name);
}

static void put_answer(const struct writing *writing)
{
    FILE *out = writing->out;

    put_reasons(writing);
    put_detail(out, "own", PROTECTION_SAYS_OWN);
    put_detail(out, "holder", PROTECTION_SAYS_HOLDER);
    put_detail(out, "service", PROTECTION_SAYS_SERVICE);
    put_detail(out, "volume", PROTECTION_SAYS_VOLUME);
    fputs("    http-request set-var-fmt(txn.detail) '" PROTECTION_SAYS_ODD "' if { var(txn.protected) -m str odd }\n"
          "    http-request set-var-fmt(txn.detail) '" PROTECTION_SAYS_UNKNOWN "' if { var(txn.protected) -m str unknown }\n"
          "    http-request set-log-level warning if protected\n"
          "    http-request set-var(txn.verdict) str(Forbidden) if protected\n"
          "    http-request set-var(txn.shown) var(txn.path),json(utf8s),regsub('\"\\\\\\\\/\",\"/\",g') if protected\n"
          "    http-request return status 403 content-type application/json lf-string '{\"message\":\"docker-socket-proxy: "
          "%[var(txn.method),json(utf8s)] %[var(txn.shown)] is forbidden: %[var(txn.detail)]\"}' if protected\n",
          out);
}

static void put_comment(const struct writing *writing)
{
    const struct inventory *inventory = writing->protection->inventory;
    FILE *out = writing->out;

    fputs("\n    # The proxy protects itself: what could change its own container, or be a command in one that holds the Engine's\n"
          "    # socket, is refused, by name and by any beginning of the id. All others pass here with one look.\n",
          out);
    if (inventory->own.id != NULL)
        fprintf(out, "    #   own: %s %.12s\n", inventory->own.names.count > 0 ? inventory->own.names.items[0] : "", inventory->own.id);
    for (size_t i = 0; i < inventory->holder_count; i++)
        fprintf(out, "    #   with the socket: %s %.12s\n",
                inventory->holders[i].names.count > 0 ? inventory->holders[i].names.items[0] : "", inventory->holders[i].id);
}

void write_protection(FILE *out, const struct profile *profile, const struct inventory *inventory)
{
    struct protection protection;
    const struct writing writing = {.out = out, .profile = profile, .protection = &protection};
    bool any = false;

    protection_make(&protection, inventory);
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++)
        any |= permissions_open(&profile->permissions, operation->id);
    if (inventory->contained && any) {
        put_comment(&writing);
        if (put_operations(&writing, "names_target", is_of_engine))
            fputs("    http-request set-var(txn.reference) var(txn.unversioned),field(3,/) if names_target\n", out);
        if (put_operations(&writing, "names_libpod_target", is_libpod))
            fputs("    http-request set-var(txn.reference) var(txn.unversioned),field(4,/),url_dec if names_libpod_target\n", out);
        fputs("    acl refers var(txn.reference) -m found\n"
              "    acl protected var(txn.protected) -m found\n"
              "    acl plain var(txn.reference) -m reg '" PROTECTION_PLAIN "'\n"
              "    http-request set-var(txn.protected) str(odd) if refers !plain\n",
              out);
        put_subject(&writing, PROTECT_OWN, "own", is_of_container);
        put_subject(&writing, PROTECT_HOLDER, "holder", is_into);
        put_subject(&writing, PROTECT_SERVICE, "service", is_of_service);
        put_subject(&writing, PROTECT_VOLUME, "volume", is_of_volume);
        put_unknown(&writing);
        put_answer(&writing);
    }
    protection_free(&protection);
}
