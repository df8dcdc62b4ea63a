/* The directory of templates/ and haproxy/. */
#ifndef ENVIRONMENT_DATA_DIR_H
#define ENVIRONMENT_DATA_DIR_H

/* The default of DATA_DIR: the checkout if the program runs from its build/, else the directory of `make install`.
 * The string stays valid until the program ends. */
const char *data_dir_preset(void);

#endif
