/* What HAProxy's maps say of the containers, and the commands that make them so. */
#include "config/maps.h"
#include "process/mirror.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who has which profile ---- */

static struct known_container container_with(const char *id, const char *name, const char *const labels[])
{
    static struct known_address address;
    struct known_container container = {
        .addresses = &address, .address_count = 1, .label_origin = ORIGIN_CONTAINER, .image = "sha256:1234"};

    snprintf(address.text, sizeof address.text, "10.0.0.9");
    container.entry.container.id = (char *)id;
    inventory_list_add(&container.entry.container.names, name);
    for (; *labels != NULL; labels++)
        inventory_list_add(&container.labels, *labels);
    inventory_list_sort(&container.labels);
    return container;
}

static void forget(struct known_container *container)
{
    inventory_list_free(&container->entry.container.names);
    inventory_list_free(&container->labels);
}

static const char *value_of(const struct map_entries *entries, const char *map, const char *key)
{
    const char *found = NULL;

    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->list[i].map, map) == 0 && strcmp(entries->list[i].key, key) == 0)
            found = entries->list[i].value;
    return found;
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define LABELS_MAX 5

static const struct {
    const char *variables[4];
    const char *own; /* the project of the proxy's own container; NULL: none */
    const char *name;
    const char *labels[LABELS_MAX];
    const char *profile;
} cases[] = {
    {{"PROFILE_A_FROM=web"}, NULL, "web", {NULL}, "a"},
    {{"PROFILE_A_FROM=web"}, NULL, "Web", {NULL}, "-"},
    {{"PROFILE_A_FROM=web"}, NULL, "web2", {NULL}, "-"},
    {{"PROFILE_A_FROM=dns:web", "PROFILES_FROM_LABELS=1"}, NULL, "web", {NULL}, "-"},
    /* a service of the own project; of any project if there is no own one */
    {{"PROFILE_A_FROM=web"}, NULL, "p-web-1", {"com.docker.compose.project=p", "com.docker.compose.service=web"}, "a"},
    {{"PROFILE_A_FROM=web"}, "p", "p-web-1", {"com.docker.compose.project=p", "com.docker.compose.service=web"}, "a"},
    {{"PROFILE_A_FROM=web"}, "p", "q-web-1", {"com.docker.compose.project=q", "com.docker.compose.service=web"}, "-"},
    {{"PROFILE_A_FROM=service:web"},
     "p",
     "q-web-1",
     {"com.docker.compose.project=q", "com.docker.compose.service=web"},
     "a"},
    {{"PROFILE_A_FROM=service:q/web"},
     "p",
     "q-web-1",
     {"com.docker.compose.project=q", "com.docker.compose.service=web"},
     "a"},
    {{"PROFILE_A_FROM=service:p/web"},
     "p",
     "q-web-1",
     {"com.docker.compose.project=q", "com.docker.compose.service=web"},
     "-"},
    {{"PROFILE_A_FROM=service:web"}, NULL, "web", {NULL}, "-"},
    /* the image may have the labels, but not the name of a container, nor a label with its own id */
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "x",
     {"com.docker.compose.project=p", "com.docker.compose.service=web"},
     "-"},
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "x",
     {"com.docker.compose.image=sha256:1234", "com.docker.compose.project=p", "com.docker.compose.service=web"},
     "a"},
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "x",
     {"com.docker.compose.image=sha256:123", "com.docker.compose.project=p", "com.docker.compose.service=web"},
     "-"},
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "p-web-x",
     {"com.docker.compose.project=p", "com.docker.compose.service=web"},
     "-"},
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "p_web_12",
     {"com.docker.compose.project=p", "com.docker.compose.service=web"},
     "a"},
    {{"PROFILE_A_FROM=service:s_web"}, NULL, "s_web.1.x", {"com.docker.swarm.service.name=s_web"}, "-"},
    {{"PROFILE_A_FROM=service:s_web"},
     NULL,
     "x",
     {"com.docker.swarm.service.name=s_web", "com.docker.swarm.task.id=x"},
     "-"},
    /* of Swarm */
    {{"PROFILE_A_FROM=service:s_web"},
     NULL,
     "s_web.1.x",
     {"com.docker.swarm.service.name=s_web", "com.docker.swarm.task.id=x"},
     "a"},
    {{"PROFILE_A_FROM=service:web"}, NULL, "s_web.1.x", {"com.docker.swarm.service.name=s_web"}, "-"},
    {{"PROFILE_A_FROM=service:web"},
     NULL,
     "s_web.1.x",
     {"com.docker.swarm.service.name=s_web", "com.docker.stack.namespace=s", "com.docker.swarm.task.id=x"},
     "a"},
    {{"PROFILE_A_FROM=service:s/web"},
     NULL,
     "s_web.1.x",
     {"com.docker.swarm.service.name=s_web", "com.docker.stack.namespace=s", "com.docker.swarm.task.id=x"},
     "a"},
    {{"PROFILE_A_FROM=service:s_web"},
     NULL,
     "s_web.1.x",
     {"com.docker.swarm.service.name=s_web", "com.docker.stack.namespace=s", "com.docker.swarm.task.id=x"},
     "a"},
    /* of both: an image has the labels of one of them */
    {{"PROFILE_A_FROM=service:web", "PROFILE_B_FROM=service:s_web"},
     NULL,
     "x",
     {"com.docker.swarm.service.name=s_web", "com.docker.compose.service=web"},
     "-"},
    {{"PROFILE_A_FROM=web"}, NULL, "x", {"com.docker.swarm.service.name=s_web", "com.docker.compose.service=web"}, "-"},
    /* the most specific claim counts, in whichever order the profiles are */
    {{"PROFILE_A_FROM=service:web", "PROFILE_B_FROM=service:p/web", "PROFILE_C_FROM=web-1"},
     NULL,
     "web-1",
     {"com.docker.compose.image=sha256:1234", "com.docker.compose.project=p", "com.docker.compose.service=web"},
     "c"},
    {{"PROFILE_A_FROM=service:p/web", "PROFILE_B_FROM=service:web"},
     NULL,
     "p-web-2",
     {"com.docker.compose.project=p", "com.docker.compose.service=web"},
     "a"},
    {{"PROFILE_A_FROM=service:web", "PROFILE_B_FROM=service:s_web"},
     NULL,
     "s_web.2.x",
     {"com.docker.swarm.service.name=s_web", "com.docker.stack.namespace=s", "com.docker.swarm.task.id=x"},
     "?*"},
    /* labels */
    {{"PROFILE_A_FROM=web", "PROFILES_FROM_LABELS=1"}, NULL, "x", {"docker-socket-proxy.profile=a"}, "a"},
    {{"PROFILE_A_FROM=web", "PROFILES_FROM_LABELS=1"}, NULL, "x", {"docker-socket-proxy.profile=A"}, "a"},
    {{"PROFILE_A_FROM=web"}, NULL, "x", {"docker-socket-proxy.profile=a"}, "-"},
    {{"PROFILE_A_FROM=web", "PROFILE_B_FROM=y", "PROFILES_FROM_LABELS=1"},
     NULL,
     "web",
     {"docker-socket-proxy.profile=b"},
     "a"},
    {{"PROFILE_A_FROM=web", "PROFILES_FROM_LABELS=1"}, NULL, "x", {"docker-socket-proxy.profile="}, "?-"},
    {{"PROFILE_A_FROM=web", "PROFILES_FROM_LABELS=1"}, NULL, "x", {"docker-socket-proxy.profile=b c\n;"}, "?b_c__"},
    {{"PROFILE_A_FROM=web", "PROFILES_FROM_LABELS=1"}, NULL, "x", {"docker-socket-proxy.profile=*"}, "?_"},
};

