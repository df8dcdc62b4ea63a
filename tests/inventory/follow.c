/* Follows an Engine and prints what the hooks of inventory/follow.h are called with, one line each:
 * follow SOCKET [inspect], or follow tls://HOST:PORT with UPSTREAM_TLS_CERT_PATH. SIGUSR1 prints the whole set. For the
 * tests with a real Engine and scripts/bench-follow.py. */
#include "inventory/follow.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
    struct follow *follow;
    size_t inspected;
};

static void print_container(const char *what, const struct known_container *container)
{
    const struct inventory_list *names = &container->entry.container.names;

    printf("%s %.12s %s%s", what, container->entry.container.id, names->count > 0 ? names->items[0] : "-",
           container->entry.running ? " running" : "");
    for (size_t i = 0; i < container->address_count; i++)
        printf(" %s", container->addresses[i].text);
    putchar('\n');
}

static volatile sig_atomic_t wanted;

static void want(int signal_number)
{
    (void)signal_number;
    wanted = 1;
}

static void print_all(const struct containers *containers)
{
    puts(containers->known ? "set known" : "set unknown");
    for (size_t i = 0; i < containers->count; i++)
        print_container("set", containers->list[i]);
    for (size_t i = 0; i < containers->network_count; i++)
        printf("set network %.12s %s\n", containers->networks[i].id,
               containers->networks[i].subnets.count > 0 ? containers->networks[i].subnets.items[0] : "");
    puts("set end");
}

static void changed(void *context, struct known_container *container)
{
    (void)context;
    print_container("changed", container);
}

static void gone(void *context, struct known_container *container)
{
    (void)context;
    print_container("gone", container);
}

static void renewed(void *context)
{
    const struct printer *printer = context;
    const struct containers *containers = follow_containers(printer->follow);

    printf("renewed %zu containers %zu networks %zu inspected\n", containers->count, containers->network_count,
           printer->inspected);
}

static void lost(void *context)
{
    const struct printer *printer = context;

    printf("lost %s\n", follow_why(printer->follow));
}

static void inspected(void *context, struct known_container *container, const char *body, size_t length)
{
    (void)container, (void)body, (void)length;
    ((struct printer *)context)->inspected++;
}

static void exec(void *context, const struct known_container *container, const char *exec_id, bool ended)
{
    (void)context;
    printf("exec %.12s %.12s%s\n", container->entry.container.id, exec_id, ended ? " ended" : "");
}

int main(int count, char **arguments)
{
    struct settings settings = {.upstreams = {.count = 1}};
    struct upstream *upstream = &settings.upstreams.list[0];
    struct printer printer = {.follow = NULL};
    const struct follow_hooks hooks = {.context = &printer,
                                       .changed = changed,
                                       .gone = gone,
                                       .renewed = renewed,
                                       .lost = lost,
                                       .inspected = inspected,
                                       .exec = exec,
                                       .inspections = count > 2 && strcmp(arguments[2], "inspect") == 0};

    if (count < 2)
        return 2;
    signal(SIGUSR1, want);
    setvbuf(stdout, NULL, _IOLBF, 0);
    settings.upstream_tls_cert_path = getenv("UPSTREAM_TLS_CERT_PATH");
    if (sscanf(arguments[1], "tls://%255[^:]:%u", upstream->host, &upstream->port) == 2)
        upstream->kind = UPSTREAM_TLS;
    else
        snprintf(upstream->host, sizeof upstream->host, "%s", arguments[1]);
    printer.follow = follow_begin(&settings, &hooks);
    for (;;) {
        struct pollfd polled[FOLLOW_DESCRIPTORS];

        if (wanted) {
            wanted = 0;
            print_all(follow_containers(printer.follow));
        }
        follow_step(printer.follow);
        poll(polled, follow_poll(printer.follow, polled), (int)follow_patience(printer.follow));
    }
}
