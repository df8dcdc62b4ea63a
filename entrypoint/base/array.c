/* Arrays that grow by one element. */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void *array_grow(void *array, size_t count, size_t size)
{
    array = realloc(array, (count + 1) * size);
    if (array == NULL)
        abort();
    memset((char *)array + count * size, 0, size);
    return array;
}
