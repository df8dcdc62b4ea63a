/* Asks the Engine whether the image of a container has a label. */
#include "inventory/images.h"

#include "base/array.h"
#include "base/text.h"
#include "inventory/fetch.h"
#include "inventory/parse.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_MILLISECONDS 2000 /* for one answer */
#define RETRY_MILLISECONDS  1000 /* after an Engine that could not be asked */
#define FIND_MILLISECONDS   500  /* to resolve the name of an upstream */
#define IMAGES_MAX          4096 /* clients that create containers could make this grow */

#define DIGEST "sha256:"

/* ---- what an image says ---- */

const char *image_bare_id(const char *id)
{
    return strncmp(id, DIGEST, strlen(DIGEST)) == 0 ? id + strlen(DIGEST) : id;
}

static bool is_of(const json_t *text, const char *id)
{
    return json_is_string(text) && strcmp(image_bare_id(json_string_value(text)), image_bare_id(id)) == 0;
}

/* Whether an image of containerd's store has exactly one manifest that could have been used, the container's. The
 * Engine reports the labels of one of those that are there (moby, daemon/containerd/image_inspect.go). */
static bool is_only_manifest(const json_t *image, const char *manifest)
{
    const json_t *manifests = json_object_get(image, "Manifests");
    size_t available = 0;
    bool found = false;
    size_t i;
    json_t *one;

    json_array_foreach(manifests, i, one)
    {
        const char *kind = json_text_of(one, "Kind");

        if (kind == NULL || strcmp(kind, "attestation") == 0 || json_is_false(json_object_get(one, "Available")))
            continue;
        available++;
        found |= is_of(json_object_get(one, "ID"), manifest);
    }
    return available == 1 && found;
}

/* Whether the id is the digest of the image's configuration, which then is the container's. In containerd's store it is
 * that of a manifest or of a list of them, which is also in RepoDigests. Engines before 28 do not say which store they
 * have; drivers that only they have, report where a layer is (GraphDriver.Data), except vfs and btrfs. */
static bool is_of_configuration(const json_t *image, const char *id)
{
    const json_t *driver = json_object_get(image, "GraphDriver");
    const json_t *digests = json_object_get(image, "RepoDigests");
    const char *name = json_text_of(driver, "Name");
    size_t i;
    json_t *digest;

    if (name == NULL || !(json_object_size(json_object_get(driver, "Data")) > 0 || strcmp(name, "vfs") == 0 ||
                          strcmp(name, "btrfs") == 0))
        return false;
    json_array_foreach(digests, i, digest)
    {
        const char *at = json_is_string(digest) ? strrchr(json_string_value(digest), '@') : NULL;

        if (at == NULL || strcmp(image_bare_id(at + 1), image_bare_id(id)) == 0)
            return false;
    }
    return true;
}

enum label_origin image_judge(const struct known_container *container, const char *label, const char *body,
                              size_t length)
{
    json_t *image = json_read(body, length);
    json_t *config = json_object_get(image, "Config");
    json_t *labels = json_object_get(config, "Labels");
    bool certain = container->image != NULL && is_of(json_object_get(image, "Id"), container->image) &&
                   json_is_object(config) && json_fits(labels, JSON_OBJECT);
    bool has = json_object_get(labels, label) != NULL;

    if (certain)
        certain = container->manifest != NULL ? is_only_manifest(image, container->manifest)
                                              : is_of_configuration(image, container->image);
    json_decref(image);
    return has ? ORIGIN_IMAGE : certain ? ORIGIN_CONTAINER : ORIGIN_UNCERTAIN;
}

/* ---- questions ---- */

struct image {
    struct known_container of; /* only image and manifest; owned */
    enum label_origin origin;
};

struct images {
    const struct settings *settings;
    const char *label;
    struct tls_context *context;
    size_t upstream;
    struct image *list;
    size_t count;
    size_t asked; /* the index of the image that is being asked for */
    struct fetch fetch;
    struct fetching fetching;
    bool vain;  /* the last question was not answered */
    long until; /* when to give up, or when to ask again; see channel_now */
};

/* Only such an id gets into a path. */
static bool is_askable(const char *id)
{
    return id != NULL && inventory_is_id(image_bare_id(id));
}

static void set_path(struct fetch *fetch, size_t upstream, const char *id)
{
    *fetch = (struct fetch){.upstream = upstream};
    bounded_format(fetch->path, sizeof fetch->path, "/images/" DIGEST "%s/json?manifests=1", image_bare_id(id));
}

struct images *images_begin(const struct settings *settings, const char *label)
{
    struct images *images = json_zeroed(1, sizeof *images);

    images->settings = settings;
    images->label = label;
    images->context = tls_context_new(settings);
    return images;
}

static bool is_asking(const struct images *images)
{
    return images->fetching.fetch != NULL;
}

static void forget(struct image *image)
{
    free(image->of.image);
    free(image->of.manifest);
}

static void forget_all(struct images *images)
{
    if (is_asking(images))
        fetch_give_up(&images->fetching, "it is not needed any more");
    fetch_free(&images->fetch);
    for (size_t i = 0; i < images->count; i++)
        forget(&images->list[i]);
    images->count = 0;
    images->until = 0;
    images->vain = false;
}

