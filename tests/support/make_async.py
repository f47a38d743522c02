"""make_async.py FILE… <preprocessed plain C >the same with every function of FILE… made ASYNC and every call of one an AWAIT.

The text has been preprocessed with BRIO_GENERATOR and brio.h in front, so that the words are __brio_async and so on. Left plain are main, in which a
call becomes RUN, variadic functions, those whose address is taken, and all that such functions call. Each function begins with a call of convert_step(), which
the text has to declare ASYNC.
"""
import re
import sys

TOKEN = re.compile(r'''
    (?P<marker>^\#[^\n]*$) | (?P<space>[ \t\r\n]+)
    | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\])*") | (?P<char>[uUL]?'(?:\\.|[^'\\])*')
    | (?P<name>(?:[^\W\d]|\\u\w{4}|\\U\w{8})(?:[\w$]|\\u\w{4}|\\U\w{8})*)
    | (?P<digraph><%|%>|<:|:>) | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*) | (?P<other>.)''', re.M | re.S | re.X)
DIGRAPHS = {"<%": "{", "%>": "}", "<:": "[", ":>": "]"}
UNEVALUATED = {"sizeof", "typeof", "__typeof__", "__typeof", "_Alignof", "__alignof__", "alignof", "_Generic"}
TYPES = {"void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "_Bool", "extern"}
OPEN, CLOSE = "([{", ")]}"


class Token:
    def __init__(self, kind, text, own):
        self.kind, self.text, self.raw, self.own = kind, DIGRAPHS.get(text, text), text, own
        self.before = self.behind = ""


def read(text, files):
    own, tokens = False, []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "marker":
            name = re.match(r'#\s*\d+\s+"([^"]*)"', match.group())
            own = any(name.group(1).endswith(file) for file in files) if name else own
        tokens.append(Token(kind, match.group(), own))
    return tokens


def closing(code, index):
    depth = 0
    for at in range(index, len(code)):
        depth += (code[at].text in OPEN) - (code[at].text in CLOSE)
        if depth == 0:
            return at
    raise SystemExit("unbalanced brackets")


def controlling_end(code, generic):
    """Of _Generic(this, …)."""
    at = generic + 2
    while code[at].text != ",":
        at = closing(code, at) + 1 if code[at].text in OPEN else at + 1
    return at


class Function:
    def __init__(self, first, name, body, end):
        self.first, self.name, self.body, self.end = first, name, body, end


def external(code):
    """Yields the range of each external declaration, its name and body if it is a function of ours."""
    first = at = 0
    while at < len(code):
        text = code[at].text
        if text in ("(", "["):
            at = closing(code, at)
        elif text == "{":
            parenthesis = at > 0 and code[at - 1].text == ")"
            end = closing(code, at)
            if parenthesis:
                yield first, end, at
                first = end + 1
            at = end
        elif text == ";":
            yield first, at, None
            first = at + 1
        at += 1


def place_of_name(code, first, last):
    """Of the function declared there, before the first parenthesis; None where the declarator is not that simple."""
    for at in range(first, last):
        if code[at].text == "(" and code[at - 1].text not in ("__attribute__", "__asm__", "_Alignas", "__typeof__"):
            simple = at > first and code[at - 1].kind == "name" and "..." not in "".join(t.text for t in code[at:closing(code, at)])
            behind = closing(code, at) + 1
            return at - 1 if simple and code[behind].text in ("{", ";", "__attribute__") else None
        if code[at].text in ("=", "{", "typedef", "struct{", "__attribute__"):
            return None
    return None


def main():
    tokens = read(sys.stdin.read(), sys.argv[1:])
    code = [token for token in tokens if token.kind not in ("space", "marker")]
    functions, prototypes, plain, known = {}, [], {"main"}, set()
    for first, last, body in external(code):
        place = place_of_name(code, first, last) if code[first].own else None
        name = code[place].text if place else None
        known.add(place)
        if body is None and name:
            prototypes.append((first, name))
        elif body is not None and code[body].own:
            if name:
                functions[name] = Function(first, name, body, last)
            else:
                plain.update(token.text for token in code[body:last] if token.kind == "name")
    calls = {name: set() for name in functions}
    owner = {at: f.name for f in functions.values() for at in range(f.body, f.end)}
    for at, token in enumerate(code[:-1]):
        called = code[at + 1].text == "(" and (at in known or (at in owner and code[at - 1].text not in TYPES))
        if token.text in functions and not called:
            plain.add(token.text)
        if token.text in functions and at in owner:
            calls[owner[at]].add(token.text)
        if token.text in ("va_list", "__builtin_va_start", "alloca", "setjmp", "_setjmp") and at in owner:
            plain.add(owner[at])
    todo = [name for name in plain if name in functions and name != "main"]
    while todo:
        for callee in calls[todo.pop()] - plain:
            plain.add(callee)
            todo.append(callee)
    converted = set(functions) - plain
    for first, name in prototypes + [(f.first, f.name) for f in functions.values()]:
        if name in converted:
            code[first].before += "__brio_async "
    for function in functions.values():
        if function.name in converted:
            code[function.body].behind += " __brio_await(convert_step());"
        unevaluated = -1
        for at in range(function.body, function.end):
            if code[at].text in UNEVALUATED and code[at + 1].text == "(":
                unevaluated = max(unevaluated, controlling_end(code, at) if code[at].text == "_Generic" else closing(code, at + 1))
            if code[at].text in converted and code[at + 1].text == "(" and at > unevaluated and code[at - 1].text not in (".", ">"):
                code[at].before += "__brio_run((void *)0, " if function.name == "main" else "__brio_await("
                end = code[closing(code, at + 1)]
                end.behind = ")" + end.behind
    print(f"{len(converted)} of {len(functions)} functions", file=sys.stderr)
    sys.stdout.write("".join(token.before + token.raw + token.behind for token in tokens))


main()
