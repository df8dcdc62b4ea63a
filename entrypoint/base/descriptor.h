/* Descriptors that may be open or not. */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

/* Closes it if it is open, and sets it to -1, which stands for none. */
void descriptor_close(int *fd);

#endif
