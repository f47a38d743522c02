/* Compound literals that something may point at across an AWAIT have room in the frame; values of records and of const objects are copied. */
#include <brio.h>

struct pair {
    const int first;
    int second;
};

ASYNC int send_all(const int *numbers, int count);
ASYNC struct pair fetch_pair(void);

ASYNC int entry(void)
{
    const int *numbers = (int[]){1, 2, 3};
    const int limit = 3;
    int sent = AWAIT(send_all(numbers, limit));
    struct pair pair = AWAIT(fetch_pair());

    AWAIT(send_all((int[]){pair.first}, 1));
    return sent + AWAIT(fetch_pair()).second + limit;
}
