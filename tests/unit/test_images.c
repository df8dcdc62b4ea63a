/* Where the label of a container comes from, by what Engines say of its image. */
#include "inventory/images.h"

#include "inventory/channel.h"
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LABEL    "docker-socket-proxy.profile"
#define HEX      "1111111111111111111111111111111111111111111111111111111111111111"
#define IMAGE    "sha256:" HEX
#define MANIFEST "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define OTHER    "sha256:3333333333333333333333333333333333333333333333333333333333333333"

#define OVERLAY      "\"GraphDriver\":{\"Name\":\"overlay2\",\"Data\":{\"LowerDir\":\"/x\"}}"
#define SNAPSHOTS    "\"GraphDriver\":{\"Name\":\"overlayfs\",\"Data\":null}"
#define CLEAN        "\"Config\":{\"Labels\":{\"a\":\"b\"}}"
#define LABELLED     "\"Config\":{\"Labels\":{\"" LABEL "\":\"admin\"}}"
#define OF(id, rest) "{\"Id\":\"" id "\"," rest "}"
#define ONE(id, kind, available) \
    "{\"ID\":\"" id "\",\"Kind\":\"" kind "\",\"Available\":" available ",\"Descriptor\":{}}"

/* ---- one answer ---- */

static const struct {
    const char *manifest; /* of the container */
    const char *body;
    enum label_origin origin;
} answers[] = {
    {NULL, OF(IMAGE, OVERLAY "," CLEAN), ORIGIN_CONTAINER},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":{\"Labels\":null}"), ORIGIN_CONTAINER},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":{}"), ORIGIN_CONTAINER},
    {NULL, OF(HEX, OVERLAY "," CLEAN), ORIGIN_CONTAINER},
    {NULL, OF(IMAGE, "\"GraphDriver\":{\"Name\":\"vfs\",\"Data\":null}," CLEAN), ORIGIN_CONTAINER},
    {NULL, OF(IMAGE, OVERLAY ",\"RepoDigests\":[\"nginx@" OTHER "\"]," CLEAN), ORIGIN_CONTAINER},
    {NULL, OF(IMAGE, OVERLAY "," LABELLED), ORIGIN_IMAGE},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":{\"Labels\":{\"" LABEL "\":\"\"}}"), ORIGIN_IMAGE},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":{\"Labels\":{\"docker-socket-proxy\\u002eprofile\":\"x\"}}"), ORIGIN_IMAGE},
    /* of another image, or not said */
    {NULL, OF(OTHER, OVERLAY "," CLEAN), ORIGIN_UNCERTAIN},
    {NULL, "{" OVERLAY "," CLEAN "}", ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, OVERLAY), ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":null"), ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, OVERLAY ",\"Config\":{\"Labels\":[]}"), ORIGIN_UNCERTAIN},
    {NULL, "[]", ORIGIN_UNCERTAIN},
    {NULL, "{", ORIGIN_UNCERTAIN},
    {NULL, "", ORIGIN_UNCERTAIN},
    /* containerd's store without a manifest: the labels could be those of another platform */
    {NULL, OF(IMAGE, SNAPSHOTS "," CLEAN), ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, CLEAN), ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, OVERLAY ",\"RepoDigests\":[\"nginx@" IMAGE "\"]," CLEAN), ORIGIN_UNCERTAIN},
    {NULL, OF(IMAGE, OVERLAY ",\"RepoDigests\":[null]," CLEAN), ORIGIN_UNCERTAIN},
    /* and with one */
    {MANIFEST, OF(IMAGE, SNAPSHOTS "," CLEAN ",\"Manifests\":[" ONE(MANIFEST, "image", "true") "]"), ORIGIN_CONTAINER},
    {MANIFEST,
     OF(IMAGE, CLEAN ",\"Manifests\":[" ONE(OTHER, "image", "false") "," ONE(OTHER, "attestation", "true") "," ONE(
                   MANIFEST, "image", "true") "]"),
     ORIGIN_CONTAINER},
    {MANIFEST, OF(IMAGE, LABELLED ",\"Manifests\":[" ONE(MANIFEST, "image", "true") "]"), ORIGIN_IMAGE},
    {MANIFEST, OF(IMAGE, CLEAN ",\"Manifests\":[" ONE(OTHER, "image", "true") "]"), ORIGIN_UNCERTAIN},
    {MANIFEST, OF(IMAGE, CLEAN ",\"Manifests\":[" ONE(MANIFEST, "image", "false") "]"), ORIGIN_UNCERTAIN},
    {MANIFEST, OF(IMAGE, CLEAN ",\"Manifests\":[" ONE(MANIFEST, "image", "true") "," ONE(OTHER, "image", "true") "]"),
     ORIGIN_UNCERTAIN},
    {MANIFEST, OF(IMAGE, CLEAN), ORIGIN_UNCERTAIN},
    {MANIFEST, OF(IMAGE, OVERLAY "," CLEAN ",\"Manifests\":{}"), ORIGIN_UNCERTAIN},
};

