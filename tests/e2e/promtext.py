"""A strict reader of Prometheus' text format 0.0.4, and of what its authors ask of names."""
import re

HELP = re.compile(r"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)")
TYPE = re.compile(r"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
UNITS = re.compile(r"_(milliseconds|ms|minutes|kilobytes|kb|bits|percent)(_|$)")


def labels(text):
    out, at = [], 0
    while text and at < len(text):
        m = LABEL.match(text, at)
        assert m, f"labels: {text!r}"
        out.append((m.group(1), m.group(2)))
        at = m.end()
    assert len({k for k, _ in out}) == len(out), text
    return tuple(out)


def samples(text):
    """{(name, labels): value}; each family has one HELP and one TYPE, in front of all its samples, which stand together."""
    assert text.endswith("\n")
    out, kinds, told, family = {}, {}, set(), None
    for line in text[:-1].split("\n"):
        m = HELP.fullmatch(line)
        if m:
            family = m.group(1)
            assert family not in told, f"two of {family}"
            told.add(family)
            continue
        m = TYPE.fullmatch(line)
        if m:
            assert m.group(1) == family and family not in kinds, line
            kinds[family] = m.group(2)
            assert (m.group(2) == "counter") == family.endswith("_total"), line
            assert not UNITS.search(family), line
            continue
        m = SAMPLE.fullmatch(line)
        assert m, f"not a sample: {line!r}"
        assert m.group(1) == family and family in kinds, f"not in its family: {line!r}"
        key = (m.group(1), labels(m.group(2) or ""))
        assert key not in out, f"twice: {line!r}"
        out[key] = float(m.group(3))
        assert out[key] >= 0
    return out
