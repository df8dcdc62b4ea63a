/* Reads the lines of the proxy's log, as text or JSON. */
#ifndef COMMAND_LOGLINES_H
#define COMMAND_LOGLINES_H

#include <stdbool.h>

enum log_verdict { LOG_ALLOWED, LOG_UNREACHABLE, LOG_WITHHELD, LOG_WOULD_FORBID, LOG_FORBIDDEN, LOG_REFUSED };

/* One request. The strings are owned. */
struct log_line {
    enum log_verdict verdict;
    char *path;
    char *method;
    char *client;  /* the address; "unix" for a Unix socket */
    char *profile; /* "-" for none */
    char *detail;  /* the operation, or the reason */
};

/* Reads a line with or without its newline. What comes before the line of the log, such as the time of `docker logs
 * -t`, the name of `docker compose logs` or a syslog header, is skipped. Returns false for any other line; otherwise
 * release it with log_line_free. */
bool log_line_read(struct log_line *line, const char *text);
void log_line_free(struct log_line *line);

#endif