START_TEST(test_profile)
{
    const char *const none[] = {NULL};
    const char *own_labels[4] = {NULL};
    char own_project[64];
    char *variables[] = {"PROFILE_A_ALLOW_INFO=1", (char *)cases[_i].variables[0], (char *)cases[_i].variables[1],
                         (char *)cases[_i].variables[2], NULL};
    struct problems problems = {.to = stderr};
    struct environment environment;
    struct known_container container = container_with(ID, cases[_i].name, cases[_i].labels);
    struct known_container own;
    struct known_container *list[] = {&container, &own};
    struct containers containers = {.known = true, .count = 2, .list = list};
    struct inventory inventory = {.contained = true, .known = true};
    struct maps_of of = {.environment = &environment, .inventory = &inventory};
    struct map_entries entries = {.count = 0};

    if (cases[_i].own != NULL) {
        snprintf(own_project, sizeof own_project, "com.docker.compose.project=%s", cases[_i].own);
        own_labels[0] = own_project;
        own_labels[1] = "com.docker.compose.service=proxy";
        own_labels[2] = "com.docker.compose.image=sha256:1234";
    }
    own = container_with("f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "proxy",
                         cases[_i].own != NULL ? own_labels : none);
    inventory.own.id = own.entry.container.id;
    environment_read(&environment, variables, &problems);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert(maps_needed(&environment, &inventory) || strcmp(cases[_i].profile, "-") == 0);
    maps_add_container(&entries, &of, &containers, &container);
    if (maps_needed(&environment, &inventory)) {
        ck_assert_str_eq(value_of(&entries, "profiles", "10.0.0.9"), cases[_i].profile);
        ck_assert_str_eq(value_of(&entries, "clients", "10.0.0.9"), cases[_i].name);
    }
    /* While the own container is not known, a name is not that of any service. */
    map_entries_free(&entries);
    inventory.own.id = NULL;
    maps_add_container(&entries, &of, &containers, &container);
    if (strcmp(cases[_i].variables[0], "PROFILE_A_FROM=web") == 0 && cases[_i].variables[1] == NULL &&
        strcmp(cases[_i].name, "web") != 0)
        ck_assert_str_eq(value_of(&entries, "profiles", "10.0.0.9"), "-");
    map_entries_free(&entries);
    environment_free(&environment);
    forget(&container);
    forget(&own);
}
END_TEST

