/* lower_thread.c - AWAIT_THREAD(call).
 *
 * The operands of the call are evaluated into the frame; then the runtime copies the frame for a worker, which enters the function with it.
 * A switch at the function's top makes the call there, from the frame alone:
 *
 *     if (brio_task->kind == BRIO__TASK_THREAD) switch (brio_frame->base.pc) {
 *     case 3: brio_frame->thread_1 = compress2(brio_frame->thread_1_0, …); goto brio_suspended;
 *     }
 */
#include "lower_internal.h"

/* It means the same in the worker as here. */
static bool needs_no_room(const struct node *operand)
{
    while (operand->kind == E_PAREN)
        operand = operand->a;
    return operand->kind == E_CONST || operand->kind == E_STRING ||
           (operand->kind == E_IDENT && operand->symbol && operand->symbol->kind == SYMBOL_FUNCTION && operand->symbol->scope->depth == 0);
}

/* Evaluates the operand into the frame. What the worker writes for it. */
static const char *store_operand(struct lower *lower, const struct node *operand, const char *member)
{
    if (needs_no_room(operand))
        return render_text(lower, operand->first, operand->last, RENDER_TYPE);
    char *value = render_text(lower, operand->first, operand->last, RENDER_TOP_TYPE);
    frame_add(lower, lower->block->group, "%s %s",
              frame_type_of(lower, arena_printf(lower->arena, "((void)0, (%s))", value)), member);
    const char *target = arena_printf(lower->arena, "brio_frame->%s", member);
    lower_assignment(lower, target, 0, operand, is_record(operand));
    return target;
}

static const char *store_operands(struct lower *lower, const struct node *call, int number)
{
    struct buffer text = {0};
    int index = 0;
    buffer_printf(&text, "(%s)(", store_operand(lower, call->a, arena_printf(lower->arena, "thread_%d_function", number)));
    for (const struct node *operand = call->b; operand; operand = operand->next, index++)
        buffer_printf(&text, "%s%s", index ? ", " : "",
                      store_operand(lower, operand, arena_printf(lower->arena, "thread_%d_%d", number, index)));
    buffer_puts(&text, ");");
    const char *result = arena_strndup(lower->arena, text.text, text.length);
    buffer_free(&text);
    return result;
}

static void add_thread_call(struct lower *lower, int site, int token, const char *text)
{
    struct thread_call *call = ARENA_NEW(lower->arena, struct thread_call);
    call->site = site;
    call->token = token;
    call->text = text;
    call->next = lower->thread_calls;
    lower->thread_calls = call;
}

void lift_thread(struct lower *lower, struct node *node, bool discard)
{
    const struct node *call = awaited_call(node);
    int number = ++lower->numbers, token = node->first;
    const char *value = arena_printf(lower->arena, "thread_%d", number);
    lift(lower, node->a, false);
    lift(lower, node->b, false);
    const char *text = store_operands(lower, call, number);
    struct temporary *temporary = discard ? NULL : temporary_new(lower, node->a, token);
    if (!discard) {
        char *type = render_text(lower, node->a->first, node->a->last, RENDER_TOP_TYPE);
        frame_add(lower, lower->block->group, "%s %s", frame_type_of(lower, type), value);
        text = arena_printf(lower->arena, "brio_frame->%s = %s", value, text);
    }
    int site = site_new(
        lower, arena_printf(lower->arena, "AWAIT_THREAD %s", render_text(lower, call->a->first, call->a->last, RENDER_TYPE)), token);
    add_thread_call(lower, site, token, text);
    op_glue(lower, token, "brio_frame->base.pc = %d;", site);
    op_word(lower, token, "brio__thread_call(brio_task, &brio_frame->base, sizeof *brio_frame,");
    op_word(lower, token, discard ? "(void *)0, 0," : arena_printf(lower->arena, "&brio_frame->%s, sizeof brio_frame->%s,", value, value));
    if (node->b) {
        op_word(lower, token, "&(struct brio_thread_options){");
        render_node(lower, node->b, RENDER_CODE);
        op_word(lower, token, "});");
    } else {
        op_word(lower, token, "(void *)0);");
    }
    lower_suspension(lower, token, node->lowering->live, true);
    op_glue(lower, token, "}");
    if (!discard)
        op_glue(lower, token, "brio_%d = brio_frame->%s;", temporary->number, value);
    keep_temporary(lower, node, temporary);
}
