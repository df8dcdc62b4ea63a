/* The settings of the whole proxy, and the readers of settings by their kind. */
#ifndef ENVIRONMENT_SETTINGS_H
#define ENVIRONMENT_SETTINGS_H

#include "environment/claim.h"
#include "environment/listener.h"
#include "environment/upstream.h"

/* The type of a field, by the kind of its row in base/variables.def. */
#define TYPE_BOOLEAN     bool
#define TYPE_NUMBER      long /* 0: none */
#define TYPE_SECONDS     long /* 0: none */
#define TYPE_WORD        const char *
#define TYPE_CHOICE      size_t
#define TYPE_PATH        const char *
#define TYPE_TEXT        const char *
#define TYPE_API_VERSION long
#define TYPE_LISTENERS   struct listeners
#define TYPE_UPSTREAMS   struct upstreams
#define TYPE_CLAIMS      struct claims

/* The statement that reads a field, with `variables` and `problems` in scope. */
#define READ_BOOLEAN(to, name)     (to) = variable_boolean(variables, #name, problems) == YES
#define READ_NUMBER(to, name)      (to) = variable_number(variables, VAR_##name, problems)
#define READ_SECONDS(to, name)     (to) = variable_seconds(variables, VAR_##name, problems)
#define READ_WORD(to, name)        (to) = variable_word(variables, VAR_##name, problems)
#define READ_CHOICE(to, name)      (to) = variable_choice(variables, VAR_##name, problems)
#define READ_PATH(to, name)        (to) = variable_path(variables, VAR_##name, problems)
#define READ_TEXT(to, name)        (to) = variable_text(variables, VAR_##name)
#define READ_API_VERSION(to, name) (to) = variable_api_minor(variables, VAR_##name, problems)
#define READ_LISTENERS(to, name)   listeners_read(&(to), VAR_##name, variables, problems)
#define READ_UPSTREAMS(to, name)   upstreams_read(&(to), variables, problems)
#define READ_CLAIMS(to, name)      claims_read(&(to), variables, problems)

enum log_format { LOG_TEXT, LOG_JSON }; /* in the order of the words of LOG_FORMAT */

/* The fields of SETTING rows in base/variables.def. Strings are not owned. */
struct settings {
#define SETTING(field, name, kind, ...) TYPE_##kind field;
#include "base/variables.def"
};

/* Reads all settings. Reports all problems; the settings may be used only if there were none. */
void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems);

/* Checks the certificates of tls:// listeners and upstreams. A directory that is not set or lacks a file is a
 * problem. listens_with_tls: some profile has a tls:// listener. */
void settings_check_tls(const struct settings *settings, bool listens_with_tls, struct problems *problems);

/* Whether clients need a certificate: TLS_CERT_PATH has a ca.pem. */
bool settings_require_client_certificates(const struct settings *settings);

#endif
