/* Commands to a running HAProxy. */
#include "process/runtime.h"

#include "base/text.h"
#include "inventory/channel.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MILLISECONDS 1000 /* for a whole conversation */
#define ANSWER_MAX   4096 /* bytes */

/* (HAProxy takes a descriptor that comes with two bytes: proto_sockpair.c, send_fd_uxst.) */
bool runtime_give(int offers, int connection)
{
    char bytes[2] = "";
    struct iovec vector = {.iov_base = bytes, .iov_len = sizeof bytes};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.space};

    memset(&control, 0, sizeof control);
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.header), &connection, sizeof connection);
    return sendmsg(offers, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof bytes;
}

/* Sends the commands, and reads the answer to its end. The supervisor waits meanwhile, so one deadline holds for all:
 * HAProxy, if it is taken over, could answer forever. */
static bool converse(int fd, const char *commands, char answer[ANSWER_MAX + 1])
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    const long deadline = channel_now() + MILLISECONDS;
    size_t length = 0;
    ssize_t got;

    if (send(fd, commands, strlen(commands), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)strlen(commands) ||
        shutdown(fd, SHUT_WR) != 0)
        return false;
    do {
        long left = deadline - channel_now();

        if (left <= 0 || length == ANSWER_MAX || poll(&polled, 1, (int)left) <= 0)
            return false;
        got = recv(fd, answer + length, ANSWER_MAX - length, MSG_DONTWAIT);
        length += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    answer[length] = '\0';
    return got == 0;
}

/* Runs commands in the HAProxy at the other end of offers. Returns false if there is no whole answer. */
static bool command(int offers, const char *commands, char answer[ANSWER_MAX + 1])
{
    int ends[2];
    bool done = false;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
        bool given = runtime_give(offers, ends[1]);

        close(ends[1]);
        done = given && converse(ends[0], commands, answer);
        close(ends[0]);
    }
    return done;
}

/* Runs commands that answer nothing if they succeed. A command that fails is answered with a text. */
static bool command_done(int offers, const char *commands)
{
    char answer[ANSWER_MAX + 1];

    return command(offers, commands, answer) && strspn(answer, "\n") == strlen(answer);
}

bool runtime_set(int offers, const char *name, int value)
{
    char *commands = text_format("experimental-mode on -; set var proc.%s int(%d)\n", name, value);
    bool done = command_done(offers, commands);

    free(commands);
    return done;
}

/* (The last thing that `clear map` does is malloc_trim: map.c, cli_io_handler_clear_map. The map is empty. SIGQUIT does
 * the same, but prints all pools on stderr.) */
bool runtime_trim(int offers)
{
    return command_done(offers, "clear map nothing\n");
}

long runtime_number(int offers, const char *name)
{
    char answer[ANSWER_MAX + 1];
    char *line = NULL;
    char *rest = answer;

    if (!command(offers, "show info\n", answer))
        return -1;
    while ((line = strsep(&rest, "\n")) != NULL)
        if (strncmp(line, name, strlen(name)) == 0 && strncmp(line + strlen(name), ": ", 2) == 0)
            return strtol(line + strlen(name) + 2, NULL, 10);
    return -1;
}
