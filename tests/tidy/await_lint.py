#!/usr/bin/python3
"""The await rule (ARCHITECTURE.md, common/async/task.h). g++ 12 silently miscompiles many forms around co_await, and the
plain ones read better:

  co_await stands only as a statement, as the whole initialiser of a named variable, as the whole right side of an
  assignment, or as the operand of co_return; its operand is a name or one call, and the arguments are names, literals
  and std::move(name); a lambda that is a coroutine captures nothing; a coroutine takes no view, no const reference and
  no rvalue reference; no view lives across a co_await.

Textual, so that it reads the whole tree in a second. With --self-test it judges a table of forms instead of the tree."""

import re
import sys

from cpp_source import Complaint, Token, source_files, tokens

SUSPENDS = ("co_await", "co_yield")
COROUTINE = ("co_await", "co_yield", "co_return")
VIEWS = ("ByteView", "NameView", "string_view", "RrsetView", "span", "QueryView")
OPENING, CLOSING = "([{", ")]}"
NAME = re.compile(r"[A-Za-z_]\w*$")
LITERAL = re.compile(r'\d|""$')


def matching(found: list[Token], at: int, step: int) -> int:
    """The bracket that belongs to the one at `at`, looking on (1) or back (-1)."""
    depth = 0
    while 0 <= at < len(found):
        text = found[at].text
        if text in OPENING:
            depth += step
        elif text in CLOSING:
            depth -= step
        if depth == 0:
            return at
        at += step
    return max(0, min(at, len(found) - 1))


def skip_angles(found: list[Token], at: int) -> int:
    """Past the template arguments that open at `at`."""
    depth = 0
    while at < len(found):
        depth += {"<": 1, ">": -1, ">>": -2}.get(found[at].text, 0)
        at += 1
        if depth <= 0:
            break
    return at


def skip_path(found: list[Token], at: int) -> int:
    """Past a name such as a, a.b, p->b, n::f, f<int>; `at` itself when none begins here."""
    while NAME.match(found[at].text):
        at += 1
        if found[at].text == "<" and found[skip_angles(found, at)].text in ("(", "::"):
            at = skip_angles(found, at)
        if found[at].text not in ("::", ".", "->"):
            return at
        at += 1
    return at


def skip_argument(found: list[Token], at: int) -> int:
    """Past a name, a literal or std::move(name); `at` itself when something else stands here."""
    if [token.text for token in found[at:at + 4]] == ["std", "::", "move", "("]:
        end = skip_path(found, at + 4)
        return end + 1 if end > at + 4 and found[end].text == ")" else at
    start = at + 1 if found[at].text in ("*", "-", "&") else at
    if LITERAL.match(found[start].text):
        return start + 1
    end = skip_path(found, start)
    return end if end > start else at


def operand_fault(found: list[Token], at: int) -> str | None:
    """What is wrong with the operand that begins at `at` and must end the statement."""
    end = skip_path(found, at)
    if end == at:
        return "its operand is not one plain call"
    if found[end].text == "(":
        end += 1
        while found[end].text != ")":
            after = skip_argument(found, end)
            if after == end or found[after].text not in (",", ")"):
                return "an argument is neither a name, nor a literal, nor std::move(name): give it a name first"
            end = after + 1 if found[after].text == "," else after
        end += 1
    return None if found[end].text == ";" else "it is not the whole expression"


def place_fault(found: list[Token], at: int) -> str | None:
    """What is wrong with the place where the co_await at `at` stands."""
    before = found[at - 1].text
    if before in (";", "{", "}", ":", "else", "do", "co_return"):
        return None
    if before == ")":  # if (...) co_await f();
        opening = matching(found, at - 1, -1)
        return None if found[opening - 1].text in ("if", "for", "while", "constexpr") else "it follows a cast or a call"
    if before != "=":
        return "it is part of a larger expression"
    start = at - 1
    while found[start - 1].text not in (";", "{", "}", ":", "else", "do"):
        start -= 1
        if found[start].text == "]":
            return "it initialises a structured binding or an indexed place"
        if found[start].text == "(":
            return "it stands in a condition, a loop header or an argument"
        if found[start].text == ")":
            start = matching(found, start, -1)
            if found[start - 1].text not in ("if", "for", "while"):
                return "the left side is more than a name"
            break
    return None


