/* Arrays that grow by one element. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/* Makes room for one more element of that size, in bytes, in an array of count elements, NULL for none. The new element
 * is all zeros. Returns the array, which may have moved; release it with free. Aborts if memory runs out. */
void *array_grow(void *array, size_t count, size_t size);

#endif
