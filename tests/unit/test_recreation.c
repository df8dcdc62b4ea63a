/* Which containers could not be created again, what is said of them, and what HAProxy's maps have. */
#include "config/maps.h"
#include "inventory/recreation.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID(digit) digit "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct environment environment;
static struct inventory inventory;
static struct containers containers;
static struct recreation *recreation;

static void begin(char *const variables[])
{
    struct problems problems = {.to = stderr};

    environment_read(&environment, variables, &problems);
    ck_assert_uint_eq(problems.count, 0);
    inventory = (struct inventory){.contained = false, .kind = ENGINE_DOCKER};
    recreation = recreation_new(&environment, &inventory);
}

static void end(void)
{
    recreation_free(recreation);
    environment_free(&environment);
}

static struct known_container container_of(char *id, char *name, bool running)
{
    static char *names[2];
    static size_t used;
    char **place = &names[used++ % 2];

    *place = name;
    return (struct known_container){.entry = {.container = {.id = id, .names = {1, place}}, .running = running}};
}

/* What is said of a container with that HostConfig; NULL: it could be created again. */
static char *text_of(size_t profile, const char *host, const char *labels, bool *warns)
{
    struct known_container container = container_of(ID("a"), "web", true);
    char inspection[2000];
    struct loss *loss;
    char *text;

    snprintf(inspection, sizeof inspection, "{\"Config\":{\"Image\":\"box\",\"Labels\":%s},\"HostConfig\":%s}", labels,
             host);
    loss = recreation_judge(recreation, &containers, &container, inspection, strlen(inspection));
    text = loss->profiles[profile].text;
    loss->profiles[profile].text = NULL;
    if (warns != NULL)
        *warns = loss->warns;
    loss_free(loss);
    return text;
}

static void expect(size_t profile, const char *host, const char *labels, const char *expected)
{
    char *text = text_of(profile, host, labels, NULL);

    if (expected == NULL)
        ck_assert_msg(text == NULL, "%s: %s", host, text);
    else
        ck_assert_msg(text != NULL && strcmp(text, expected) == 0, "%s: %s, not %s", host, text, expected);
    free(text);
}

static char *const wide[] = {
    "ALLOW_CREATE=1",           "ALLOW_DELETE=1",          "PROFILE_X_FROM=10.0.0.1",  "PROFILE_X_ALLOW_CREATE=1",
    "PROFILE_X_ALLOW_DELETE=1", "PROFILE_Y_FROM=10.0.0.2", "PROFILE_Y_ALLOW_CREATE=1", NULL};

START_TEST(test_reasons)
{
    bool warns;

    begin(wide);
    expect(0, "{\"Binds\":[\"data:/data\"]}", "null", NULL);
    expect(0, "{\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\"}]}", "null",
           "HostConfig.Devices \"/dev/net/tun\"; ALLOW_DEVICES=/dev/net/tun would allow it");
    expect(1, "{\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\"}]}", "null",
           "HostConfig.Devices \"/dev/net/tun\"; PROFILE_X_ALLOW_DEVICES=/dev/net/tun would allow it");
    expect(2, "{\"Privileged\":true}", "null", NULL); /* it may not delete */
    expect(
        0, "{\"Privileged\":true,\"Binds\":[\"/srv:/srv\"],\"CapAdd\":[\"NET_ADMIN\"]}", "null",
        "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it; 2 more reasons, see docker-socket-proxy suggest "
        "--recreate");
    /* labels */
    expect(0, "{\"Privileged\":true}", "{\"docker-socket-proxy.recreate\":\"false\"}", NULL);
    free(text_of(0, "{\"Privileged\":true}", "{\"com.centurylinklabs.watchtower.enable\":\"true\"}", &warns));
    ck_assert(warns);
    /* Watchtower leaves it alone, others do not */
    expect(0, "{\"Privileged\":true}", "{\"com.centurylinklabs.watchtower.enable\":\"false\"}",
           "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it");
    free(text_of(0, "{\"Privileged\":true}", "{\"com.centurylinklabs.watchtower.enable\":\"false\"}", &warns));
    ck_assert(!warns);
    end();
}
END_TEST

