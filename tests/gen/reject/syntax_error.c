#include "support.h"

static ASYNC int app(void)
{
    int a = ;
    return a;
}

static ASYNC int other(void)
{
    AWAIT(brio_sleep(1));
    if (1
}

int main(void)
{
    int x[3;
    return RUN(NULL, app());

// error: 5:13: expected an expression before ';'
// error: 13:1: expected ')' before '}'
// error: 16:1: this '{' is not closed before the end of the input
