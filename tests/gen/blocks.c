/* blocks.c - writes a random program of nested blocks, or what it has to print.
 *
 * usage: blocks SEED program|expected
 *
 * The program is a few ASYNC functions of nurseries, scopes, TRY, DEFER, loops and switches, left in every way: falling out, break,
 * continue, goto, return, errors, cancellation. The second form interprets the same tree by the rules of the language, which stand here once more,
 * small enough to be read: what is on its way is a set of error codes and a cancellation; every block has one exit. blocks.sh compares.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    NOTE, PAUSE, CALL, RAISE, CANCEL,
    BLOCK, IF, LOOP, SWITCH, NURSERY, SCOPE, SHIELD, TRY, DEFER,
    RETURN, BREAK, CONTINUE, GOTO
};

/* Children: the statements of a block; of IF and SWITCH one block each; of TRY the body, then a CATCH each, then FINALLY if `flag`. */
struct node {
    enum kind kind;
    int id;
    int number;  /* RAISE: the code; CATCH: its filter, 0 for none; CALL: the function; CANCEL: the scope's id;
                  * NURSERY: how many children sleep, and with `flag` one fails, spawned last */
    bool flag;
    struct node *child, *next;
};

enum { FUNCTIONS = 3, CODES = 5, ROUNDS = 20 }; /* each round takes other ways through the same functions */

static struct node *functions[FUNCTIONS];
static int ids;
static unsigned long long random_state;

static int choose(int n)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (int)((random_state >> 33) % (unsigned)n);
}

/* ---- making a tree ---- */

struct place {
    int function, depth;
    bool in_loop, in_switch, may_jump; /* may_jump: not inside of a DEFER or FINALLY */
    int scopes[16], scope_count; /* ids of the scopes around that CANCEL may name */
};

static struct node *make_node(enum kind kind)
{
    struct node *node = calloc(1, sizeof *node);

    if (!node)
        abort();
    node->kind = kind;
    node->id = ++ids;
    return node;
}

static struct node *make_block(struct place place);

static struct node *make_try(struct place place)
{
    struct node *node = make_node(TRY), **last = &node->child;
    int catches = choose(3);

    *last = make_block(place);
    last = &(*last)->next;
    node->flag = catches == 0 || choose(3) == 0;
    for (int i = 0; i < catches; i++) {
        struct place inside = place;
        if (catches > 1) /* a jump out of one CATCH while others wait is a case of its own */
            inside.may_jump = false;
        *last = make_block(inside);
        (*last)->number = i + 1 == catches && choose(2) ? 0 : 1 + choose(CODES);
        last = &(*last)->next;
    }
    if (node->flag) {
        place.may_jump = place.in_loop = place.in_switch = false;
        *last = make_block(place);
    }
    return node;
}

static struct node *make_leaf(const struct place *place)
{
    struct node *node = make_node(NOTE);

    switch (choose(12)) {
    case 0: case 1: case 2:
        node->kind = PAUSE;
        break;
    case 3:
        node->kind = RAISE;
        node->number = 1 + choose(CODES);
        break;
    case 4:
        if (place->scope_count > 0) {
            node->kind = CANCEL;
            node->number = place->scopes[choose(place->scope_count)];
        }
        break;
    case 5: case 6:
        if (place->function + 1 < FUNCTIONS) {
            node->kind = CALL;
            node->number = place->function + 1 + choose(FUNCTIONS - place->function - 1);
        }
        break;
    case 7:
        if (place->may_jump)
            node->kind = choose(2) ? RETURN : GOTO;
        break;
    case 8:
        if (place->in_loop || place->in_switch)
            node->kind = BREAK;
        break;
    case 9:
        if (place->in_loop)
            node->kind = CONTINUE;
        break;
    }
    return node;
}

static struct node *make_compound(struct place place)
{
    static const enum kind kinds[] = {BLOCK, IF, IF, LOOP, SWITCH, NURSERY, NURSERY, SCOPE, SCOPE, SHIELD, TRY, TRY, DEFER};
    enum kind kind = kinds[choose((int)(sizeof kinds / sizeof *kinds))];