/* A string with \u0000 is judged as the guard judges it in a request. */
START_TEST(test_zero)
{
    begin(wide);
    expect(0, "{\"Binds\":[\"data:/data\"]}", "{\"a\\u0000b\":\"\\u0000\",\"c\":\"\xef\xbf\xbd\\\\u0000\"}", NULL);
    expect(0, "{\"Tmpfs\":{\"/a\\u0000b\":\"rw\"}}", "{}", "HostConfig.Tmpfs; ALLOW_BIND_MOUNTS=true would allow it");
    end();
}
END_TEST

/* What a client chooses gets neither out of a map's line nor out of JSON. */
START_TEST(test_hostile)
{
    static const char *const values[] = {"a|b",    "a\\nb",    "a\\u0007", "a;b", "a\\\"b",
                                         "a\\\\b", "\xc3\xa4", "${X}",     "%[x]"};

    begin(wide);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char host[200];
        char *text;

        snprintf(host, sizeof host, "{\"CapAdd\":[\"%s\"],\"%s\":1}", values[i], values[i]);
        text = text_of(0, host, "{}", NULL);
        ck_assert_ptr_nonnull(text);
        for (const char *c = text; *c != '\0'; c++)
            ck_assert_msg(*c >= ' ' && *c <= '~' && *c != '|' && *c != '\\', "%s", text);
        free(text);
    }
    end();
}
END_TEST

START_TEST(test_not_the_guard)
{
    struct known_container own = container_of(ID("b"), "socket-proxy", true);
    struct loss *loss;

    begin(wide);
    inventory.own.id = ID("b");
    loss = recreation_judge(recreation, &containers, &own, "{}", 2);
    ck_assert_str_eq(loss->profiles[0].text,
                     "this proxy runs in it; ALLOW_UNRECREATABLE=true would allow this all the same");
    ck_assert_ptr_null(loss->profiles[2].text);
    ck_assert(!loss->warns);
    loss_free(loss);
    inventory.own.id = NULL;
    for (int i = 0; i < 3; i++) {
        static const char *const bodies[] = {NULL, "[", "{\"Config\":{}}"};

        loss = recreation_judge(recreation, &containers, &own, bodies[i], bodies[i] == NULL ? 0 : strlen(bodies[i]));
        ck_assert_ptr_nonnull(strstr(loss->profiles[1].text, "PROFILE_X_ALLOW_UNRECREATABLE=true"));
        loss_free(loss);
    }
    end();
}
END_TEST

/* Watchtower writes the name of the container whose network it uses, others its id: both have to pass. */
START_TEST(test_network_of)
{
    static struct known_container vpn;
    static struct known_container *list[] = {&vpn};

    vpn = container_of(ID("c"), "vpn", true);
    containers = (struct containers){.known = true, .count = 1, .list = list};
    begin((char *[]){"ALLOW_CREATE=1", "ALLOW_DELETE=1", "ALLOW_HOST_NAMESPACES=network:container:*", NULL});
    expect(0, "{\"NetworkMode\":\"container:" ID("c") "\"}", "{}", NULL);
    end();
    begin((char *[]){"ALLOW_CREATE=1", "ALLOW_DELETE=1", "ALLOW_HOST_NAMESPACES=network:container:vpn", NULL});
    expect(0, "{\"NetworkMode\":\"container:vpn\"}", "{}", NULL);
    free(text_of(0, "{\"NetworkMode\":\"container:" ID("c") "\"}", "{}", NULL));
    end();
    memset(&containers, 0, sizeof containers);
}
END_TEST

/* ---- the maps ---- */

