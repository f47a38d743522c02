/* goto: forward, backward, into and out of blocks and loops, and labels in odd places. */
#include "run.h"

static ASYNC int forward(int x)
{
    if (V(x))
        goto done;
    T(1);
done:
    PAUSE();
    return T(2);
}

static ASYNC int backward(void)
{
    int i = 0;

again:
    T(i);
    if (V(++i) < 3)
        goto again;
    return i;
}

static ASYNC void out_of_nest(void)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int local = V(i * 10 + j);
            while (1) {
                if (local == 11)
                    goto out;
                if (V(local) >= 0)
                    break;
            }
            T(local);
        }
out:
    puts("out");
}

/* Into a block, past its declaration: legal for anything but a VLA. */
static ASYNC void into_block(int jump)
{
    int i = 0;

    if (jump)
        goto inside;
    while (i < 2) {
        T(100);
    inside:
        PAUSE();
        i++;
        T(i);
    }
    puts("");
}

static ASYNC void state_machine(const char *input)
{
    int letters = 0, digits = 0;
    const char *p = input;

start:
    if (!*p)
        goto end;
    if (V(*p) >= '0' && *p <= '9')
        goto digit;
    goto letter;
digit:
    PAUSE();
    digits++, p++;
    goto start;
letter:
    letters++, p++;
    PAUSE();
    goto start;
end:
    printf("%d letters, %d digits\n", letters, digits);
}

/* The same name as a label, a variable, a member and a tag. */
static ASYNC void names(void)
{
    struct x { int x; } x = {V(1)};

    goto x;
    T(50);
x:
    x.x += V(1);
    PAUSE();
    T(x.x);
    puts("");
}

static ASYNC int cleanup_idiom(int fail_at)
{
    int code = -1, steps = 0;

    if (V(fail_at) == 1)
        goto undo_0;
    steps++;
    if (V(fail_at) == 2)
        goto undo_1;
    steps += 10;
    code = 0;
    T(steps);
undo_1:
    PAUSE();
    printf("undo 1 ");
undo_0:
    printf("undo 0 ");
    PAUSE();
    return code;
}

/* A loop of two gotos with locals in a block that is entered again and again. */
static ASYNC void reentered(void)
{
    int n = 0;

top: {
    int fresh = V(n) * 2;
    int *address = &fresh;
    PAUSE();
    *address += 1;
    T(fresh);
    if (++n < 4)
        goto top;
}
    puts("");
}

static ASYNC void app(void)
{
    printf(" %d\n", AWAIT(forward(0)));
    printf(" %d\n", AWAIT(forward(1)));
    printf(" %d\n", AWAIT(backward()));
    AWAIT(out_of_nest());
    AWAIT(into_block(0));
    AWAIT(into_block(1));
    AWAIT(state_machine("ab12c"));
    AWAIT(names());
    for (int i = 0; i < 3; i++)
        printf("%d\n", AWAIT(cleanup_idiom(i)));
    AWAIT(reentered());
}