    place.depth--;
    if (kind == TRY)
        return make_try(place);
    struct node *node = make_node(kind);
    if (kind == LOOP)
        place.in_loop = true, place.in_switch = false;
    if (kind == SWITCH)
        place.in_switch = true;
    if (kind == DEFER)
        place.in_loop = place.in_switch = place.may_jump = false;
    if (kind == SCOPE && place.scope_count < 16)
        place.scopes[place.scope_count++] = node->id;
    node->child = make_block(place);
    if (kind == IF || kind == SWITCH)
        node->child->next = make_block(place);
    if (kind == NURSERY) {
        node->number = choose(3);
        node->flag = choose(4) == 0;
    }
    return node;
}

static struct node *make_block(struct place place)
{
    struct node *block = make_node(BLOCK), **last = &block->child;
    int count = 1 + choose(4);

    for (int i = 0; i < count; i++) {
        *last = place.depth > 0 && choose(3) ? make_compound(place) : make_leaf(&place);
        last = &(*last)->next;
    }
    return block;
}

/* ---- the program ---- */

static void print_block(const struct node *block, int indent);

static void print_line(int indent, const char *text)
{
    printf("%*s%s\n", 4 * indent, "", text);
}

static void print_try(const struct node *node, int indent)
{
    const struct node *part = node->child;

    print_line(indent, "TRY");
    print_block(part, indent);
    for (part = part->next; part && (part->next || !node->flag); part = part->next) {
        if (part->number)
            printf("%*sCATCH (e%d, %d)\n", 4 * indent, "", part->id, part->number);
        else
            printf("%*sCATCH (e%d)\n", 4 * indent, "", part->id);
        printf("%*s{\n%*snote_error(e%d);\n", 4 * indent, "", 4 * indent + 4, "", part->id);
        print_block(part, indent + 1);
        print_line(indent, "}");
    }
    if (part) {
        print_line(indent, "FINALLY");
        print_block(part, indent);
    }
}

static void print_nursery(const struct node *node, int indent)
{
    print_line(indent, "{");
    printf("%*sint living = 0;\n%*sDEFER note('j', living);\n", 4 * indent + 4, "", 4 * indent + 4, "");
    printf("%*sNURSERY(n%d) {\n", 4 * indent + 4, "", node->id);
    for (int i = 0; i < node->number; i++)
        printf("%*sSPAWN(n%d, sleeping(%d, &living));\n", 4 * indent + 8, "", node->id, i + 1);
    print_block(node->child, indent + 2);
    if (node->flag)
        printf("%*sSPAWN(n%d, failing(%d));\n", 4 * indent + 8, "", node->id, 1 + node->id % CODES);
    print_line(indent + 1, "}");
    print_line(indent, "}");
}