static const char *value_of(const struct map_entries *entries, const char *map, const char *key)
{
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->list[i].map, map) == 0 && strcmp(entries->list[i].key, key) == 0)
            return entries->list[i].value;
    return NULL;
}

START_TEST(test_maps)
{
    static const char inspection[] = "{\"Config\":{},\"HostConfig\":{\"Privileged\":true}}";
    struct known_container container = container_of(ID("d"), "cafe", false);
    struct map_entries entries = {.count = 0};
    struct inventory_list names = {.count = 0};
    struct loss *loss;

    begin(wide);
    {
        const struct maps_of of = {&environment, &inventory};

        ck_assert(maps_needed(&environment, &inventory));
        maps_names(&names, &of);
        ck_assert(inventory_list_has(&names, "lost") && inventory_list_has(&names, "lost_x"));
        ck_assert(inventory_list_has(&names, "lost-names") && !inventory_list_has(&names, "lost_y"));
        loss = recreation_judge(recreation, &containers, &container, inspection, strlen(inspection));
        container.attached = &(struct kept){.loss = loss};
        maps_add_container(&entries, &of, &containers, &container);
    }
    ck_assert_str_eq(value_of(&entries, "lost", "cafe"),
                     ID("d") "|cafe|HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it");
    ck_assert_str_eq(value_of(&entries, "lost", "d"), value_of(&entries, "lost", "cafe"));
    ck_assert_ptr_nonnull(value_of(&entries, "lost", "d123456789ab"));
    ck_assert_ptr_null(value_of(&entries, "lost", "d123456789abc"));
    ck_assert_ptr_nonnull(value_of(&entries, "lost_x", "cafe"));
    ck_assert_ptr_null(value_of(&entries, "lost_y", "cafe"));
    ck_assert_str_eq(value_of(&entries, "lost-names", "cafe"), ID("d"));
    ck_assert_ptr_nonnull(value_of(&entries, "lost", RECREATION_STOPPED)); /* it does not run */
    map_entries_free(&entries);
    inventory_list_free(&names);
    loss_free(loss);
    end();
}
END_TEST

START_TEST(test_profiles)
{
    static const struct {
        char *variables[4];
        bool matters;
        bool keeps; /* ContainerStop, if that is open */
    } cases[] = {
        {{"ALLOW_CREATE=1", "ALLOW_DELETE=1", "ALLOW_STOP=1"}, true, true},
        {{"ALLOW_CREATE=1", "ALLOW_DELETE=1"}, true, false},
        {{"ALLOW_CREATE=1", "ALLOW_STOP=1"}, false, false},
        {{"ALLOW_DELETE=1", "ALLOW_STOP=1"}, false, false},
        {{"ALLOW_CREATE=1", "ALLOW_LIBPOD_CONTAINER_DELETE=1", "ALLOW_STOP=1"}, true, true},
        {{"CONTAINERS=1", "POST=1", "DELETE=1"}, false, false}, /* another image's: there is no guard */
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].variables);
        ck_assert_msg(recreation_matters(&environment) == cases[i].matters, "case %zu", i);
        ck_assert_msg(profile_keeps(&environment.profiles[0], "ContainerStop") == cases[i].keeps, "case %zu", i);
        ck_assert(!profile_keeps(&environment.profiles[0], "ContainerRestart"));
        end();
    }
    begin((char *[]){"ALLOW_CREATE=1", "ALLOW_DELETE=1", "ALLOW_STOP=1", "ALLOW_UNRECREATABLE=1", NULL});
    ck_assert(recreation_matters(&environment) && !profile_keeps(&environment.profiles[0], "ContainerStop"));
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recreation");
    TCase *tcase = tcase_create("recreation");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_reasons);
    tcase_add_test(tcase, test_zero);
    tcase_add_test(tcase, test_hostile);
    tcase_add_test(tcase, test_not_the_guard);
    tcase_add_test(tcase, test_network_of);
    tcase_add_test(tcase, test_maps);
    tcase_add_test(tcase, test_profiles);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