START_TEST(test_references)
{
    const char *const none[] = {NULL};
    struct known_container container = container_with(ID, "web", none);
    struct map_entries entries = {.count = 0};

    map_references_add(&entries, "m", &container, "why; not", true);
    ck_assert_uint_eq(entries.count, 13);
    ck_assert_str_eq(value_of(&entries, "m", "0"), ID "|why; not");
    ck_assert_str_eq(value_of(&entries, "m", "0123456789ab"), ID "|why; not");
    ck_assert_ptr_null(value_of(&entries, "m", "0123456789abc"));
    ck_assert_str_eq(value_of(&entries, "m", "web"), ID "|why; not");
    map_entries_free(&entries);
    map_references_add(&entries, "m", &container, NULL, false);
    ck_assert_str_eq(value_of(&entries, "m", "web"), ID);
    map_entries_free(&entries);
    forget(&container);
}
END_TEST

/* ---- commands ---- */

static struct console console;
static struct mirror *mirror;
static char *said;

/* The commands for the changes so far. */
static const char *told(void)
{
    free(said);
    said = NULL;
    while (!mirror_tell(mirror, &console))
        ;
    said = console.waiting != NULL ? console.waiting : calloc(1, 1);
    console = (struct console){.fd = -1};
    return said;
}

static void begin(void)
{
    mirror = mirror_new();
    console = (struct console){.fd = -1};
}

static void end(void)
{
    mirror_free(mirror);
    free(said);
    said = NULL;
}

static struct map_entries one(const char *map, const char *key, const char *value, bool closes)
{
    struct map_entries entries = {.count = 0};

    map_entry_add(&entries, map, key, value, closes);
    return entries;
}

START_TEST(test_changes)
{
    struct map_entries a = one("clients", "10.0.0.1", "a", false);
    struct map_entries b = one("clients", "10.0.0.1", "b c;\\", false);
    struct map_entries c = one("other", "x", "y", false);

    mirror_claim(mirror, &a);
    mirror_claim(mirror, &c);
    ck_assert_str_eq(told(), "add map virtual/clients <<\n10.0.0.1 a\n\nadd map virtual/other <<\nx y\n\n");
    ck_assert_str_eq(told(), "");
    mirror_claim(mirror, &b);
    mirror_withdraw(mirror, &a);
    ck_assert_str_eq(told(), "set map virtual/clients 10\\.0\\.0\\.1 b\\ c\\;\\\\\n");
    mirror_withdraw(mirror, &b);
    mirror_claim(mirror, &b);
    ck_assert_str_eq(told(), ""); /* nothing has changed in the end */
    mirror_withdraw(mirror, &b);
    mirror_withdraw(mirror, &c);
    told();
    ck_assert_ptr_nonnull(strstr(said, "del map virtual/clients 10\\.0\\.0\\.1\n"));
    ck_assert_ptr_nonnull(strstr(said, "del map virtual/other x\n"));
    map_entries_free(&a);
    map_entries_free(&b);
    map_entries_free(&c);
}
END_TEST