static void print_node(const struct node *node, int indent)
{
    int space = 4 * indent, id = node->id;

    switch (node->kind) {
    case NOTE: printf("%*snote('n', %d);\n", space, "", id); break;
    case PAUSE: printf("%*sAWAIT(brio_checkpoint());\n", space, ""); break;
    case CALL: printf("%*snote('r', AWAIT(function_%d(%d)));\n", space, "", node->number, id); break;
    case RAISE: printf("%*sRAISE(%d, \"%d\");\n", space, "", node->number, id); break;
    case CANCEL: printf("%*sbrio_scope_cancel(s%d, NULL);\n", space, "", node->number); break;
    case RETURN: printf("%*sreturn note('t', %d);\n", space, "", id); break;
    case BREAK: printf("%*sbreak;\n", space, ""); break;
    case CONTINUE: printf("%*scontinue;\n", space, ""); break;
    case GOTO: printf("%*sgoto out;\n", space, ""); break;
    case BLOCK: print_block(node, indent); break;
    case IF:
        printf("%*sif (choose(2))\n", space, "");
        print_block(node->child, indent);
        print_line(indent, "else");
        print_block(node->child->next, indent);
        break;
    case LOOP:
        printf("%*sfor (int i%d = 0; i%d < 2; i%d++)\n", space, "", id, id, id);
        print_block(node->child, indent);
        break;
    case SWITCH:
        printf("%*sswitch (choose(3)) {\n%*scase 0:\n", space, "", space, "");
        print_block(node->child, indent + 1);
        printf("%*s/* fall through */\n%*scase 1:\n", space + 4, "", space, "");
        print_block(node->child->next, indent + 1);
        print_line(indent, "}");
        break;
    case NURSERY: print_nursery(node, indent); break;
    case SCOPE:
        printf("%*sCANCEL_SCOPE(s%d)\n", space, "", id);
        print_block(node->child, indent);
        printf("%*snote('s', s%d->cancelled_caught);\n", space, "", id);
        break;
    case SHIELD:
        print_line(indent, "SHIELD");
        print_block(node->child, indent);
        break;
    case TRY: print_try(node, indent); break;
    case DEFER:
        print_line(indent, "DEFER");
        print_block(node->child, indent);
        break;
    default:
        abort();
    }
}

/* A local of each block shows whether it is kept. */
static void print_block(const struct node *block, int indent)
{
    print_line(indent, "{");
    printf("%*sint local_%d = choose(100);\n", 4 * indent + 4, "", block->id);
    for (const struct node *node = block->child; node; node = node->next)
        print_node(node, indent + 1);
    printf("%*snote('l', local_%d);\n", 4 * indent + 4, "", block->id);
    print_line(indent, "}");
}

static const char prologue[] =
    "#include <brio.h>\n"
    "#include <stdio.h>\n\n"
    "static unsigned long long random_state;\n"
    "static int notes;\n\n"
    "static int choose(int n)\n{\n"
    "    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;\n"
    "    return (int)((random_state >> 33) % (unsigned)n);\n}\n\n"
    "static int note(char what, int number)\n{\n"
    "    printf(\"%c%d%c\", what, number, ++notes % 20 ? ' ' : '\\n');\n"
    "    return number;\n}\n\n"
    "static void note_error(const struct brio_error *error)\n{\n"
    "    int codes = 0;\n\n"
    "    for (int i = 1; i < 31; i++)\n"
    "        codes |= brio_error_contains(error, i) << i;\n"
    "    note('e', codes);\n}\n\n"
    "static ASYNC void sleeping(int seconds, int *living)\n{\n"
    "    ++*living;\n"
    "    DEFER --*living;\n"
    "    AWAIT(brio_sleep(seconds));\n}\n\n"
    "static ASYNC void failing(int code)\n{\n"
    "    if (code < 0)\n"
    "        AWAIT(brio_checkpoint());\n"
    "    RAISE(code, \"child\");\n}\n\n";

static const char epilogue[] =
    "int main(void)\n{\n"
    "    const struct brio_error *error = NULL;\n"
    "    struct brio_options options = {.clock = BRIO_CLOCK_VIRTUAL, .error = &error};\n"
    "    int value = -1;\n\n"
    "    random_state = seed;\n"
    "    for (int i = 0; i < rounds; i++) {\n"
    "        if (RUN_INTO(&options, &value, function_0(0)) == 0)\n"
    "            note('v', value);\n"
    "        else\n"
    "            note_error(error);\n"
    "        brio_error_unref(error);\n"
    "    }\n"
    "    puts(\"\");\n"
    "    return 0;\n}\n";

static void print_program(unsigned long long seed)
{
    printf("/* blocks.c, seed %llu */\n%s", seed, prologue);
    for (int i = FUNCTIONS - 1; i >= 0; i--) {
        printf("static ASYNC int function_%d(int argument)\n{\n", i);
        print_block(functions[i], 1);
        printf("    note('a', argument);\n    if (argument < 0)\n        goto out;\n    return 0;\n"
               "out:\n    note('o', argument);\n    return 1;\n}\n\n");
    }
    printf("enum { rounds = %d };\nstatic const unsigned long long seed = %llu;\n\n%s", ROUNDS, seed + 1, epilogue);
}

