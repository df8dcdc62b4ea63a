/* Which containers the create guard would not let a client create again. What renews containers deletes one and creates
 * it again as it was: if the guard refuses the second half, the container is lost. So the first half is refused as well
 * (config/lost.c), and the start log lists these containers. */
#ifndef INVENTORY_RECREATION_H
#define INVENTORY_RECREATION_H

#include "environment/environment.h"
#include "inventory/containers.h"
#include "inventory/facts.h"

/* The requests that would create a container again. */
struct recreated {
    char *name;    /* owned, as are the bodies */
    char *as_is;   /* the body as inspected */
    char *by_name; /* the same with "container:/NAME" for "container:<id>" in NetworkMode, as Watchtower writes it; NULL
                      if that is no other one */
    char *network_of; /* NAME; NULL if by_name is; owned */
    bool unwanted;    /* a label says that it is not created again: docker-socket-proxy.recreate with the value false */
    bool disabled;    /* a label says that Watchtower leaves it alone: com.centurylinklabs.watchtower.enable=false */
};

/* Makes the body of ContainerCreate from the length bytes of the body of ContainerInspect: Config, HostConfig and the
 * networks (API description, both operations). False, with nothing to release, if the inspection is not valid; else
 * release with recreated_free. */
bool recreated_read(struct recreated *recreated, const char *name, const char *inspection, size_t length);
void recreated_free(struct recreated *recreated);

/* The id of the container whose network it uses; NULL if there is none. The caller frees it. */
char *recreated_network_id(const struct recreated *recreated);

/* Sets by_name and network_of, if that container has the name. */
void recreated_name_network(struct recreated *recreated, const char *name);

/* The operations that take a container apart, or stop it, with which all that renews containers begins: Watchtower
 * kills (containrrr) or stops it (nicholas-fedor), deletes it and creates it again; so do What's Up Docker and Dozzle,
 * which stop it; Portainer stops and renames it; Drydock renames it. Refusing only ContainerDelete would leave it
 * stopped. */
struct taking_apart {
    const char *id;
    const char *doing; /* "deleting" */
};
extern const struct taking_apart taking_apart[]; /* terminated by id NULL */

/* The key of the map for ContainerPrune, which takes no reference and deletes what does not run. No name has it. */
#define RECREATION_STOPPED "*"

/* What a refusal says before the reason of a loss, and while the containers are not known. */
#define RECREATION_SAYS "it could not be created again"
#define RECREATION_SAYS_UNKNOWN \
    "the Engine has not said yet which containers could be created again; try again in a moment"

/* To Podman, this may be the beginning of any id, unless it is a name. The map of names has those that could be such.
 */
#define RECREATION_ODD      "^(?=.*[A-F_%])[0-9A-Fa-f_%]+$"
#define RECREATION_SAYS_ODD "it may be the beginning of an id to Podman; use the id as it is listed"

/* Whether a name could be the beginning of an id, also to Podman. */
bool recreation_is_like_id(const char *name);

/* Whether that operation of the profile is refused for containers that could not be created again: it is open, and
 * ALLOW_UNRECREATABLE is not set. */
bool profile_keeps(const struct profile *profile, const char *operation_id);

/* The map of the profile: "lost" for the base set, or lost_NAME: name|reason by references. The caller frees it. */
char *lost_map(const struct profile *profile);

/* The map of all profiles: ids by names that could be the beginning of one. */
#define LOST_NAMES_MAP "lost-names"

/* Whether clients of the profile may delete containers, and the guard judges what they create. */
bool profile_may_lose(const struct profile *profile);

/* Whether there is such a profile. */
bool recreation_matters(const struct environment *environment);

/* Whether containers are kept from being lost: not with Podman, whose inspections have options that it adds itself, so
 * that nearly none could be created again from one. */
bool recreation_counts(const struct inventory *inventory);

/* The guards of the profiles that may lose containers. */
struct recreation {
    const struct environment *environment; /* not owned, as is own */
    const struct inventory *inventory;
    struct guard_judge *judges[PROFILES_MAX]; /* by profile; NULL: it cannot lose any */
    struct facts facts;
};

/* Compiles the guards, as haproxy.cfg has them for that inventory. Both have to outlive it. Release with
 * recreation_free. */
struct recreation *recreation_new(const struct environment *environment, const struct inventory *inventory);
void recreation_free(struct recreation *recreation);

/* Why the profiles could not create a container again. */
struct loss {
    size_t count; /* of profiles */
    struct {
        char *reasons; /* all reasons, one a line; "": it is not the guard that refuses it; NULL: none, or the profile
                          may not delete it; owned */
        char *text;    /* what a refusal says: the first one, and how many more; printable ASCII without | and
                          backslash; NULL if reasons is; owned */
    } * profiles;
    bool warns; /* the start log lists them */
};

/* Judges a container by the body of its inspection; NULL: it could not be read, so that it counts as one that cannot
 * be created again. The set of containers has the one whose network it uses. Release with loss_free. */
struct loss *recreation_judge(const struct recreation *recreation, const struct containers *containers,
                              const struct known_container *container, const char *inspection, size_t length);
void loss_free(struct loss *loss);

/* Logs a warning for each of the reasons, some at most, as struct loss has them; NULL: none. */
void recreation_warn(const struct profile *profile, const char *name, const char *reasons);

/* The same for all profiles. */
void loss_warn(const struct loss *loss, const struct environment *environment, const char *name);

/* Judges the requests of one container for one profile. Returns the reasons, and sets the text, as struct loss has
 * them; NULL if nothing is refused. The caller frees both. */
char *recreated_reasons(const struct recreated *recreated, const struct profile *profile, struct guard_judge *judge,
                        char **text);

#endif