def judge_awaits(path: str, found: list[Token]):
    for at, token in enumerate(found):
        if token.text not in SUSPENDS:
            continue
        fault = place_fault(found, at) or operand_fault(found, at + 1)
        if fault:
            yield Complaint(path, token.line, f"{token.text}: {fault}")


def judge_lambdas(path: str, found: list[Token]):
    for at, token in enumerate(found):
        captures = (token.text == "[" and found[at + 1].text not in ("]", "[") and found[at - 1].text != "["
                    and not NAME.match(found[at - 1].text) and found[at - 1].text not in (")", "]"))
        if not captures and not (token.text == "[" and found[at - 1].text == "return"):
            continue
        body = matching(found, at, 1) + 1
        while body < len(found) and found[body].text not in ("{", ";", ",", ")"):
            body = (matching(found, body, 1) if found[body].text == "(" else body) + 1
        if body >= len(found) or found[body].text != "{" or found[at + 1].text == "]":
            continue
        if any(inner.text in COROUTINE for inner in found[body:matching(found, body, 1)]):
            yield Complaint(path, token.line, "a lambda that captures is a coroutine: its captures die before it does")


def judge_parameters(path: str, found: list[Token]):
    for at, token in enumerate(found):
        if token.text != "Task" or found[at + 1].text != "<":
            continue
        opening = skip_path(found, skip_angles(found, at + 1))
        if opening >= len(found) or found[opening].text != "(" or found[opening - 1].text in (">", "operator"):
            continue
        parameters = found[opening + 1:matching(found, opening, 1)]
        for index, parameter in enumerate(parameters):
            if parameter.text in VIEWS:
                yield Complaint(path, parameter.line, f"a coroutine takes a {parameter.text}: what it views may be gone")
            if parameter.text == "&&":
                yield Complaint(path, parameter.line, "a coroutine takes an rvalue reference: take the value")
            if parameter.text == "const" and "&" in texts_up_to_comma(parameters[index:]):
                yield Complaint(path, parameter.line, "a coroutine takes a const reference, which may be to a temporary")


