#include "support.h"

static ASYNC int app(int n)
{
    int values[n];
    for (int i = 0; i < n; i++)
        values[i] = i;
    AWAIT(brio_sleep(1));
    int (*pointer)[n] = &values;
    NURSERY (nursery)
        n++;
    return (*pointer)[0];
}

static ASYNC void late(int n)
{
    DEFER AWAIT(brio_sleep(1));
    int values[n];
    values[0] = 1;
}

static ASYNC int parameter(int n, int matrix[n][n])
{
    AWAIT(brio_sleep(1));
    return matrix[0][0];
}

static ASYNC int bound(void)
{
    int values[AWAIT(parameter(1, 0))];
    return (int)sizeof values;
}

// error: 5:9: 'values' has a variable length and would have to live across AWAIT
// error: 9:11: 'pointer' has a variable length and would have to live across NURSERY
// error: 18:9: 'values' has a variable length and would have to live across AWAIT
// error: 22:39: 'matrix' has a variable length and would have to live across AWAIT
// error: 30:9: 'values' has a variable length and would have to live across AWAIT
