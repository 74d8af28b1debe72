"""Documents of `show ... | json`, read strictly."""
import json
import re


def members(pairs):
    names = [k for k, _ in pairs]
    assert len(set(names)) == len(names), f"twice: {names}"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", k) for k in names), names
    return dict(pairs)


def parsed(text):
    return json.loads(text, object_pairs_hook=members)


def document(con, command):
    return parsed(con.cmd(command + " | json"))


def names_of(doc):
    """Every member's name, however deep."""
    if isinstance(doc, list):
        return set().union(*map(names_of, doc))
    if isinstance(doc, dict):
        return set(doc).union(*map(names_of, doc.values()))
    return set()
