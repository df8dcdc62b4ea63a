/* Commands to a running HAProxy, and what an HAProxy that has been taken over can do with them. */
#include "process/runtime.h"
#include "suite.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Takes the connection that comes over fd. */
static int take(int fd)
{
    char bytes[2];
    char space[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    int connection = -1;

    if (recvmsg(fd, &message, 0) == sizeof bytes && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&connection, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof connection);
    return connection;
}

/* What runtime_set says of an HAProxy that answers with this text: once, or without an end after so many microseconds
 * each. */
static bool set(const char *answer, bool endless, useconds_t pause)
{
    char commands[256];
    int ends[2];
    pid_t child;
    bool done;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int connection;

        alarm(60);
        close(ends[0]);
        connection = take(ends[1]);
        while (read(connection, commands, sizeof commands) > 0)
            ;
        while (send(connection, answer, strlen(answer), MSG_NOSIGNAL) >= 0 && endless)
            usleep(pause);
        _exit(0);
    }
    close(ends[1]);
    done = runtime_set(ends[0], "reload_failed", 1);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    return done;
}

START_TEST(test_answers)
{
    ck_assert(set("\n\n", false, 0));
    ck_assert(!set("Unknown command\n", false, 0));
}
END_TEST

/* runtime_set ends: by its deadline, or by the bound of bytes. */
START_TEST(test_endless_answers)
{
    ck_assert(!set("\n", true, 100000));
    ck_assert(!set("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", true, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runtime");
    TCase *tests = tcase_create("answers");

    tcase_add_test(tests, test_answers);
    tcase_add_test(tests, test_endless_answers);
    suite_add_tcase(suite, tests);
    return run(suite);
}
