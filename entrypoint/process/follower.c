/* The follower: a child process that keeps HAProxy's maps in step with the Engine. */
#include "process/follower.h"

#include "base/descriptor.h"
#include "base/problems.h"
#include "base/text.h"
#include "inventory/channel.h"
#include "inventory/follow.h"
#include "inventory/images.h"
#include "inventory/live.h"
#include "inventory/recreation.h"
#include "process/console.h"
#include "process/execs.h"
#include "process/mirror.h"
#include "process/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TALK       3 /* the child's descriptors */
#define CONNECTION 4

#define READY  'r'
#define FINISH 'f'
#define NEWS   'n'
#define BEAT   'b'

#define BEAT_MILLISECONDS 1000 /* between signs of life */
#define ATTEMPTS_MOST     4    /* FOLLOWER_SILENT doubled so often is more than SILENT_AT_START */
#define SILENT_AT_START   60   /* seconds; a child that has said nothing has not opened anything either */

#define FINISH_MILLISECONDS 100  /* between questions whether HAProxy has anything else to do */
#define RETRY_MILLISECONDS  1000 /* after HAProxy has refused a command */

/* ---- the child ---- */

struct child {
    struct maps_of of;
    struct follow *follow;
    struct images *images; /* where labels come from; NULL: labels choose nothing */
    struct mirror *mirror;
    struct execs *execs; /* NULL: nothing needs them */
    struct console console;
    struct inventory_list names; /* of the maps */
    struct map_entries networks;
    struct recreation *recreation; /* NULL: no container can be lost */
    bool warns;                    /* of those that could be */
    bool protects;                 /* containers that hold the Engine's socket */
    struct live_of live;
    bool holders_change; /* those that hold the socket have to be found anew */
    bool names_change;   /* those whose namespaces a guard lists by name may be others */
    bool has_news;       /* the supervisor has to read the inventory again: HAProxy's configuration has regexes of it */
    bool told_holders;   /* HAProxy knows whether there are new ones: */
    bool new_holders;
    bool finishing;
    bool awaits_info;
    bool unclear;       /* HAProxy has refused a command: what it has is not known */
    bool certain;       /* the containers are known, and nothing was missed since */
    long long told;     /* what proc.inventory is */
    long long stamp;    /* the time in its last value */
    long retry;         /* when to start over, see channel_now */
    long next_question; /* likewise, when to ask whether HAProxy has anything else to do */
    long next_beat;     /* likewise */
};

