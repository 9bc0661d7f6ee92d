"""Which lichen commands a .bats file runs, and with which words: for check_flags.py.

Shell is read as words and separators, no more. Known are: `lichen`, `run_lichen`, `$LICHEN`, functions of the file or of
helpers.bash that call one of these (their words count for whoever calls them; "$@" stands for the caller's words), commands
within quotes and $(...), and lines `# flags: run --rm -t`, by which a test says what it tries where no reader can see it.
"""
import os
import re

SEPARATORS = ";|&()<>\n"
STARTS = {"lichen", "run_lichen", "$LICHEN", "docker"}
FUNCTION = re.compile(r"^([a-z_0-9]+)\(\) \{(.*?)(?:^\}|\}$|(?<=;) \}.*?$)", re.M | re.S)
TEST = re.compile(r'^@test "((?:[^"\\]|\\.)*)" \{(.*?)^\}|^@test "((?:[^"\\]|\\.)*)" \{(.*)\}$', re.M | re.S)
DECLARED = re.compile(r"^\s*# flags: (.*)$", re.M)


def closing(text, at, opener, closer):
    """The index of the `closer` of text[at], which is `opener`."""
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == opener:
            depth += 1
        elif text[at] == closer:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(text)


def quoted(text, at):
    """The content of the double quotes that open at `at`, and the index behind them. "$(...)" may hold quotes itself."""
    begin = at = at + 1
    while at < len(text) and text[at] != '"':
        if text.startswith("$(", at):
            at = closing(text, at + 1, "(", ")")
        at += 2 if text[at:at + 1] == "\\" else 1
    return text[begin:at], at + 1


def words_of(text):
    """Words and separators, in order: (word, content of its quotes). A separator is (None, "")."""
    at, word, inner, open_word = 0, "", "", False
    while at <= len(text):
        char = text[at:at + 1]
        if char in ("'", '"'):
            if char == "'":
                end = text.find("'", at + 1)
                end = len(text) if end < 0 else end
                content, at = text[at + 1:end], end + 1
            else:
                content, at = quoted(text, at)
            word, inner, open_word = word + content, inner + "\n" + content, True
            continue
        if char == "\\":
            word, at, open_word = word + (text[at + 1:at + 2].strip("\n")), at + 2, open_word or text[at + 1:at + 2] != "\n"
            continue
        if char == "" or char.isspace() or char in SEPARATORS or (char == "#" and not open_word):
            if open_word:
                yield word, inner
            word, inner, open_word = "", "", False
            if char == "#":
                end = text.find("\n", at)
                at = len(text) if end < 0 else end
                continue
            if char != "" and char in SEPARATORS:
                yield None, ""
        else:
            word, open_word = word + char, True
        at += 1


def invocations(text, functions):
    """Word lists after `lichen`, for all that `text` runs. `functions`: name -> word lists that it runs itself."""
    current = None
    for word, inner in list(words_of(text)) + [(None, "")]:
        if inner and re.search(r"lichen|\$LICHEN|" + "|".join(map(re.escape, functions)) if functions else r"lichen|\$LICHEN", inner):
            yield from invocations(inner, functions)
        if word is None:
            if current is not None:
                yield from expanded(current, functions)
            current = None
        elif word in STARTS or word in functions:
            if current is None or word == "$LICHEN":
                current = [word]
            else:
                current.append(word)
        elif current is not None:
            current.append(word)


def expanded(words, functions):
    """The words of a call, with those of a function in front."""
    head, rest = words[0], words[1:]
    if head in STARTS and head not in functions:
        yield rest
        return
    if head == "inside":  # inside [FLAGS] -- COMMAND of helpers.bash
        yield ["run", "--rm", "--network", "none"] + (rest[:rest.index("--")] if "--" in rest else rest) + ["IMAGE"]
        return
    for known in functions[head]:
        where = next((i for i, word in enumerate(known) if re.fullmatch(r"\$\{?@(:\d+\}?)?\}?", word)), None)
        if where is None:
            yield known
        else:
            skipped = re.search(r":(\d+)", known[where])
            yield known[:where] + rest[int(skipped[1]) - 1 if skipped else 0:] + known[where + 1:]


def functions_of(text, known):
    functions = dict(known)
    for name, body in FUNCTION.findall(text):
        if name in ("setup", "setup_file", "teardown", "teardown_file", "lichen", "run_lichen"):
            continue
        runs = list(invocations(body, functions))
        if runs:
            functions[name] = runs
    return functions


def tests_of(path, helpers):
    """(name of the test, word lists) of one file. `helpers`: what functions_of gave for helpers.bash."""
    text = open(path, encoding="utf-8").read()
    functions = functions_of(TEST.sub("", text), helpers)
    for name, body, short_name, short_body in TEST.findall(text):
        content = body or short_body
        runs = list(invocations(content, functions))
        for line in DECLARED.findall(content):
            runs.append(line.split())
        yield (name or short_name).replace('\\"', '"'), runs


def all_tests(folder):
    """file name -> [(test, word lists)] for every .bats file of `folder`."""
    helpers = functions_of(open(os.path.join(folder, "helpers.bash"), encoding="utf-8").read(), {"inside": [[]]})
    helpers = {name: runs for name, runs in helpers.items() if name in ("inside",)}
    return {file: list(tests_of(os.path.join(folder, file), helpers))
            for file in sorted(os.listdir(folder)) if file.endswith(".bats")}
