/* A trial run of HAProxy: does it still forward what BuildKit's clients ask for? */
#ifndef TRIAL_H
#define TRIAL_H

#include "environment/settings.h"

/* Runs the HAProxy of these settings for a moment, with the configuration of an environment that opens SESSION, between
 * a client and an Engine that are sockets of this process on 127.0.0.1. Returns whether a request for an upgrade to h2c
 * reached the Engine as one, and the Engine's 101 the client; false as well if the trial could not be made. No version
 * number has the answer: it depends on which of HAProxy's changes of August 2024 and May 2026 to h2c a package has (see
 * docs/builders.md). */
bool trial_upgrades_h2c(const struct settings *settings);

#endif