/* ---- what it has to print ---- */

enum why { FELL, LEFT_BREAK, LEFT_CONTINUE, LEFT_RETURN, LEFT_GOTO, UNWINDS };

/* On its way. */
static struct {
    unsigned errors; /* a bit for each code */
    bool cancelled;
} signal;
static int value; /* of the return that is under way in this function */

struct scope {
    struct scope *parent;
    int id;
    bool shield, cancelled;
    /* Of a nursery. */
    int ends[2], children; /* when those that sleep will wake */
    bool lost;             /* one of them was cancelled */
    unsigned due, errors;  /* of a child that will fail in the join; of those that have failed */
};

static struct scope *scope; /* the innermost */
static int notes, now;

static void note(char what, int number)
{
    printf("%c%d%c", what, number, ++notes % 20 ? ' ' : '\n');
}

static bool is_cancelled(const struct scope *s)
{
    return s && (s->cancelled || (!s->shield && is_cancelled(s->parent)));
}

static bool signalled(void)
{
    return signal.errors || signal.cancelled;
}

/* Some scope was cancelled: the children inside that still sleep end. */
static void cancel_children(void)
{
    for (struct scope *s = scope; s; s = s->parent)
        while (s->children > 0 && is_cancelled(s))
            s->lost |= s->ends[--s->children] > now;
}

/* The body of a nursery was left: waits for its children. */
static void join(struct scope *s)
{
    s->cancelled |= signalled() || s->due;
    s->errors |= s->due;
    cancel_children();
    while (s->children > 0)
        if (s->ends[--s->children] > now)
            now = s->ends[s->children];
    signal.cancelled |= s->lost;
    signal.errors |= s->errors;
}

/* After an exit. */
static enum why outcome(enum why why)
{
    return signalled() ? UNWINDS : why == UNWINDS ? FELL : why;
}

static void leave_scope(struct scope *s)
{
    scope = s->parent;
    if (signal.cancelled && is_cancelled(s) && (s->shield || !is_cancelled(s->parent)))
        signal.cancelled = false;
}

static enum why run_block(const struct node *block);
static enum why run_node(const struct node *node);

/* A DEFER or FINALLY: what is on its way is put aside meanwhile. */
static void run_exit(const struct node *block)
{
    unsigned errors = signal.errors;
    bool cancelled = signal.cancelled;

    signal.errors = 0, signal.cancelled = false;
    run_block(block);
    if (!signal.errors) {
        signal.errors = errors;
        signal.cancelled |= cancelled;
    }
}

/* The local's note stands at the end of the block, before its DEFERs run. */
static enum why run_statements(const struct node *node, int local)
{
    if (!node) {
        note('l', local);
        return FELL;
    }
    if (node->kind == DEFER) {
        enum why why = run_statements(node->next, local);
        run_exit(node->child);
        return outcome(why);
    }
    enum why why = run_node(node);
    return why == FELL ? run_statements(node->next, local) : why;
}

static enum why run_block(const struct node *block)
{
    return run_statements(block->child, choose(100));
}

static enum why run_try(const struct node *node)
{
    const struct node *part = node->child;
    enum why why = run_block(part);

    if (signalled()) {
        unsigned rest = signal.errors, raised = 0;
        bool cancelled = signal.cancelled;
        for (part = part->next; part && (part->next || !node->flag); part = part->next) {
            unsigned caught = part->number ? rest & 1u << part->number : rest;
            if (!caught)
                continue;
            rest &= ~caught;
            signal.errors = 0, signal.cancelled = false;
            note('e', (int)caught);
            why = run_block(part);
            raised |= signal.errors;
            cancelled |= signal.cancelled;
        }
        signal.errors = rest | raised, signal.cancelled = cancelled;
        why = outcome(why);
    }
    if (node->flag) {
        for (part = node->child; part->next;)
            part = part->next;
        run_exit(part);
    }
    return outcome(why);
}

