/* switch: operand, cases with fallthrough, nested, in loops and loops in them, and Duff's device. */
#include "run.h"

static ASYNC void operand(int x)
{
    switch (V(x)) {
    case 0:
        printf("zero ");
        break;
    case 1:
        T(1);
        /* fall through */
    case 2:
        T(2);
        break;
    case 3: {
        int local = V(3);
        PAUSE();
        printf("%d ", local);
    } /* fall through */
    case 4 ... 6:
        printf("range ");
        PAUSE();
        break;
    default:
        T(99);
    }
}

static ASYNC void default_first(int x)
{
    switch (x) {
    default:
        T(-1);
    case 5:
        T(5);
        break;
    case 6:
        T(6);
    }
    switch (V(x)) {
    case 5:
        return;
    }
    switch (V(x))
    case 6:
        T(66);
    switch (V(x)) {
    }
}

static ASYNC void nested(int x)
{
    switch (V(x)) {
    case 1:
        switch (V(x) + V(1)) {
        case 2:
            T(12);
            break;
        case 1:
            T(11);
        }
        T(10);
        break;
    case 2:
        for (int i = 0; i < 3; i++) {
            switch (V(i)) {
            case 0:
                continue;
            case 1:
                T(i);
                break;
            default:
                T(20);
            }
            T(i * 100);
        }
    }
}

static ASYNC void in_loop(void)
{
    for (int i = 0;; i++) {
        switch (V(i)) {
        case 0:
        case 2:
            continue;
        case 1:
            break;
        case 3:
            goto out;
        }
        T(i);
    }
out:
    T(1000);
}

/* The labels of the switch stand inside of a loop. */
static ASYNC void duff(int count)
{
    int n = (count + 3) / 4;

    switch (V(count) % 4) {
    case 0:
        do {
            T(0);
    case 3:
            T(3);
    case 2:
            T(2);
    case 1:
            T(1);
        } while (--n > 0);
    }
    puts("");
}

static ASYNC void declarations(int x)
{
    switch (x) {
        int shared; /* in scope in every case, initialized in none */
    case 0:
        shared = V(10);
        PAUSE();
        T(shared);
        break;
    case 1:
        shared = 20;
        PAUSE();
        T(shared + V(1));
    }
}

enum colour { RED, GREEN = 5, BLUE };

static ASYNC const char *name(enum colour colour)
{
    switch (V((int)colour)) {
    case RED:
        return "red";
    case GREEN:
        PAUSE();
        return "green";
    case BLUE:
        break;
    }
    return "blue";
}

static ASYNC void wide(long long x)
{
    switch (x + V(0)) {
    case 0x100000000LL:
        T(1);
        break;
    case -1:
        T(2);
        break;
    case 0:
        T(3);
    }
    switch ((unsigned char)V(258)) {
    case 2:
        T(4);
    }
}

static ASYNC void app(void)
{
    for (int i = 0; i < 8; i++)
        AWAIT(operand(i));
    puts("");
    for (int i = 4; i < 8; i++)
        AWAIT(default_first(i));
    puts("");
    for (int i = 0; i < 4; i++)
        AWAIT(nested(i));
    puts("");
    AWAIT(in_loop());
    puts("");
    for (int i = 1; i < 10; i++)
        AWAIT(duff(i));
    for (int i = 0; i < 3; i++)
        AWAIT(declarations(i));
    puts("");
    printf("%s %s %s\n", AWAIT(name(RED)), AWAIT(name(GREEN)), AWAIT(name(BLUE)));
    AWAIT(wide(0x100000000LL));
    AWAIT(wide(-1));
    AWAIT(wide(0));
    puts("");
}