/* Returns false if it cannot be said now, because the supervisor has not read for long. */
static bool say(char letter)
{
    return send(TALK, &letter, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
}

/* Says that this process goes on, if it is time: see follower_is_lost. What takes a while calls it for each container.
 */
static void beat(struct child *child)
{
    if (channel_now() < child->next_beat)
        return;
    child->next_beat = channel_now() + BEAT_MILLISECONDS;
    say(BEAT);
}

static void forget_entries(struct child *child, struct map_entries *entries)
{
    mirror_withdraw(child->mirror, entries);
    map_entries_free(entries);
}

static struct kept *kept_of(struct known_container *container)
{
    if (container->attached == NULL)
        container->attached = calloc(1, sizeof(struct kept));
    if (container->attached == NULL)
        abort();
    return container->attached;
}

static void judge_recreation(struct child *child, struct known_container *container, const char *body, size_t length)
{
    struct kept *kept = kept_of(container);
    bool first = kept->loss == NULL;

    beat(child);
    if (child->recreation == NULL)
        return;
    loss_free(kept->loss);
    kept->loss = recreation_judge(child->recreation, follow_containers(child->follow), container, body, length);
    if (first && child->warns)
        loss_warn(kept->loss, child->of.environment, inventory_container_name(&container->entry.container));
}

static void on_inspected(void *context, struct known_container *container, const char *body, size_t length)
{
    struct child *child = context;
    struct kept *kept = kept_of(container);
    struct inventory_entry entry = {.unread = false};

    execs_read(child->execs, container, body, length);
    judge_recreation(child, container, body, length);
    if (inventory_modes_read(&entry, body, length)) {
        free(kept->pid);
        free(kept->ipc);
        kept->pid = entry.modes[PID_MODE];
        kept->ipc = entry.modes[IPC_MODE];
    }
}

/* Sets what the list of containers does not have. */
static void set_modes(const struct child *child, struct known_container *container)
{
    const struct kept *kept = kept_of(container);
    struct inventory_entry *entry = &container->entry;

    /* `docker run` attaches to a container before it is started, and at the moment of its creation. */
    entry->unread = child->live.needs.inspections && kept->pid == NULL && entry->running;
    if (entry->modes[PID_MODE] == NULL)
        entry->modes[PID_MODE] = inventory_copy(kept->pid);
    if (entry->modes[IPC_MODE] == NULL)
        entry->modes[IPC_MODE] = inventory_copy(kept->ipc);
}

/* Makes its entries anew. */
static void claim(struct child *child, struct known_container *container)
{
    struct kept *kept = kept_of(container);
    struct map_entries entries = {.count = 0};

    maps_add_container(&entries, &child->of, follow_containers(child->follow), container);
    mirror_claim(child->mirror, &entries);
    forget_entries(child, &kept->entries);
    kept->entries = entries;
}

/* Finds out where the label of a container comes from, which may take a question to the Engine. One that does not count
 * is reported, once. */
static void find_origin(struct child *child, struct known_container *container)
{
    const char *name = inventory_container_name(&container->entry.container);
    enum label_origin before = container->label_origin;

    if (child->images == NULL || container_label(container, PROFILE_LABEL) == NULL)
        return;
    container->label_origin = images_origin(child->images, container, follow_containers(child->follow)->upstream);
    if (container->label_origin == before)
        return;
    if (container->label_origin == ORIGIN_IMAGE)
        notice("warning: the label " PROFILE_LABEL
               " of %s has no effect: its image has that label too, and whoever made "
               "the image would choose the profile; set it on the container only",
               name);
    if (container->label_origin == ORIGIN_UNCERTAIN)
        notice("warning: the label " PROFILE_LABEL
               " of %s has no effect: the Engine does not say which labels its image "
               "has",
               name);
}

static void on_changed(void *context, struct known_container *container)
{
    struct child *child = context;

    beat(child);
    find_origin(child, container);
    execs_changed(child->execs, container);
    set_modes(child, container);
    child->holders_change |= kept_of(container)->holds || live_matters(&child->live, container);
    child->names_change = true;
    claim(child, container);
}

/* Until the configuration knows a new one, the create guard lets nothing of other containers pass. */
static void tell_new_holders(struct child *child, bool any)
{
    child->has_news |= any;
    if (child->told_holders && child->new_holders == any)
        return;
    console_say(&child->console, "set var proc.holders int(%d)\n", any);
    child->told_holders = true;
    child->new_holders = any;
}

/* Finds the containers that hold the socket, if a change could have made others of them. */
static void find_holders(struct child *child)
{
    const struct containers *containers = follow_containers(child->follow);
    struct inventory_list ids = {.count = 0};

    if (!child->holders_change)
        return;
    child->holders_change = false;
    for (size_t i = 0; i < containers->count; i++)
        set_modes(child, containers->list[i]);
    live_holders(&ids, &child->live, containers);
    inventory_list_sort(&ids);
    for (size_t i = 0, k = 0; i < containers->count; i++) { /* both are sorted by id */
        struct kept *kept = kept_of(containers->list[i]);
        bool holds = k < ids.count && strcmp(ids.items[k], containers->list[i]->entry.container.id) == 0;

        k += holds;
        if (holds != kept->holds) {
            kept->holds = holds;
            claim(child, containers->list[i]);
        }
    }
    tell_new_holders(child, live_has_new(&ids, containers, child->of.inventory));
    inventory_list_free(&ids);
}

static void find_changes(struct child *child)
{
    if (!child->protects || !child->certain)
        return;
    find_holders(child);
    if (child->names_change &&
        live_lists_others(child->of.environment, follow_containers(child->follow), child->of.inventory))
        child->has_news = true;
    child->names_change = false;
}

static void on_gone(void *context, struct known_container *container)
{
    struct child *child = context;
    struct kept *kept = container->attached;

    execs_forget(child->execs, container);
    if (kept == NULL)
        return;
    child->holders_change |= kept->holds;
    child->names_change = true;
    forget_entries(child, &kept->entries);
    loss_free(kept->loss);
    free(kept->pid);
    free(kept->ipc);
    free(kept);
    container->attached = NULL;
}

static void on_exec(void *context, const struct known_container *container, const char *exec_id, bool ended)
{
    struct child *child = context;

    if (ended)
        execs_ended(child->execs, exec_id);
    else
        execs_created(child->execs, container, exec_id);
}

/* All entries are made anew: those of a container may depend on others, such as the proxy's own. */
static void on_renewed(void *context)
{
    struct child *child = context;
    const struct containers *containers = follow_containers(child->follow);

    if (child->images != NULL && !child->certain)
        images_renew(child->images);
    forget_entries(child, &child->networks);
    maps_add_networks(&child->networks, &child->of, containers);
    mirror_claim(child->mirror, &child->networks);
    for (size_t i = 0; i < containers->count; i++) {
        /* Of a container that exists, something may be wrong. A new one is inspected in a moment, and what has made it
         * may be about to rename it. */
        if (!child->certain && kept_of(containers->list[i])->loss == NULL)
            judge_recreation(child, containers->list[i], NULL, 0);
        on_changed(child, containers->list[i]);
    }
    child->holders_change = true;
    child->certain = containers->known;
}

/* Whether all that the maps have to say is known. */
static bool is_complete(const struct child *child)
{
    return child->certain && (child->images == NULL || !images_expected(child->images));
}

static void tell_inventory(struct child *child, long long value)
{
    if (child->told == value)
        return;
    console_say(&child->console, "set var proc.inventory int(%lld)\n", value);
    child->told = value;
}

/* Says that what HAProxy has is true, and that it has changed: connections look up again who they are. */
static void tell_truth(struct child *child)
{
    struct timespec now;
    long long time;

    clock_gettime(CLOCK_MONOTONIC, &now);
    time = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    child->stamp = time > child->stamp ? time : child->stamp + 1;
    tell_inventory(child, maps_stamp(child->stamp, follow_containers(child->follow)->upstream));
}

static void on_lost(void *context)
{
    struct child *child = context;

    child->certain = false;
    tell_inventory(child, 0);
}

/* Whether HAProxy has nothing else to do than to serve this connection: `show info` counts what it waits for. */
static bool has_nothing_else(const char *info)
{
    const char *jobs = strstr(info, "\nJobs: ");
    const char *unstoppable = strstr(info, "\nUnstoppable Jobs: ");

    return jobs != NULL && unstoppable != NULL &&
           strtol(jobs + strlen("\nJobs: "), NULL, 10) -
                   strtol(unstoppable + strlen("\nUnstoppable Jobs: "), NULL, 10) <=
               1;
}

static void on_answer(void *context, const char *text)
{
    struct child *child = context;

    if (child->awaits_info && strncmp(text, "Name: ", strlen("Name: ")) == 0) {
        child->awaits_info = false;
        if (has_nothing_else(text))
            _exit(0);
        return;
    }
    if (!child->unclear)
        notice("HAProxy has refused a change of its maps: %s; they are made anew", text);
    child->unclear = true;
    child->retry = channel_now() + (child->told == 0 ? RETRY_MILLISECONDS : 0);
    tell_inventory(child, 0);
}

static void ask_info(struct child *child)
{
    if (!child->finishing || child->awaits_info || channel_now() < child->next_question)
        return;
    child->awaits_info = true;
    child->next_question = channel_now() + FINISH_MILLISECONDS;
    console_say(&child->console, "show info\n");
}

/* Tells HAProxy what has changed, as far as HAProxy keeps up. */
static void tell(struct child *child)
{
    size_t said;
    bool all;

    find_changes(child);
    if (child->unclear) {
        if (!console_is_idle(&child->console) || channel_now() < child->retry)
            return;
        child->unclear = false;
        mirror_start_over(child->mirror, &child->console, &child->names);
    }
    said = child->console.unanswered;
    all = mirror_tell(child->mirror, &child->console);
    if (child->told != 0 && child->console.unanswered != said)
        tell_truth(child);
    if (is_complete(child) && all && child->told == 0 && console_is_idle(&child->console))
        tell_truth(child);
    ask_info(child);
}

/* Asks the Engine about images, and makes the entries of their containers anew once it has answered. */
static void step_images(struct child *child)
{
    const struct containers *containers = follow_containers(child->follow);

    if (child->images == NULL || !images_step(child->images))
        return;
    for (size_t i = 0; i < containers->count; i++)
        if (containers->list[i]->label_origin == ORIGIN_UNKNOWN &&
            container_label(containers->list[i], PROFILE_LABEL) != NULL)
            on_changed(child, containers->list[i]);
}

/* What the supervisor says. It has ended if it closes the connection. */
static void listen_to_supervisor(struct child *child)
{
    char letter;
    ssize_t got = recv(TALK, &letter, 1, MSG_DONTWAIT);

    if (got == 0)
        _exit(0);
    child->finishing |= got == 1 && letter == FINISH;
}

static int patience(const struct child *child)
{
    long next = channel_sooner(follow_patience(child->follow), execs_step(child->execs));

    next = channel_sooner(next, channel_until(child->next_beat));
    /* HAProxy's last answers may have come after the last look at what there is to tell. */
    if (console_is_idle(&child->console) &&
        (child->unclear ? channel_now() >= child->retry : is_complete(child) && child->told == 0))
        return 0;
    if (child->images != NULL)
        next = channel_sooner(next, images_patience(child->images));
    if (child->unclear)
        next = channel_sooner(next, channel_until(child->retry));
    if (child->finishing && !child->awaits_info)
        next = channel_sooner(next, channel_until(child->next_question));
    return (int)next;
}

static void serve(struct child *child)
{
    const struct console_reader reader = {.context = child, .read = on_answer};
    bool said = false;

    while (!child->console.ended) {
        struct pollfd polled[2 + FOLLOW_DESCRIPTORS + 1] = {
            {.fd = TALK, .events = POLLIN}, {.fd = child->console.fd, .events = console_events(&child->console)}};
        size_t count = 2 + follow_poll(child->follow, polled + 2);

        if (child->images != NULL)
            count += images_poll(child->images, polled + count);
        beat(child);
        poll(polled, count, patience(child));
        listen_to_supervisor(child);
        follow_step(child->follow);
        step_images(child);
        child->warns &= !child->certain; /* later ones are told by their refusals */
        if (is_complete(child) && !said)
            said = say(READY);
        console_step(&child->console, &reader);
        tell(child); /* last: it needs to know of all answers that were read; what it says is sent as soon as poll
                        allows */
        if (child->has_news)
            child->has_news = !say(NEWS);
    }
}

/* Gets HAProxy's user and groups, and gives up what root could still do. */
static bool drop_rights(const struct credentials *credentials)
{
    if (credentials->drop &&
        (setgroups(0, NULL) != 0 || setresgid(credentials->gid, credentials->gid, credentials->gid) != 0 ||
         setresuid(credentials->uid, credentials->uid, credentials->uid) != 0))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The descriptors and signals of a process of its own. What the supervisor and other HAProxies have is closed. */
static bool set_up(int talk, int connection)
{
    int high_talk = fcntl(talk, F_DUPFD_CLOEXEC, CONNECTION + 1);
    int high_connection = fcntl(connection, F_DUPFD_CLOEXEC, CONNECTION + 1);
    sigset_t none;

    if (high_talk < 0 || high_connection < 0 || dup3(high_talk, TALK, O_CLOEXEC) < 0 ||
        dup3(high_connection, CONNECTION, O_CLOEXEC) < 0)
        return false;
    closefrom(CONNECTION + 1);
    /* A terminal sends these to all processes; it is the supervisor that ends. */
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static void run(const struct environment *environment, const struct inventory *inventory, pid_t parent,
                const struct credentials *credentials, bool warns)
{
    struct child child = {.of = {.environment = environment, .inventory = inventory},
                          .mirror = mirror_new(),
                          .warns = warns,
                          .told = -1,
                          .protects = map_of_protected.needed(environment, inventory),
                          .live = {.settings = &environment->settings, .own = inventory->own.id}};
    struct follow_hooks hooks = {.context = &child,
                                 .changed = on_changed,
                                 .gone = on_gone,
                                 .renewed = on_renewed,
                                 .lost = on_lost,
                                 .inspected = on_inspected};

    child.execs = execs_new(&child.of, child.mirror);
    if (child.execs != NULL)
        hooks.exec = on_exec;
    if (child.protects)
        child.live.needs = inventory_needs_of(environment);
    hooks.inspections = child.live.needs.inspections || recreation_matters(environment) || child.execs != NULL;
    /* Both read keys that HAProxy's user may not read. */
    child.follow = follow_begin(&environment->settings, &hooks);
    if (environment->settings.profiles_from_labels)
        child.images = images_begin(&environment->settings, PROFILE_LABEL);
    /* A change of the user clears the signal that the end of the parent sends. */
    if (!drop_rights(credentials) || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    if (recreation_matters(environment))
        child.recreation = recreation_new(environment, inventory);
    console_begin(&child.console, CONNECTION);
    tell_inventory(&child, 0); /* the last words of a child that was killed may have come after the greeting */
    maps_names(&child.names, &child.of);
    inventory_list_sort(&child.names);
    child.unclear = true; /* an earlier child may have filled the maps */
    serve(&child);
    _exit(0); /* HAProxy has closed the connection: it has ended, or ends */
}

/* ---- the supervisor ---- */

/* Reads what the child has said. Returns false if it says nothing more: it has ended. */
static bool hear(struct follower *follower)
{
    char letters[64];
    ssize_t got = recv(follower->talk, letters, sizeof letters, MSG_DONTWAIT);

    for (ssize_t i = 0; i < got; i++) {
        follower->news |= letters[i] == NEWS;
        follower->ready |= letters[i] == READY;
    }
    if (follower->ready)
        follower->attempts = 0;
    if (got > 0) {
        follower->spoke = true;
        follower->silent = 0;
        follower->look_at = channel_now() + BEAT_MILLISECONDS;
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool follower_news(struct follower *follower)
{
    bool news;

    if (follower->talk >= 0)
        hear(follower);
    news = follower->news;
    follower->news = false;
    return news;
}

/* Seconds. A child that has much to read on a busy machine gets twice as long each time, so that one is ready at last.
 */
static int longest_silence(const struct follower *follower)
{
    int seconds = FOLLOWER_SILENT << follower->attempts;

    return follower->spoke && seconds < SILENT_AT_START ? seconds : SILENT_AT_START;
}

bool follower_is_lost(struct follower *follower)
{
    if (follower->talk < 0)
        return false;
    hear(follower);
    if (channel_now() < follower->look_at)
        return false;
    follower->look_at = channel_now() + BEAT_MILLISECONDS;
    if (++follower->silent < longest_silence(follower))
        return false;
    if (!follower->ready && follower->attempts < ATTEMPTS_MOST)
        follower->attempts++;
    return true;
}

long follower_patience(const struct follower *follower)
{
    return follower->talk < 0 ? -1 : channel_until(follower->look_at);
}

bool follower_connect(struct follower *follower)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    follower->ours = ends[0];
    follower->connection = ends[1];
    return send(ends[0], CONSOLE_GREETING, strlen(CONSOLE_GREETING), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           (ssize_t)strlen(CONSOLE_GREETING);
}

bool follower_begin(struct follower *follower, const struct environment *environment, const struct inventory *inventory,
                    const struct credentials *credentials)
{
    pid_t parent = getpid();
    int talk[2];
    pid_t child;

    follower->credentials = *credentials;
    if (!maps_needed(environment, inventory))
        return true;
    follower->begun = channel_now();
    follower->look_at = follower->begun + BEAT_MILLISECONDS;
    if ((follower->ours < 0 && !follower_connect(follower)) ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0)
        return false;
    child = fork();
    if (child == 0) {
        if (set_up(talk[1], follower->ours))
            run(environment, inventory, parent, credentials, follower->warns);
        _exit(1);
    }
    close(talk[1]);
    if (child < 0) {
        close(talk[0]);
        return false;
    }
    follower->pid = child;
    follower->talk = talk[0];
    descriptor_close(&follower->ours);
    return true;
}

void follower_await(struct follower *follower, long deadline)
{
    struct pollfd polled = {.fd = follower->talk, .events = POLLIN};

    while (follower->talk >= 0 && !follower->ready) {
        long left = deadline - channel_now();

        if (left <= 0 || (poll(&polled, 1, (int)left) < 0 && errno != EINTR))
            return;
        if (!hear(follower))
            return;
    }
}

bool follower_give(struct follower *follower, int offers)
{
    bool given = follower->connection < 0 || runtime_give(offers, follower->connection);

    descriptor_close(&follower->connection);
    return given;
}

void follower_finish(struct follower *follower)
{
    const char letter = FINISH;

    if (follower->talk >= 0)
        send(follower->talk, &letter, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void follower_end(struct follower *follower)
{
    if (follower->pid > 0)
        kill(follower->pid, SIGKILL);
    follower->pid = 0;
    follower->ready = follower->news = follower->spoke = false;
    follower->silent = 0;
    descriptor_close(&follower->talk);
    descriptor_close(&follower->ours);
    descriptor_close(&follower->connection);
}
