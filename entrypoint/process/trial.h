/* A trial run of HAProxy, to find out whether it forwards the upgrade that clients of BuildKit request. */
#ifndef TRIAL_H
#define TRIAL_H

#include "environment/settings.h"

/* Runs the HAProxy of these settings for a moment, with a configuration that opens SESSION, between a client and an
 * Engine that are sockets of this process on 127.0.0.1. Returns true if the client's request for an upgrade to h2c
 * reached the Engine and the Engine's 101 reached the client; false also if the trial could not be made. The version
 * does not show it: it depends on which of HAProxy's changes of August 2024 and May 2026 to h2c a package has (see
 * docs/builders.md). */
bool trial_upgrades_h2c(const struct settings *settings);

#endif
