/* Functions and macros that the unit tests share. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* Runs the suite, which is freed, and gives main's exit status. CK_VERBOSITY and CK_TAP_LOG_FILE_NAME are obeyed. */
static inline int run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
