#include "support.h"

enum { SIZE = 4 };

static ASYNC int app(int n)
{
    int fixed[SIZE + sizeof(int[3])];
    AWAIT(brio_sleep(1));
    {
        int values[n];
        for (int i = 0; i < n; i++)
            values[i] = i;
        fixed[0] = values[0];
    }
    AWAIT(brio_sleep(1));
    int last[n];
    last[0] = fixed[0];
    return last[0];
}

static ASYNC int parameter(int n, int vector[n])
{
    AWAIT(brio_sleep(1));
    return vector[0];
}