START_TEST(test_answer)
{
    const struct known_container container = {.image = (char *)IMAGE, .manifest = (char *)answers[_i].manifest};

    ck_assert_msg(image_judge(&container, LABEL, answers[_i].body, strlen(answers[_i].body)) == answers[_i].origin,
                  "%s", answers[_i].body);
}
END_TEST

/* ---- questions to a stand-in Engine, which answers the first ones with an error ---- */

static struct settings settings;
static pid_t server;

static void serve(int failures)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\n\r\n" OF(IMAGE, OVERLAY "," CLEAN);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    settings.upstreams.count = 1;
    settings.upstreams.list[0].kind = UPSTREAM_UNIX;
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "/tmp/images-%ld.sock",
             (long)getpid());
    strcpy(address.sun_path, settings.upstreams.list[0].host);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    server = fork();
    for (int i = 0; server == 0; i++) {
        char request[1024] = "";
        int fd = accept(listener, NULL, NULL);

        if (recv(fd, request, sizeof request - 1, 0) > 0 && i >= failures &&
            strstr(request, "GET /images/" IMAGE "/json?manifests=1 HTTP/1.0\r\n") == request)
            send(fd, answer, strlen(answer), MSG_NOSIGNAL);
        close(fd);
    }
    close(listener);
}

static void end_serving(void)
{
    kill(server, SIGKILL);
    unlink(settings.upstreams.list[0].host);
}

/* Steps until an origin is known. */
static void await_answer(struct images *images)
{
    struct pollfd polled;

    do
        poll(&polled, images_poll(images, &polled), (int)images_patience(images));
    while (!images_step(images));
}

START_TEST(test_questions)
{
    struct known_container container = {.image = (char *)IMAGE};
    const struct known_container odd = {.image = (char *)"sha256:../x"};
    struct images *images;

    serve(1);
    images = images_begin(&settings, LABEL);
    ck_assert_int_eq(images_patience(images), -1);
    ck_assert_int_eq(images_origin(images, &odd, 0), ORIGIN_UNCERTAIN);
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_UNKNOWN);
    ck_assert(images_expected(images));
    await_answer(images);
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_CONTAINER);
    ck_assert(!images_expected(images));
    ck_assert_int_eq(images_patience(images), -1);
    images_renew(images);
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_CONTAINER);
    /* an uncertain one is asked for again, but not before it is renewed */
    container.manifest = (char *)MANIFEST;
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_UNKNOWN);
    await_answer(images);
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_UNCERTAIN);
    images_renew(images);
    ck_assert_int_eq(images_origin(images, &container, 0), ORIGIN_UNKNOWN);
    /* what another Engine has said counts for nothing */
    container.manifest = NULL;
    ck_assert_int_eq(images_origin(images, &container, 1), ORIGIN_UNKNOWN);
    images_end(images);
    end_serving();
}
END_TEST

START_TEST(test_single_reading)
{
    struct known_container with = {.image = (char *)IMAGE};
    struct known_container without = {.image = (char *)IMAGE};
    struct known_container *list[] = {&with, &without};
    struct containers containers = {.known = true, .count = 2, .list = list};

    inventory_list_add(&with.labels, LABEL "=x");
    serve(0);
    images_read(&containers, &settings, LABEL, 5000);
    ck_assert_int_eq(with.label_origin, ORIGIN_CONTAINER);
    ck_assert_int_eq(without.label_origin, ORIGIN_UNCERTAIN);
    end_serving();
    images_read(&containers, &settings, LABEL, 5000);
    ck_assert_int_eq(with.label_origin, ORIGIN_UNKNOWN);
    inventory_list_free(&with.labels);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("images");
    TCase *tcase = tcase_create("answers");

    tcase_add_loop_test(tcase, test_answer, 0, sizeof answers / sizeof *answers);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("questions");
    tcase_add_test(tcase, test_questions);
    tcase_add_test(tcase, test_single_reading);
    suite_add_tcase(suite, tcase);
    return run(suite);
}