static enum why run_nursery(const struct node *node)
{
    struct scope here = {.parent = scope, .children = node->number};

    for (int i = 0; i < here.children; i++)
        here.ends[i] = now + i + 1;
    scope = &here;
    enum why why = run_block(node->child);
    if (why == FELL && node->flag)
        here.due = 1u << (1 + node->id % CODES);
    join(&here);
    leave_scope(&here);
    why = outcome(why);
    note('j', 0);
    return why;
}

static int call(int function, int argument)
{
    int value_of_caller = value; /* a DEFER may call while a return is under way */
    enum why why = run_block(functions[function]);
    int returned = value;

    value = value_of_caller;
    if (why == UNWINDS)
        return -1;
    if (why == LEFT_RETURN)
        return returned;
    if (why == LEFT_GOTO) {
        note('o', argument);
        return 1;
    }
    note('a', argument);
    return 0;
}

static enum why run_loop(const struct node *node)
{
    for (int i = 0; i < 2; i++) {
        enum why why = run_block(node->child);
        if (why == LEFT_BREAK)
            break;
        if (why != FELL && why != LEFT_CONTINUE)
            return why;
    }
    return FELL;
}

static enum why run_switch(const struct node *node)
{
    int which = choose(3);
    enum why why = which == 0 ? run_block(node->child) : FELL;

    if (why == FELL && which < 2)
        why = run_block(node->child->next);
    return why == LEFT_BREAK ? FELL : why;
}

static enum why run_scope(const struct node *node)
{
    struct scope here = {.parent = scope, .id = node->id, .shield = node->kind == SHIELD};

    scope = &here;
    enum why why = run_block(node->child);
    bool before = signal.cancelled;
    leave_scope(&here);
    why = outcome(why);
    if (why == FELL && node->kind == SCOPE)
        note('s', before && !signal.cancelled);
    return why;
}

static enum why run_node(const struct node *node)
{
    switch (node->kind) {
    case NOTE: note('n', node->id); return FELL;
    case PAUSE:
        signal.cancelled = is_cancelled(scope);
        return outcome(FELL);
    case CALL: {
        int returned = call(node->number, node->id);
        if (signalled())
            return UNWINDS;
        note('r', returned);
        return FELL;
    }
    case RAISE: signal.errors = 1u << node->number; return UNWINDS;
    case CANCEL:
        for (struct scope *s = scope; s; s = s->parent)
            if (s->id == node->number)
                s->cancelled = true;
        cancel_children();
        return FELL;
    case RETURN: note('t', value = node->id); return LEFT_RETURN;
    case BREAK: return LEFT_BREAK;
    case CONTINUE: return LEFT_CONTINUE;
    case GOTO: return LEFT_GOTO;
    case BLOCK: return run_block(node);
    case IF: return run_block(choose(2) ? node->child : node->child->next);
    case LOOP: return run_loop(node);
    case SWITCH: return run_switch(node);
    case NURSERY: return run_nursery(node);
    case SCOPE: case SHIELD: return run_scope(node);
    case TRY: return run_try(node);
    default: abort();
    }
}

static void print_expected(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        int returned = call(0, 0);
        if (signal.errors)
            note('e', (int)signal.errors);
        else
            note('v', returned);
        signal.errors = 0;
    }
    puts("");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED program|expected\n", argv[0]);
        return 2;
    }
    unsigned long long seed = strtoull(argv[1], NULL, 10);
    random_state = seed;
    for (int i = 0; i < FUNCTIONS; i++)
        functions[i] = make_block((struct place){.function = i, .depth = 3, .may_jump = true});
    random_state = seed + 1;
    if (strcmp(argv[2], "program") == 0)
        print_program(seed);
    else
        print_expected();
    return 0;
}
