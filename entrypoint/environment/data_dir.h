/* Where templates/ and haproxy/ are. */
#ifndef ENVIRONMENT_DATA_DIR_H
#define ENVIRONMENT_DATA_DIR_H

/* Where they are without DATA_DIR: in the checkout whose build/ the program stands in, as make leaves it there, else
 * where make install puts them. The string stays as long as the program runs. */
const char *data_dir_preset(void);

#endif