START_TEST(test_disputes)
{
    struct map_entries a = one("targets", "x", "a", false);
    struct map_entries b = one("targets", "x", "b", false);
    struct map_entries same = one("targets", "x", "a", false);
    struct map_entries closed = one("targets", "x", "no", true);
    struct map_entries p = one("profiles", "10.0.0.1", "p", false);
    struct map_entries q = one("profiles", "10.0.0.1", "q", false);

    mirror_claim(mirror, &a);
    mirror_claim(mirror, &same);
    ck_assert_str_eq(told(), "add map virtual/targets <<\nx a\n\n");
    mirror_claim(mirror, &b);
    ck_assert_str_eq(told(), "del map virtual/targets x\n");
    mirror_claim(mirror, &closed);
    ck_assert_str_eq(told(), "add map virtual/targets <<\nx no\n\n");
    mirror_withdraw(mirror, &closed);
    mirror_withdraw(mirror, &a);
    mirror_withdraw(mirror, &same);
    ck_assert_str_eq(told(), "set map virtual/targets x b\n");
    /* an address that two have is nobody's */
    mirror_claim(mirror, &p);
    mirror_claim(mirror, &q);
    ck_assert_str_eq(told(), "add map virtual/profiles <<\n10.0.0.1 ?\n\n");
    mirror_withdraw(mirror, &b);
    mirror_withdraw(mirror, &p);
    mirror_withdraw(mirror, &q);
    map_entries_free(&a);
    map_entries_free(&b);
    map_entries_free(&same);
    map_entries_free(&closed);
    map_entries_free(&p);
    map_entries_free(&q);
}
END_TEST

/* A slow HAProxy gets no more than the console has room for; and after an error everything is said anew. */
START_TEST(test_much)
{
    struct map_entries many = {.count = 0};
    struct inventory_list names = {.count = 0};
    size_t entries = 0;

    for (int i = 0; i < 5000; i++) {
        char key[32];

        snprintf(key, sizeof key, "10.0.%d.%d", i / 250, i % 250);
        map_entry_add(&many, "clients", key, "a-name-of-twenty-one-characters", false);
    }
    mirror_claim(mirror, &many);
    ck_assert(!mirror_tell(mirror, &console));
    ck_assert_uint_lt(console.length, 80 * 1024);
    free(console.waiting);
    console = (struct console){.fd = -1};
    inventory_list_add(&names, "clients");
    mirror_start_over(mirror, &console, &names);
    ck_assert_str_eq(console.waiting, "clear map virtual/clients\n");
    free(console.waiting);
    console = (struct console){.fd = -1};
    for (bool all = false; !all;) {
        all = mirror_tell(mirror, &console);
        for (const char *c = console.waiting; *c != '\0'; c++)
            entries += *c == '\n' && c[1] != '\0' && strncmp(c + 1, "10.", 3) == 0;
        free(console.waiting);
        console = (struct console){.fd = -1};
    }
    ck_assert_uint_eq(entries, 5000);
    mirror_withdraw(mirror, &many);
    inventory_list_free(&names);
    map_entries_free(&many);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maps");
    TCase *entries = tcase_create("entries");
    TCase *commands = tcase_create("commands");

    tcase_add_loop_test(entries, test_profile, 0, sizeof cases / sizeof *cases);
    tcase_add_test(entries, test_references);
    suite_add_tcase(suite, entries);
    tcase_add_checked_fixture(commands, begin, end);
    tcase_add_test(commands, test_changes);
    tcase_add_test(commands, test_disputes);
    tcase_add_test(commands, test_much);
    suite_add_tcase(suite, commands);
    return run(suite);
}