def texts_up_to_comma(found: list[Token]) -> list[str]:
    texts, depth = [], 0
    for token in found:
        depth += {"<": 1, ">": -1, "(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth <= 0:
            break
        texts.append(token.text)
    return texts


def opens_code(found: list[Token], at: int) -> bool:
    """Whether the brace at `at` opens a function's body, not a namespace or a class."""
    head = []
    while at > 0 and found[at - 1].text not in (";", "{", "}"):
        at -= 1
        head.append(found[at].text)
    return ")" in head and not any(word in head for word in ("namespace", "class", "struct", "union", "enum"))


def judge_views(path: str, found: list[Token]):
    """A view declared in a block is gone from our books where the block ends."""
    live: list[tuple[int, str, int]] = []  # depth, name, line
    depth = 0  # of blocks, counted from the function's own
    outside: list[bool] = []  # of each open brace: it opened no code
    for at, token in enumerate(found[:-2]):
        if token.text == "{":
            outside.append(depth == 0 and not opens_code(found, at))
            depth += not outside[-1]
        elif token.text == "}":
            depth -= not (outside.pop() if outside else True)
            live = [view for view in live if view[0] <= depth]
        elif token.text in VIEWS:
            name = skip_angles(found, at + 1) if found[at + 1].text == "<" else at + 1
            declares = name + 1 < len(found) and NAME.match(found[name].text) and found[name + 1].text in "=({:;"
            if declares and depth > 0:
                live.append((depth + (found[name + 1].text == ":"), found[name].text, token.line))
        elif token.text in SUSPENDS:
            for _, name, line in live:
                yield Complaint(path, token.line, f"the view `{name}` of line {line} lives across this {token.text}")


def judge(path: str, source: str):
    if not any(word in source for word in COROUTINE) and "Task<" not in source:
        return
    found = [*tokens(source), *[Token(";", 0)] * 4]
    yield from judge_awaits(path, found)
    yield from judge_lambdas(path, found)
    yield from judge_parameters(path, found)
    yield from judge_views(path, found)


GOOD = (
    "co_await Sleep(timers, at);",
    "co_await task;",
    "co_await std::move(task);",
    "if (late) co_await Sleep(timers, at);",
    "for (const Server& server : servers) { co_await Ask(server); }",
    "else co_await Sleep(timers, at);",
    "case 1: co_await Sleep(timers, at);",
    "const bool raised = co_await event.WaitUntil(timers, deadline);",
    "std::optional<Finding> found = co_await AskUntilUseful(std::move(servers), chain);",
    "found = co_await self->exchange_->Ask(std::move(request), *budget, 3, \"why\");",
    "this->reply.message = co_await Read(-1, nullptr, query.id, 0xFF'FF);",
    "co_return co_await Resolve(std::move(question));",
    "co_return;",
    "auto task = []() -> Task<int> { co_return 1; };",
    "timer.Set(at, [this] { Unlink(); });",
    "values[index] = 1; co_await Sleep(timers, at);",
    "// if (co_await Comment()) is prose",
    "Log(\"co_await f() + 1\"); co_await Sleep(timers, at);",
    "{ ByteView wire = query.wire(); Parse(wire); } co_await Sleep(timers, at);",
    "} std::string_view ToText(Kind kind); void Run() { co_await Sleep(timers, at);",
    "} struct Reply { ByteView wire() const; Task<void> Read() { co_await Sleep(timers, at); } }; void g() {",
    "} Task<void> Run(Question asked, std::vector<std::pair<int, int>> pairs, Clock& clock) {",
    "} Task<absl::StatusOr<Answer>> Resolution::Run(std::unique_ptr<const Zone> zone) {",
)
BAD = (
    ("if (co_await Ready()) Go();", "part of a larger expression"),
    ("if (const bool ready = co_await Ready()) Go();", "in a condition"),
    ("while (co_await Next()) {}", "part of a larger expression"),
    ("for (auto x = co_await First(); x; ) {}", "in a condition"),
    ("switch (co_await Kind()) {}", "part of a larger expression"),
    ("const int sum = 1 + co_await One();", "part of a larger expression"),
    ("const int sum = co_await One() + 1;", "not the whole expression"),
    ("const int one = ready ? co_await One() : 1;", "part of a larger expression"),
    ("const auto [first, second] = co_await Pair();", "structured binding"),
    ("total += co_await One();", "part of a larger expression"),
    ("Use(co_await One());", "part of a larger expression"),
    ("Point point{co_await One(), 2};", "not the whole expression"),
    ("std::vector<int> all{1, co_await One()};", "part of a larger expression"),
    ("int* one = new int(co_await One());", "part of a larger expression"),
    ("co_await Ask(Options{.retries = 3});", "an argument"),
    ("co_await Ask({1, 2});", "an argument"),
    ("co_await Ask(late ? first : second);", "an argument"),
    ("co_await Ask(MakeQuestion(name));", "an argument"),
    ("co_await Ask(a + b);", "an argument"),
    ("co_await Ask([&] { return 1; });", "an argument"),
    ("co_await Ask(std::move(Make()));", "an argument"),
    ("co_await Awaiter{1};", "not the whole expression"),
    ("co_await First().Second();", "not the whole expression"),
    ("co_await (task);", "not one plain call"),
    ("(void)co_await Ask(name);", "cast or a call"),
    ("Cache(name) = co_await Ask(name);", "more than a name"),
    ("slots[0] = co_await Ask(name);", "indexed place"),
    ("co_return !co_await Ready();", "part of a larger expression"),
    ("auto task = [this]() -> Task<int> { co_return 1; };", "captures"),
    ("scope.Spawn([&budget](int x) -> Task<void> { co_return; }(1));", "captures"),
    ("} Task<void> Run(NameView name) {", "takes a NameView"),
    ("} Task<int> Session::Run(std::string_view text) {", "takes a string_view"),
    ("} Task<void> Run(int a, const Question& asked) {", "const reference"),
    ("} Task<void> Run(Question&& asked) {", "rvalue reference"),
    ("ByteView wire = query.wire(); co_await Sleep(timers, at); Parse(wire);", "lives across"),
    ("for (NameView name : names) { co_await Ask(server); }", "lives across"),
    ("std::span<const Record> records(all); if (late) { co_await Sleep(timers, at); }", "lives across"),
)


def self_test() -> list[str]:
    failures = []
    for code, expected in [*((code, None) for code in GOOD), *BAD]:
        found = [complaint.text for complaint in judge("self-test", "namespace n { void f() { " + code + " } }")]
        as_expected = (not found) if expected is None else any(expected in text for text in found)
        if not as_expected:
            failures.append(f"self-test: {code!r}: expected {expected!r}, found {found}")
    return failures


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
    else:
        failures = [str(complaint) for path, source in source_files() for complaint in judge(path, source)]
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
