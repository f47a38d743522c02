/* scope.h - which declaration a name means while the parser goes through the text.
 *
 * Each ident points at its innermost visible symbol, and each symbol at the one that it hides. So looking a name up costs nothing, and
 * closing a scope takes its symbols off their idents.
 */
#ifndef GEN_SCOPE_H
#define GEN_SCOPE_H

#include "ast.h"
#include "lex.h"

/* Inside `outer`, which is NULL for the file. */
struct scope *scope_open(struct arena *arena, struct scope *outer, int token);
/* Scopes close in reverse order; a closed one may be opened again, as that of the parameters is for the function's body. */
void scope_close(struct scope *scope);
void scope_reopen(struct scope *scope);
/* The symbol of that name that stands in this very scope, made when there is none. */
struct symbol *scope_declare(struct arena *arena, struct scope *scope, enum symbol_kind kind, struct ident *ident, int token);

#endif