void images_end(struct images *images)
{
    forget_all(images);
    tls_context_free(images->context);
    free(images->list);
    free(images);
}

void images_renew(struct images *images)
{
    size_t kept = 0;

    if (images->count == IMAGES_MAX) {
        forget_all(images);
        return;
    }
    for (size_t i = 0; i < images->count; i++) {
        if (images->list[i].origin == ORIGIN_UNCERTAIN) {
            forget(&images->list[i]);
            continue;
        }
        if (images->asked == i) /* it is not uncertain while it is asked for */
            images->asked = kept;
        images->list[kept++] = images->list[i];
    }
    images->count = kept;
}

enum label_origin images_origin(struct images *images, const struct known_container *container, size_t upstream)
{
    struct image *image;

    if (!is_askable(container->image))
        return ORIGIN_UNCERTAIN;
    if (images->upstream != upstream)
        forget_all(images);
    images->upstream = upstream;
    for (size_t i = 0; i < images->count; i++)
        if (text_equal(images->list[i].of.image, container->image) &&
            text_equal(images->list[i].of.manifest, container->manifest))
            return images->list[i].origin;
    if (images->count == IMAGES_MAX)
        return ORIGIN_UNCERTAIN;
    images->list = array_grow(images->list, images->count, sizeof *images->list);
    image = &images->list[images->count++];
    *image = (struct image){
        .of = {.image = inventory_copy(container->image), .manifest = inventory_copy(container->manifest)}};
    return ORIGIN_UNKNOWN;
}

size_t images_poll(const struct images *images, struct pollfd *polled)
{
    if (!is_asking(images))
        return 0;
    *polled = (struct pollfd){.fd = images->fetching.channel.fd, .events = channel_events(&images->fetching.channel)};
    return 1;
}

static size_t next_unknown(const struct images *images)
{
    size_t i = 0;

    while (i < images->count && images->list[i].origin != ORIGIN_UNKNOWN)
        i++;
    return i;
}

bool images_expected(const struct images *images)
{
    return !images->vain && next_unknown(images) < images->count;
}

long images_patience(const struct images *images)
{
    long left = images->until - channel_now();

    if (!is_asking(images) && next_unknown(images) == images->count)
        return -1;
    return left > 0 ? left : 0;
}

static void ask(struct images *images)
{
    const struct upstream *upstream = &images->settings->upstreams.list[images->upstream];
    struct upstreams one = {.count = 1, .list = {*upstream}};
    struct endpoint endpoints[UPSTREAMS_MAX];

    endpoints_find(endpoints, &one, channel_now() + FIND_MILLISECONDS);
    set_path(&images->fetch, images->upstream, images->list[images->asked].of.image);
    fetch_begin(&images->fetching, &images->fetch, upstream, &endpoints[0], images->context);
    images->until = channel_now() + ANSWER_MILLISECONDS;
}

static enum label_origin origin_of(const struct fetch *fetch, const struct known_container *container,
                                   const char *label)
{
    if (fetch->status == 0)
        return ORIGIN_UNKNOWN;
    return fetch->status == 200 ? image_judge(container, label, fetch->body, fetch->length) : ORIGIN_UNCERTAIN;
}

/* Returns whether the origin is known now. */
static bool take_answer(struct images *images)
{
    struct image *image = &images->list[images->asked];

    image->origin = origin_of(&images->fetch, &image->of, images->label);
    images->vain = image->origin == ORIGIN_UNKNOWN;
    images->until = images->vain ? channel_now() + RETRY_MILLISECONDS : 0;
    return !images->vain;
}

bool images_step(struct images *images)
{
    bool learned = false;

    for (;;) {
        if (is_asking(images)) {
            bool late = channel_now() >= images->until;

            if (late)
                fetch_give_up(&images->fetching, "it does not respond in time");
            else if (!fetch_proceed(&images->fetching))
                return learned;
            learned |= take_answer(images);
            fetch_free(&images->fetch);
        }
        images->asked = next_unknown(images);
        if (images->asked == images->count || channel_now() < images->until)
            return learned;
        ask(images);
    }
}

void images_read(struct containers *containers, const struct settings *settings, const char *label, long milliseconds)
{
    struct fetch *fetches = json_zeroed(containers->count, sizeof *fetches);
    size_t *places = json_zeroed(containers->count, sizeof *places);
    struct endpoint endpoints[UPSTREAMS_MAX];
    long deadline = channel_now() + milliseconds;
    size_t count = 0;

    for (size_t i = 0; i < containers->count; i++) {
        struct known_container *container = containers->list[i];

        container->label_origin = ORIGIN_UNCERTAIN;
        if (container_label(container, label) == NULL || !is_askable(container->image))
            continue;
        places[count] = i;
        set_path(&fetches[count++], containers->upstream, container->image);
    }
    if (count > 0) {
        endpoints_find(endpoints, &settings->upstreams, deadline);
        fetch_all(fetches, count, settings, endpoints, deadline);
    }
    for (size_t i = 0; i < count; i++) {
        struct known_container *container = containers->list[places[i]];

        container->label_origin = origin_of(&fetches[i], container, label);
        fetch_free(&fetches[i]);
    }
    free(fetches);
    free(places);
}
